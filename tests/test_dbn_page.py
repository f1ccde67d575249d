"""The DBN page's server side: its sections, the laboratory's numbers, what a training that was stopped leaves behind."""

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from deepgen import checkpoint
from deepgen.dbn import DBN, DBNConfig
from deepgen.training import TrainStep
from ui import assets, checkpoints
from ui.dbn import tied_start
from ui.dbn import training as dbn_training
from ui.training.jobs import Snapshot

ROOT = Path(__file__).parents[1]
SECTIONS = ["Stage", "Stacking", "Jensen", "Up-down", "Train"]


@pytest.fixture
def page(monkeypatch, tmp_path):
    """The page over stacks of the right shapes that have learnt nothing, so that no pretrained file is needed."""
    for name, config in (
        ("dbn-labels-mnist", DBNConfig((784, 12, 11, 20), num_labels=10)),
        ("dbn-labels-updown-mnist", DBNConfig((784, 12, 11, 20), num_labels=10, tied=False)),
        ("dbn-mnist", DBNConfig((784, 12, 784, 20))),
    ):
        checkpoint.save(DBN(config), tmp_path / f"{name}.safetensors", metrics={"bound_ais": -85.25, "bound_reverse_ais": -85.5})
    monkeypatch.setattr(assets, "PRETRAINED", tmp_path)
    monkeypatch.setattr(assets, "_weights", assets._weights.__wrapped__)
    app = AppTest.from_file(ROOT / "ui" / "shell.py", default_timeout=60).run()
    return app.switch_page("../pages/dbn.py").run()


def test_all_sections_are_there_and_run(page):
    control = page.segmented_control(key="dbn_section")
    assert control.options == SECTIONS and control.value == "Stage"
    components = {"Stage": 1, "Stacking": 1, "Jensen": 2, "Up-down": 1, "Train": 1}
    for section in SECTIONS:
        page.segmented_control(key="dbn_section").set_value(section).run()
        assert not page.exception
        assert len(page.get("bidi_component")) == components[section], section


def test_without_the_pair_up_down_says_how_to_make_it(page):
    (assets.PRETRAINED / "dbn-labels-updown-mnist.safetensors").unlink()
    page.segmented_control(key="dbn_section").set_value("Up-down").run()
    assert "pretrain dbn-labels-updown-mnist" in page.info[0].value and not page.get("bidi_component")


def test_the_laboratory_shows_the_theorem_and_what_breaks_it(page):
    page.segmented_control(key="dbn_section").set_value("Stacking").run()
    assert any("the same distribution" in text.value for text in page.markdown)
    page.toggle(key="dbn_tied_swapped").set_value(False).run()
    assert any("another distribution" in text.value for text in page.markdown)


def test_the_laboratorys_numbers():
    alone, stacked, curve, size = tied_start._stack("three pictures", 3, 60, 2, 10, True, 1)
    assert size == 3 and len(curve) == 11
    assert sum(alone) == pytest.approx(1, abs=1e-12) and alone == pytest.approx(stacked, abs=1e-12)
    assert abs(curve[0][2]) < 1e-12 and curve[-1][1] > curve[0][1]
    _, stacked, _, _ = tied_start._stack("three pictures", 3, 60, 0, 1, False, 1)
    assert max(abs(a - b) for a, b in zip(alone, stacked, strict=True)) > 0.01


SETTINGS = {
    "labels": True, "first": 50, "second": 50, "third": 100, "epochs_1": 1, "epochs_2": 2, "epochs_3": 3, "learning_rate": 0.05,
    "classification": 20.0, "tied_start": True, "gibbs_steps": 1, "persistent": True, "seed": 1,
}  # fmt: skip


def test_the_controls_make_a_task():
    task = dbn_training.make_task(SETTINGS)
    assert task.config == DBNConfig((784, 50, 50, 100), num_labels=10)
    assert [layer.num_epochs for layer in task.trainer.layers] == [1, 2, 3] and task.trainer.classification == 20
    task = dbn_training.make_task(SETTINGS | {"labels": False})
    assert task.config.num_labels == 0 and task.trainer.classification == 0 and task.examples is None
    assert {control.name for control in dbn_training.CONTROLS} == set(SETTINGS)


def test_a_stopped_stack_is_what_is_there():
    dbn = DBN(DBNConfig((784, 5, 4, 6), num_labels=10))
    torch.nn.init.ones_(dbn.layers[1].W)
    step = TrainStep(7, 20, phase="layer 2 of 3")
    now = Snapshot("stopped", None, step=step, weights=checkpoint.dumps(dbn))
    model, _ = checkpoint.loads(dbn_training.as_it_stands(now))
    assert model.config == DBNConfig((784, 5, 4)) and model.top.W.mean() == 1


def test_a_stack_with_real_valued_pixels_is_refused_in_a_sentence():
    content = checkpoint.dumps(DBN(DBNConfig((784, 5, 4), visible="gaussian")))
    with pytest.raises(ValueError, match="real-valued visible units runs in Python only"):
        checkpoints.receive(content, "dbn")


def test_without_any_model_the_stage_says_what_to_do(page):
    for path in assets.PRETRAINED.glob("dbn-*"):
        path.unlink()
    page.segmented_control(key="dbn_section").set_value("Stage").run()
    assert not page.exception and "pretrain dbn-labels-mnist" in page.info[0].value
