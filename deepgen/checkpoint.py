"""One model, one file: a .safetensors file with a card in its metadata, which the browser reads as well as Python.

What comes in may be anything that a visitor has at hand. Nothing in it is ever executed, and nothing is allocated
before the sizes that the card announces have been compared with the tensors that are really there.
"""

import dataclasses
import importlib
import json
import math
import os
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

VERSION = 1  # of the card; a file with a higher one was written by a newer deepgen
MAX_BYTES = 64 * 2**20
MAX_HEADER_BYTES = 2**20
MAX_UNITS = 2**16  # no size in a config is above
MAX_LAYERS = 16  # nor any tuple in a config longer

FAMILIES = {  # family: module, model, config; imported when asked for
    "rbm": ("rbm", "RBM", "RBMConfig"),
    "dbn": ("dbn", "DBN", "DBNConfig"),
    "dbm": ("dbm", "DBM", "DBMConfig"),
    "vae": ("vae", "VAE", "VAEConfig"),
    "gan": ("gan", "GAN", "GANConfig"),
    "classifier": ("classifier", "Classifier", "ClassifierConfig"),
}
_MAGIC = {
    b"PK\x03\x04": "a zip archive (such as torch.save writes)",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
}
_STORED_AS = {torch.float32: ("F32", "F16"), torch.int64: ("I64",)}  # dtype in the model: dtypes in the file


class CheckpointError(ValueError):
    """This is no checkpoint of deepgen; the message says what is wrong with it."""


@dataclass(frozen=True)
class Card:
    """What a checkpoint tells about its model."""

    family: str
    config: dict[str, object]  # of the architecture: the fields of the family's config dataclass
    trainer: list[dict] = field(default_factory=list)  # those applied, in order: {"name": …, setting: value}
    data: str = ""  # the data set's name
    seed: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)  # measured on the weights as they are stored
    seconds: float = 0.0  # training took
    num_parameters: int = 0
    preset: str = ""  # the name under which `python -m deepgen pretrain` makes this file again
    version: int = VERSION


def save(model: nn.Module, path: str | os.PathLike, *, dtype: torch.dtype = torch.float32, **card) -> None:
    """Write ``model`` to ``path``, all or nothing; ``card`` as for ``dumps``."""
    path = Path(path)
    content = dumps(model, dtype=dtype, **card)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def dumps(model: nn.Module, *, dtype: torch.dtype = torch.float32, **card) -> bytes:
    """``model`` as the bytes of a .safetensors file, its numbers stored in ``dtype`` (float32 or float16).

    ``card`` gives fields of ``Card``: data, seed, metrics, seconds, preset, and trainer (the dataclass, or several in
    the order in which they were applied); the rest is known.
    """
    if dtype not in (torch.float32, torch.float16):
        raise ValueError(f"weights are stored in torch.float32 or torch.float16, got {dtype}")
    tensors = {name: _stored(name, tensor, dtype) for name, tensor in model.state_dict().items()}
    trainers = card.get("trainer", ())
    trainers = trainers if isinstance(trainers, list | tuple) else [trainers]
    card["trainer"] = [{"name": type(trainer).__name__, **dataclasses.asdict(trainer)} for trainer in trainers]
    card["metrics"] = {name: float(value) for name, value in card.get("metrics", {}).items()}
    card = Card(
        family=model.family,
        config=dataclasses.asdict(model.config),
        num_parameters=sum(parameter.numel() for parameter in model.parameters()),
        **card,
    )
    try:
        text = json.dumps(dataclasses.asdict(card), allow_nan=False)
    except (ValueError, TypeError) as error:
        raise ValueError(f"the card holds something that JSON cannot say: {error}") from error
    return safetensors.torch.save(tensors, metadata={"card": text})


def load(path: str | os.PathLike) -> tuple[nn.Module, Card]:
    """The model in the file ``path``, in float32, and its card; or a ``CheckpointError`` that says what is wrong."""
    path = Path(path)
    try:
        if path.is_dir():
            raise CheckpointError("this is a folder; a .safetensors file is expected")
        if (size := path.stat().st_size) > MAX_BYTES:
            raise CheckpointError(f"the file has {size} bytes; more than {MAX_BYTES} are not read")
        return loads(path.read_bytes())
    except (CheckpointError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"{path} cannot be loaded: {reason}") from error


def loads(content: bytes) -> tuple[nn.Module, Card]:
    """The model in the bytes of a .safetensors file, in float32, and its card; or a ``CheckpointError``."""
    header = _parse_header(content)
    card = _parse_card(header)
    Model, Config = family_classes(card.family)
    config = parse_config(Config, card.config)
    try:
        with torch.device("meta"):  # shapes without memory
            expected = Model(config).state_dict()
    except (ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"no {card.family} can be built from its config: {error}") from error
    _compare(expected, header)
    try:
        tensors = safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"its tensors are damaged ({error})") from error
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"the tensor {name} holds values that are no finite numbers")
    model = Model(config)
    model.load_state_dict(tensors)
    return model, card


def card_of(content: bytes) -> Card:
    """The card alone, without a look at the weights; a ``CheckpointError`` says what is wrong with it."""
    return _parse_card(_parse_header(content))


