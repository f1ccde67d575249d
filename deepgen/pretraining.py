"""Making the files of pretrained/ and the table that describes them."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from . import checkpoint
from .checkpoint import Card
from .evaluation import PRETRAINED, evaluate
from .presets import PRESETS, Preset, stages, training_data
from .training import TrainStep

README = """\
# Pretrained models

One row for each file, written by `python -m deepgen readme` from the cards inside the files: do not edit. Every file
is made by its preset on one core: `python -m deepgen pretrain NAME`. Two exceptions: the weights of `vae-mnist` come from a
run with the preset's settings outside that command, and the three lanes of the race from `python -m benchmarks.race`, which
trains them in step and does not time them; that the command gives the same bits for these has not been checked.
The hyper-parameters stand in `deepgen/presets.py` and in the card. Weights are stored in float16, and all metrics were
measured on these stored weights: likelihoods and bounds in nats per image of the test set, on its one stochastic
binarisation (`deepgen.datasets.binarised_test`) unless the metric's name says otherwise; `deepgen/evaluation.py` tells
how.

"""


def pretrain(
    name: str,
    path: Path | None = None,
    *,
    folder: Path = PRETRAINED,
    watch: Callable[[Iterator[TrainStep]], Iterator[TrainStep]] = iter,
) -> Card:
    """Train, store in float16 and measure one preset; ``watch`` sees the steps go by."""
    preset = find(name)
    path = folder / f"{name}.safetensors" if path is None else Path(path)
    rng = torch.Generator().manual_seed(preset.seed)
    model = begin(preset, folder)
    data = training_data(preset.config, preset.data)
    start = time.process_time()  # of the core's work: how busy the machine was otherwise says nothing
    for _ in watch(stages(preset.trainers, model, data, rng=rng)):
        pass
    seconds = round(time.process_time() - start, 2)
    if preset.finish is not None:
        model = preset.finish(model, rng=rng)
    card = {"trainer": preset.trainers, "data": preset.data, "seed": preset.seed, "seconds": seconds, "preset": name}
    checkpoint.save(model, path, dtype=torch.float16, **card)
    model, _ = checkpoint.load(path)
    metrics = evaluate(model, preset.data)
    checkpoint.save(model, path, dtype=torch.float16, metrics=metrics, **card)
    return checkpoint.load(path)[1]


def find(name: str) -> Preset:
    """The preset of this name, or a sentence with those there are."""
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def begin(preset: Preset, folder: Path) -> nn.Module:
    """The model as training finds it: new, or with the weights of the file that the preset starts from."""
    Model, _ = checkpoint.family_classes(preset.family)
    model = Model(preset.config)
    if preset.start is not None:
        started, _ = checkpoint.load(folder / f"{preset.start}.safetensors")
        if preset.adopt is None:
            model.load_state_dict(started.state_dict())
        else:
            preset.adopt(model, started)
    return model


def readme(folder: Path = PRETRAINED) -> str:
    """The text of pretrained/README.md, from the cards of the presets' files in ``folder``."""
    rows = ["| file | what for | architecture | parameters | core seconds | seed | metrics |", "|---" * 7 + "|"]
    hashes = []
    for path in sorted(folder.glob("*.safetensors")):
        card = checkpoint.card_of(path.read_bytes())
        if card.preset != path.stem:
            continue  # made by hand
        cells = (
            f"`{path.name}`",
            PRESETS[path.stem].about,
            architecture(card),
            f"{card.num_parameters:,}".replace(",", " "),
            f"{card.seconds:.0f}",
            str(card.seed),
            "<br>".join(f"{metric.replace('_', ' ')} {value:.4g}" for metric, value in card.metrics.items()),
        )
        rows.append(f"| {' | '.join(cells)} |")
        hashes.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    check = "\n\nTo check them: `sha256sum -c README.md` in this folder.\n\n```\n" + "\n".join(hashes) + "\n```\n"
    return README + "\n".join(rows) + check


def architecture(card: Card) -> str:
    """The config in a few words: its sizes in order, and what else is not as by default."""
    _, Config = checkpoint.family_classes(card.family)
    config = checkpoint.parse_config(Config, card.config)
    words = []
    for name, value in asdict(config).items():
        short = name.removeprefix("num_").replace("_", " ")
        if name == "image_shape":
            words.append("x".join(map(str, value)))
        elif isinstance(value, tuple):
            words.append("-".join(map(str, value)) + ("" if name == "layer_sizes" else f" {short}"))
        elif type(value) is int and value:
            words.append(f"{value} {short}")
        elif value != getattr(Config, name, None):
            words.append(value if isinstance(value, str) else f"{'' if value else 'not '}{short}")
    return ", ".join(words)
