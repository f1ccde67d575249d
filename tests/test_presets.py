import dataclasses
import json

import pytest
import torch

from deepgen import checkpoint, evaluation, presets, pretraining
from deepgen.classifier import Classifier, ClassifierConfig, ClassifierTraining
from deepgen.evaluation import PRETRAINED
from deepgen.presets import PRESETS, Preset

FILES = sorted(PRETRAINED.glob("*.safetensors"))


def as_json(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_file_and_the_card_tells_the_same(name):
    preset = PRESETS[name]
    _, card = checkpoint.load(PRETRAINED / f"{name}.safetensors")
    assert (card.preset, card.family, card.data, card.seed) == (name, preset.family, preset.data, preset.seed)
    assert card.trainer == as_json([{"name": type(t).__name__, **dataclasses.asdict(t)} for t in preset.trainers])
    if preset.finish is None:
        assert card.config == as_json(dataclasses.asdict(preset.config))
    assert card.metrics and (card.seconds > 0 or "race" in preset.about)  # its lanes train in step, untimed
    assert name.startswith(f"{preset.family}-") and preset.data in name
    assert preset.start is None or preset.start in PRESETS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_has_its_preset_and_is_small(path):
    assert path.stem in PRESETS
    assert path.stat().st_size < 12 * 2**20


def test_the_readme_says_what_the_cards_say():
    assert (PRETRAINED / "README.md").read_text() == pretraining.readme(), "run: python -m deepgen readme"


TINY = Preset(
    "classifier",
    ClassifierConfig((4, 4), num_labels=2, channels=(4,), num_features=8),
    (ClassifierTraining(num_epochs=5, batch_size=10, max_shift=0), ClassifierTraining(num_epochs=2, batch_size=10)),
    about="a test",
    data="bars-and-stripes-4x4",
    seed=3,
)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(PRESETS, "tiny", TINY)
    monkeypatch.setitem(PRESETS, "tinier", dataclasses.replace(TINY, start="tiny", trainers=TINY.trainers[1:]))


def test_pretraining_twice_gives_the_same_file(tiny, tmp_path):
    seen = []

    def watch(steps):
        for step in steps:
            seen.append(step)
            yield step

    card = pretraining.pretrain("tiny", folder=tmp_path, watch=watch)
    assert len(seen) == 5 * 3 + 2 * 3
    first, _ = checkpoint.load(tmp_path / "tiny.safetensors")
    again = pretraining.pretrain("tiny", tmp_path / "again.safetensors")
    second, _ = checkpoint.load(tmp_path / "again.safetensors")
    for name, tensor in first.state_dict().items():
        assert torch.equal(second.state_dict()[name], tensor)
        assert torch.equal(tensor, tensor.half().float())  # stored in half precision
    assert dataclasses.replace(again, seconds=card.seconds) == card
    assert card.metrics == evaluation.evaluate(first, "bars-and-stripes-4x4")
    assert [trainer["num_epochs"] for trainer in card.trainer] == [5, 2]


def test_one_preset_may_start_from_the_file_of_another(tiny, tmp_path):
    pretraining.pretrain("tiny", folder=tmp_path)
    model = pretraining.begin(PRESETS["tinier"], tmp_path)
    tiny, _ = checkpoint.load(tmp_path / "tiny.safetensors")
    assert torch.equal(model.output.weight, tiny.output.weight)

    def adopt(model, started):
        model.output.bias.data.fill_(7)

    model = pretraining.begin(dataclasses.replace(PRESETS["tinier"], adopt=adopt), tmp_path)
    assert (model.output.bias == 7).all() and not model.is_trained


def test_what_is_stored_may_be_another_shape_of_what_was_trained(tiny, tmp_path, monkeypatch):
    def finish(model, *, rng):
        return Classifier(model.config)

    monkeypatch.setitem(PRESETS, "tiny", dataclasses.replace(TINY, finish=finish))
    pretraining.pretrain("tiny", folder=tmp_path)
    assert not checkpoint.load(tmp_path / "tiny.safetensors")[0].is_trained


def test_the_table_has_a_row_for_each_file(tiny, tmp_path):
    card = pretraining.pretrain("tiny", folder=tmp_path)
    text = pretraining.readme(tmp_path)
    row = next(line for line in text.splitlines() if line.startswith("| `tiny"))
    assert f"| {card.num_parameters} |" in row and "| 3 |" in row and "a test" in row
    assert f"accuracy {card.metrics['accuracy']:.4g}" in row
    assert text.count("tiny.safetensors") == 2  # in the table and among the hashes


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"there is no preset 'rbm'; there are .*classifier-mnist"):
        pretraining.find("rbm")


def test_data_come_as_the_model_wants_them():
    @dataclasses.dataclass
    class Config:
        visible: str = "bernoulli"
        num_labels: int = 0

    data = "bars-and-stripes-2x3"
    plain = presets.training_data(Config(), data)
    assert plain.shape == (10, 6)
    labelled = presets.training_data(Config(num_labels=2), data)
    assert torch.equal(labelled[:, :6], plain) and torch.equal(labelled[:, 6:].sum(1), torch.ones(10))
    torch.testing.assert_close(presets.training_data(Config(visible="gaussian"), data).std(0), torch.ones(6))