def family_classes(family: str) -> tuple[type, type]:
    """The model's class and its config's."""
    if family not in FAMILIES:
        raise CheckpointError(f"there is no family {family!r} of models; there are {', '.join(FAMILIES)}")
    module, model, config = FAMILIES[family]
    module = importlib.import_module(f"deepgen.{module}")
    return getattr(module, model), getattr(module, config)


def parse_config(Config: type, values: dict[str, object]):
    """A config dataclass from what JSON gives, every type and size checked."""
    hints = typing.get_type_hints(Config)
    if unknown := set(values) - set(hints):
        raise CheckpointError(f"{Config.__name__} has no {', '.join(sorted(unknown))}")
    checked = {}
    for name, value in values.items():
        value = tuple(value) if isinstance(value, list) else value
        if not _fits(value, hints[name]):
            raise CheckpointError(f"{name} of {Config.__name__} cannot be {str(value)[:80]!r}")
        checked[name] = value
    try:
        return Config(**checked)
    except (ValueError, TypeError) as error:
        raise CheckpointError(str(error)) from error


def _fits(value, hint) -> bool:
    """Whether ``value`` is of the type ``hint`` and not out of all proportion."""
    arguments = typing.get_args(hint)
    match typing.get_origin(hint):
        case typing.Literal:
            return any(value == allowed and type(value) is type(allowed) for allowed in arguments)
        case typing.Union | types.UnionType:
            return any(_fits(value, argument) for argument in arguments)
        case origin if origin is tuple:
            item = arguments[0]  # tuple[int, ...] is all that a config has
            return isinstance(value, tuple) and len(value) <= MAX_LAYERS and all(_fits(v, item) for v in value)
    if hint is int:
        return type(value) is int and 0 <= value <= MAX_UNITS
    if hint is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is hint


def _stored(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    tensor = tensor.detach().cpu()
    tensor = tensor.to(dtype) if tensor.is_floating_point() else tensor
    if not tensor.isfinite().all():
        raise ValueError(f"{name} holds values that are no finite numbers in {dtype}; such a model is not saved")
    return tensor.clone(memory_format=torch.contiguous_format)  # tensors that share memory are stored each on its own


def _parse_header(content: bytes) -> dict:
    for magic, what in _MAGIC.items():
        if content.startswith(magic):
            raise CheckpointError(f"this is {what}, no .safetensors file")
    if len(content) < 8:
        raise CheckpointError(f"{len(content)} bytes are too few for a .safetensors file")
    length = int.from_bytes(content[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise CheckpointError("it does not begin as a .safetensors file does")
    if length > len(content) - 8:
        raise CheckpointError("the file is cut off within its header")
    header = _parse_json(content[8 : 8 + length], "its header")
    for name, entry in header.items():
        if not isinstance(entry, dict):
            raise CheckpointError(f"the entry {name[:80]!r} of its header is no JSON object")
    return header


def _parse_json(text: bytes | str, what: str) -> dict:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{what} is no JSON") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{what} is no JSON object")
    return value


def _parse_card(header: dict) -> Card:
    text = header.get("__metadata__", {}).get("card")
    if not isinstance(text, str):
        raise CheckpointError("it has no card: these are weights, but not of a model of deepgen")
    values = _parse_json(text, "its card")
    if isinstance(version := values.get("version"), int) and version > VERSION:
        raise CheckpointError(
            f"its card is of version {version}, written by a newer deepgen; this one reads up to {VERSION}"
        )
    types_of = {field.name: typing.get_origin(field.type) or field.type for field in dataclasses.fields(Card)}
    if unknown := set(values) - set(types_of):
        raise CheckpointError(f"its card has an unknown entry {min(unknown)[:80]!r}")
    if missing := {"family", "config", "version"} - set(values):
        raise CheckpointError(f"its card lacks {', '.join(sorted(missing))}")
    for name, value in values.items():
        expected = (int, float) if types_of[name] is float else types_of[name]
        if not isinstance(value, int | None if name == "seed" else expected) or isinstance(value, bool):
            raise CheckpointError(f"{name} of its card cannot be {str(value)[:80]!r}")
    for name, value in {**values.get("metrics", {}), "seconds": values.get("seconds", 0)}.items():
        if type(value) not in (int, float) or not math.isfinite(value):
            raise CheckpointError(f"{name[:80]} in its card is no finite number")
    return Card(**values)


def _compare(expected: dict[str, Tensor], header: dict) -> None:
    """Whether the file has the very tensors that the config asks for."""
    found = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if missing := set(expected) - set(found):
        raise CheckpointError(f"the tensor {min(missing)} is missing")
    if extra := set(found) - set(expected):
        raise CheckpointError(f"there is a tensor too many: {min(extra)[:80]}")
    for name, tensor in expected.items():
        shape, dtype = found[name].get("shape"), found[name].get("dtype")
        if shape != list(tensor.shape):
            raise CheckpointError(
                f"the tensor {name} has shape {str(shape)[:80]}, by its config it would be {list(tensor.shape)}"
            )
        if dtype not in _STORED_AS[tensor.dtype]:
            raise CheckpointError(
                f"the tensor {name} is stored as {str(dtype)[:80]}, not as {' or '.join(_STORED_AS[tensor.dtype])}"
            )
