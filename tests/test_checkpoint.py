import dataclasses
import json
import struct

import pytest
import torch

from deepgen import checkpoint
from deepgen.checkpoint import CheckpointError
from deepgen.rbm import RBM, RBMConfig


@dataclasses.dataclass(frozen=True)
class SomeTrainer:
    learning_rate: float = 0.05
    gibbs_steps: tuple[int, ...] = (1, 5)


def some_rbm(**config):
    model = RBM(RBMConfig(num_visible=6, num_hidden=4, **config))
    rng = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        parameter.data.normal_(generator=rng)
    return model


def split(content):
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def join(header, body):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def with_card(**changes):
    """A good file but for its card; a change to None takes the entry away."""
    header, body = split(checkpoint.dumps(some_rbm()))
    card = json.loads(header["__metadata__"]["card"]) | changes
    header["__metadata__"]["card"] = json.dumps({name: value for name, value in card.items() if value is not None})
    return join(header, body)


def with_config(**changes):
    return with_card(
        config={"num_visible": 6, "num_hidden": 4, "visible": "bernoulli", "learn_variance": False} | changes
    )


def with_tensor(name, **changes):
    header, body = split(checkpoint.dumps(some_rbm()))
    header[name] = header.get(name, {}) | changes
    return join(header, body)


def without_tensor(name):
    header, body = split(checkpoint.dumps(some_rbm()))
    del header[name]
    return join(header, body)


def with_nan():
    header, body = split(checkpoint.dumps(some_rbm()))
    return join(header, b"\x00\x00\xc0\x7f" + body[4:])


GOOD = checkpoint.dumps(some_rbm())
HEADER_LENGTH = struct.unpack("<Q", GOOD[:8])[0]
BROKEN = {
    "empty": (b"", "0 bytes are too few"),
    "a few bytes": (b"abc", "3 bytes are too few"),
    "truncated header": (GOOD[:100], "cut off within its header"),
    "truncated body": (GOOD[:-5], "damaged"),
    "body too long": (GOOD + b"more", "damaged"),
    "absurd header length": (struct.pack("<Q", 2**63) + GOOD[8:], "does not begin as"),
    "text": (b"Dear Sir or Madam, this is a letter.", "does not begin as"),
    "zip": (b"PK\x03\x04" + GOOD, "zip archive"),
    "bare pickle": (b"\x80\x02}q\x00(X\x01\x00\x00\x00Wq\x01K\x01u.", "does not begin as"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG picture"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG picture"),
    "header not json": (join(b"{not json", b""), "its header is no JSON"),
    "header not utf-8": (join(b"\xff\xfe\xfd", b""), "its header is no JSON"),
    "header without end": (join(b"[" * 100_000, b""), "its header is no JSON"),
    "header a list": (join(b"[1, 2]", b""), "no JSON object"),
    "entry a number": (join({"W": 3}, b""), "entry 'W' of its header"),
    "metadata a list": (join({"__metadata__": [1]}, b""), "'__metadata__' of its header"),
    "no metadata": (join({}, b""), "has no card"),
    "card a number": (join({"__metadata__": {"card": 3}}, b""), "has no card"),
    "card not json": (join({"__metadata__": {"card": "W"}}, b""), "its card is no JSON"),
    "card a list": (join({"__metadata__": {"card": "[]"}}, b""), "its card is no JSON object"),
    "newer version": (with_card(version=2), "written by a newer deepgen"),
    "no version": (with_card(version=None), "its card lacks version"),
    "no family": (with_card(family=None), "its card lacks family"),
    "family a list": (with_card(family=["rbm"]), "family of its card"),
    "unknown family": (with_card(family="transformer"), "no family 'transformer'"),
    "unknown card entry": (with_card(author="me"), "unknown entry 'author'"),
    "config a list": (with_card(config=[]), "config of its card"),
    "trainer a text": (with_card(trainer="PCD"), "trainer of its card"),
    "seed a text": (with_card(seed="one"), "seed of its card"),
    "seconds true": (with_card(seconds=True), "seconds of its card"),
    "seconds not finite": (with_card(seconds=float("inf")), "seconds in its card is no finite number"),
    "metric not finite": (with_card(metrics={"elbo": float("nan")}), "elbo in its card is no finite number"),
    "metric a text": (with_card(metrics={"elbo": "good"}), "elbo in its card is no finite number"),
    "config of another family": (with_config(num_latents=2), "RBMConfig has no num_latents"),
    "config incomplete": (with_card(config={"num_visible": 6}), "num_hidden"),
    "size a text": (with_config(num_hidden="4"), "num_hidden of RBMConfig cannot be '4'"),
    "size a float": (with_config(num_hidden=4.0), "num_hidden of RBMConfig cannot be"),
    "size true": (with_config(num_hidden=True), "num_hidden of RBMConfig cannot be"),
    "size negative": (with_config(num_hidden=-4), "num_hidden of RBMConfig cannot be"),
    "size zero": (with_config(num_hidden=0), "at least one unit"),
    "size absurd": (with_config(num_hidden=10**15), "num_hidden of RBMConfig cannot be"),
    "size beyond memory": (with_config(num_visible=2**16, num_hidden=2**16), "has shape"),
    "unknown visible units": (with_config(visible="poisson"), "visible of RBMConfig cannot be 'poisson'"),
    "flag a number": (with_config(learn_variance=1), "learn_variance of RBMConfig cannot be"),
    "config does not fit": (with_config(num_hidden=5), "has shape"),
    "shape transposed": (with_tensor("W", shape=[4, 6]), "the tensor W has shape"),
    "shape nonsense": (with_tensor("W", shape="big"), "the tensor W has shape"),
    "shape absent": (with_tensor("W", shape=None), "the tensor W has shape"),
    "half precision by name only": (with_tensor("W", dtype="F16"), "damaged"),
    "whole numbers": (with_tensor("W", dtype="I32"), "the tensor W is stored as I32"),
    "offsets outside": (with_tensor("W", data_offsets=[0, 10**9]), "damaged"),
    "offsets nonsense": (with_tensor("W", data_offsets="here"), "damaged"),
    "tensor missing": (without_tensor("W"), "the tensor W is missing"),
    "tensor too many": (with_tensor("W2", dtype="F32", shape=[1], data_offsets=[0, 4]), "a tensor too many: W2"),
    "nan": (with_nan(), "no finite numbers"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_a_sentence(name, tmp_path):
    content, message = BROKEN[name]
    with pytest.raises(CheckpointError, match=message):
        checkpoint.loads(content)
    (tmp_path / "broken.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=f"broken.safetensors cannot be loaded: .*{message}"):
        checkpoint.load(tmp_path / "broken.safetensors")


def test_every_cut_and_every_damaged_byte_is_refused_or_harmless():
    for end in range(0, len(GOOD), 7):
        with pytest.raises(CheckpointError):
            checkpoint.loads(GOOD[:end])
    refused = 0
    for position in range(0, 8 + HEADER_LENGTH, 3):
        damaged = bytearray(GOOD)
        damaged[position] ^= 0x15
        try:
            checkpoint.loads(bytes(damaged))
        except CheckpointError:
            refused += 1
    assert refused > HEADER_LENGTH // 6


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors cannot be loaded: No such file"):
        checkpoint.load(tmp_path / "nowhere.safetensors")
    with pytest.raises(CheckpointError, match="this is a folder"):
        checkpoint.load(tmp_path)
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(10**10)  # sparse: takes no room
    with pytest.raises(CheckpointError, match="10000000000 bytes"):
        checkpoint.load(tmp_path / "huge")


@pytest.mark.parametrize("config", [{}, {"visible": "gaussian"}, {"visible": "gaussian", "learn_variance": True}])
def test_save_and_load_give_the_same_bits(config, tmp_path):
    model = some_rbm(**config)
    checkpoint.save(model, tmp_path / "model.safetensors", data="mnist")
    loaded, card = checkpoint.load(tmp_path / "model.safetensors")
    assert loaded.config == model.config and card.data == "mnist"
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert [p.requires_grad for p in loaded.parameters()] == [p.requires_grad for p in model.parameters()]
    assert checkpoint.dumps(loaded, data="mnist") == (tmp_path / "model.safetensors").read_bytes()
    assert list(tmp_path.iterdir()) == [tmp_path / "model.safetensors"]


def test_float16_is_half_as_long_and_loads_to_float32():
    model = some_rbm()
    content = checkpoint.dumps(model, dtype=torch.float16)
    loaded, _ = checkpoint.loads(content)
    for name, tensor in model.state_dict().items():
        assert loaded.state_dict()[name].dtype == torch.float32
        assert torch.equal(loaded.state_dict()[name], tensor.half().float())
    assert len(split(content)[1]) * 2 == len(split(checkpoint.dumps(model))[1])


def test_the_card_comes_back():
    card = {"data": "mnist", "seed": 7, "metrics": {"log_likelihood": -86.3}, "seconds": 12.5, "preset": "rbm-mnist"}
    _, loaded = checkpoint.loads(checkpoint.dumps(some_rbm(), trainer=SomeTrainer(), **card))
    assert {name: getattr(loaded, name) for name in card} == card
    assert loaded.trainer == [{"name": "SomeTrainer", "learning_rate": 0.05, "gibbs_steps": [1, 5]}]
    assert loaded.config == {"num_visible": 6, "num_hidden": 4, "visible": "bernoulli", "learn_variance": False}
    assert (loaded.family, loaded.num_parameters, loaded.version) == ("rbm", 6 * 4 + 6 + 4, 1)


def test_what_is_not_worth_saving_is_refused(tmp_path):
    model = some_rbm()
    with pytest.raises(ValueError, match="JSON cannot say"):
        checkpoint.dumps(model, metrics={"elbo": float("nan")})
    with pytest.raises(ValueError, match=r"float32 or torch\.float16"):
        checkpoint.dumps(model, dtype=torch.float64)
    model.W.data[0, 0] = 1e6
    with pytest.raises(ValueError, match=r"W holds values that are no finite numbers in torch\.float16"):
        checkpoint.save(model, tmp_path / "model.safetensors", dtype=torch.float16)
    assert list(tmp_path.iterdir()) == []


def test_configs_may_hold_tuples():
    @dataclasses.dataclass(frozen=True)
    class Config:
        layer_sizes: tuple[int, ...]
        slope: float = 0.2
        num_labels: int | None = None

    assert checkpoint.parse_config(Config, {"layer_sizes": [6, 4, 2], "slope": 1}).layer_sizes == (6, 4, 2)
    assert checkpoint.parse_config(Config, {"layer_sizes": [], "num_labels": 3}).num_labels == 3
    for layer_sizes in ([6] * 17, [6, "4"], [6, 10**9], 6, "64"):
        with pytest.raises(CheckpointError, match="layer_sizes of Config cannot be"):
            checkpoint.parse_config(Config, {"layer_sizes": layer_sizes})


SMALL = {
    "rbm": {"num_visible": 6, "num_hidden": 4},
    "dbn": {"layer_sizes": [6, 5, 4], "num_labels": 3, "tied": False},
    "dbm": {"layer_sizes": [6, 5, 4]},
    "vae": {"num_visible": 6, "num_hidden": [5, 4], "num_latents": 2},
    "gan": {"num_visible": 6, "generator_layers": [5], "discriminator_layers": [5, 4], "minibatch_discrimination": 3},
    "classifier": {"image_shape": [4, 4], "channels": [3], "num_features": 5},
}


@pytest.mark.parametrize("family", checkpoint.FAMILIES)
def test_every_family_comes_back_as_it_was(family):
    Model, Config = checkpoint.family_classes(family)
    model = Model(checkpoint.parse_config(Config, SMALL[family]))
    for tensor in model.state_dict().values():
        tensor.copy_(torch.randint(9, tensor.shape, generator=torch.Generator().manual_seed(1)))
    loaded, card = checkpoint.loads(checkpoint.dumps(model))
    assert type(loaded) is Model and loaded.config == model.config and card.family == Model.family == family
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


@pytest.mark.parametrize("family", checkpoint.FAMILIES)
def test_shapes_are_known_without_memory(family):
    Model, Config = checkpoint.family_classes(family)
    with torch.device("meta"):
        model = Model(checkpoint.parse_config(Config, SMALL[family]))
    assert {tensor.device.type for tensor in model.state_dict().values()} == {"meta"}
