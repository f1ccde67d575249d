"""Train, evaluate and sample from the command line: ``python -m deepgen --help``."""

import argparse
import dataclasses
import inspect
import math
import os
import shutil
import sys
import time
import types
import typing
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from . import checkpoint, datasets, evaluation, idx, pretraining
from .adversarial_training import AdversarialTraining
from .classifier import ClassifierConfig, ClassifierTraining
from .contrastive_divergence import ContrastiveDivergence
from .dbm import DBMConfig
from .dbn import DBNConfig
from .doubled_pretraining import DoubledPretraining
from .gan import GANConfig
from .greedy_layerwise import GreedyLayerwise
from .presets import PRESETS, stages, training_data
from .rbm import RBMConfig
from .training import Diverged, TrainStep
from .vae import VAEConfig
from .variational_pcd import VariationalPCD
from .variational_training import VariationalTraining

RECIPES = {  # family: the dataclasses whose fields are flags, each with the flags' prefix; then what they leave open
    "rbm": ({"": (RBMConfig, ContrastiveDivergence)}, {"num_hidden": 500, "num_epochs": 15}),
    "dbn": ({"": (DBNConfig, ContrastiveDivergence)}, {"layer_sizes": [500, 500], "num_epochs": 15}),
    "dbm": ({"": (DBMConfig, VariationalPCD), "pretraining_": (DoubledPretraining,)}, {"layer_sizes": [500, 1000]}),
    "vae": ({"": (VAEConfig, VariationalTraining)}, {}),
    "gan": ({"": (GANConfig, AdversarialTraining)}, {}),
    "classifier": ({"": (ClassifierConfig, ClassifierTraining)}, {}),
}
FROM_DATA = ("num_visible", "image_shape")  # fields that the data decide
EFFORT = {  # what an evaluation may be told to take more of, whichever family knows it
    name: None
    for f in evaluation.FAMILIES.values()
    for name in inspect.signature(f).parameters
    if name.startswith("num_")
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = parser().parse_args(argv)
    torch.set_num_threads(arguments.threads)
    try:
        return arguments.run(arguments) or 0
    except (ValueError, OSError, Diverged) as error:
        print(f"deepgen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndeepgen: stopped", file=sys.stderr)
        return 130


def train(arguments: argparse.Namespace) -> int:
    """Train a model on a data set and save it, also when interrupted: then it holds what was learnt so far."""
    values, family = vars(arguments), arguments.family
    dataset = datasets.load(arguments.data)
    given = {"num_visible": dataset.images.shape[1], "image_shape": dataset.image_shape}
    if "layer_sizes" in values:
        given["layer_sizes"] = (given["num_visible"], *values["layer_sizes"])
    groups, _ = RECIPES[family]
    Config, _ = groups[""]
    config = checkpoint.parse_config(Config, dataclasses.asdict(build(Config, values | given)))  # as it will be loaded
    trainers = tuple(build(Trainer, values, prefix) for prefix, (*_, Trainer) in sorted(groups.items(), reverse=True))
    if family == "dbn":
        trainers = (GreedyLayerwise(layers=trainers * (len(config.layer_sizes) - 1)),)
    Model, _ = checkpoint.family_classes(family)
    model, data = Model(config), training_data(config, arguments.data)[: arguments.num_examples]
    problem, code, start = None, 0, time.process_time()
    if not arguments.out.parent.is_dir() or arguments.out.is_dir():
        raise ValueError(f"{arguments.out} cannot be written: --out names a file in a folder that there is")
    try:
        rng = torch.Generator().manual_seed(arguments.seed)
        if not deque(progress(stages(trainers, model, data, rng=rng)), maxlen=1):
            raise ValueError("there was nothing to train: num_epochs is 0 or the data are empty")
    except KeyboardInterrupt:
        problem, code = "stopped early", 130
    except Diverged as error:
        problem, code = str(error), 1
    seconds = round(time.process_time() - start, 2)
    checkpoint.save(model, arguments.out, trainer=trainers, data=arguments.data, seed=arguments.seed, seconds=seconds)
    if problem:
        print(f"deepgen: {problem}; what was learnt is in {arguments.out}", file=sys.stderr)
    else:
        print(f"{arguments.out}: {family} trained in {seconds:.0f} s; next: python -m deepgen evaluate {arguments.out}")
    return code


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure a model on its test set and print one number a line."""
    model, card = checkpoint.load(arguments.file)
    effort = {name: vars(arguments)[name] for name in EFFORT if vars(arguments)[name] is not None}
    metrics = evaluation.evaluate(model, arguments.data or card.data, seed=arguments.seed, **effort)
    for name, value in metrics.items():
        print(f"{name:32} {value:.6g}")


def sample(arguments: argparse.Namespace) -> None:
    """Draw from a model and write the pictures as one PNG."""
    model, card = checkpoint.load(arguments.file)
    if not hasattr(model, "sample"):
        raise ValueError(f"a {card.family} has nothing to sample from")
    options = {name: vars(arguments)[name] for name in ("num_steps", "label") if vars(arguments)[name] is not None}
    if unknown := set(options) - set(inspect.signature(model.sample).parameters):
        raise ValueError(f"a {card.family} is sampled without {', '.join(sorted(unknown))}")
    images = model.sample(arguments.num, rng=torch.Generator().manual_seed(arguments.seed), **options)
    dataset = datasets.load(card.data)
    if getattr(model.config, "visible", "bernoulli") == "gaussian":
        images = datasets.unstandardise(images, datasets.statistics(dataset.images))
    save_grid(images, dataset.image_shape, arguments.out)
    print(f"{arguments.out}: {arguments.num} samples")


def save_grid(images: torch.Tensor, image_shape: tuple[int, int], path: Path) -> None:
    """Images (num, num_visible) in [0, 1] side by side in a nearly square PNG."""
    from PIL import Image

    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    height, width = image_shape
    tiles = np.zeros((rows * columns, height * width), dtype=np.uint8)
    tiles[: len(images)] = (images.clamp(0, 1) * 255).round().numpy()
    grid = tiles.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
    Image.fromarray(grid).save(path, format="PNG")


def pretrain(arguments: argparse.Namespace) -> None:
    """Make one file of pretrained/ again."""
    card = pretraining.pretrain(arguments.name, arguments.out, watch=progress)
    for name, value in card.metrics.items():
        print(f"{name:32} {value:.6g}")
    if arguments.out is None:
        readme(arguments)


def readme(arguments: argparse.Namespace) -> None:
    """Write pretrained/README.md from the cards of the files there."""
    (evaluation.PRETRAINED / "README.md").write_text(pretraining.readme())


def list_presets(arguments: argparse.Namespace) -> None:
    """The presets, and which of their files are there."""
    for name, preset in PRESETS.items():
        there = (evaluation.PRETRAINED / f"{name}.safetensors").exists()
        print(f"{name:24} {'' if there else '(not made yet) '}{preset.about}")


def fetch(arguments: argparse.Namespace) -> None:
    """Download Fashion-MNIST: the only command that uses the network."""
    if not (folder := os.environ.get("DEEPGEN_DATA")):
        raise ValueError("say first where to put it: export DEEPGEN_DATA=some/folder")
    idx.fetch_fashion(Path(folder) / "fashion-mnist")


def progress(steps: Iterator[TrainStep]) -> Iterator[TrainStep]:
    """The same steps, with a line on stderr that says how far, how long still, and the last metrics seen."""
    start, shown, metrics, step = time.monotonic(), 0.0, {}, None
    begin, end, every, width = "\r", "\033[K", 0.2, shutil.get_terminal_size().columns - 1
    if not sys.stderr.isatty():  # a log file
        begin, end, every, width = "", "\n", 30.0, 200
    for step in steps:
        metrics |= step.metrics
        now = time.monotonic()
        if now - shown >= every or step.step == step.num_steps:
            shown, done = now, step.step / step.num_steps
            left = time.strftime("%H:%M:%S", time.gmtime((now - start) * (1 / done - 1)))
            bar = "=" * int(20 * done) + " " * (20 - int(20 * done))
            numbers = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            line = f"[{bar}] {step.phase}, epoch {step.epoch:.1f}, {left} left  {numbers}"
            print(begin + line[:width], end=end, file=sys.stderr, flush=True)
        if step.step == step.num_steps:  # another trainer may follow and count from 1 again
            start = now
        yield step
    if step is not None and sys.stderr.isatty():
        print(file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """All commands with all their flags."""
    top = argparse.ArgumentParser(prog="python -m deepgen", description="Deep generative models, trained and measured.")
    top.add_argument("--threads", type=positive, default=1, help="threads for the matrix products")
    commands = top.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("train", help=train.__doc__)
    families = command.add_subparsers(dest="family", required=True, metavar="family")
    for family, (groups, defaults) in RECIPES.items():
        command = families.add_parser(family, description=f"Train a {family}.")
        command.add_argument("--data", default="mnist", help=f"one of {', '.join(datasets.NAMES)}; default: mnist")
        command.add_argument("--num-examples", type=positive, help="train on no more than that many")
        command.add_argument("--seed", type=int, default=1, help="of all random numbers; default: 1")
        command.add_argument("--out", type=Path, required=True, help="the file to write")
        command.set_defaults(run=train)
        for prefix, kinds in groups.items():
            for kind in kinds:
                add_flags(command, kind, prefix, defaults)
    command = commands.add_parser("evaluate", help=evaluate.__doc__)
    command.add_argument("file", type=Path)
    command.add_argument("--data", help="a data set other than the one that the model was trained on")
    command.add_argument("--seed", type=int, default=0)
    for name in EFFORT:
        command.add_argument(f"--{name.replace('_', '-')}", type=positive)
    command.set_defaults(run=evaluate)
    command = commands.add_parser("sample", help=sample.__doc__)
    command.add_argument("file", type=Path)
    command.add_argument("--out", type=Path, required=True, help="the PNG to write")
    command.add_argument("--num", type=positive, default=100)
    command.add_argument("--num-steps", type=positive, help="sweeps of Gibbs sampling")
    command.add_argument("--label", type=int, help="of a DBN with labels: the digit to draw")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=sample)
    command = commands.add_parser("pretrain", help=pretrain.__doc__)
    command.add_argument("name", choices=PRESETS, metavar="NAME", help="as python -m deepgen list shows")
    command.add_argument("--out", type=Path, help="another file to write than the one in pretrained/")
    command.set_defaults(run=pretrain)
    commands.add_parser("list", help=list_presets.__doc__).set_defaults(run=list_presets)
    commands.add_parser("readme", help=readme.__doc__).set_defaults(run=readme)
    commands.add_parser("fetch", help=fetch.__doc__).add_argument("what", choices=["fashion"])
    commands.choices["fetch"].set_defaults(run=fetch)
    return top


def positive(text: str) -> int:
    """A whole number from 1 up."""
    if (value := int(text)) < 1:
        raise ValueError
    return value


def add_flags(command: argparse.ArgumentParser, kind: type, prefix: str, defaults: dict) -> None:
    """One flag for every field of the dataclass ``kind``."""
    group = command.add_argument_group(kind.__name__, description=inspect.cleandoc(kind.__doc__))
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.name in FROM_DATA:
            continue
        default = defaults.get(field.name, field.default)
        required = default is dataclasses.MISSING
        options = {"required": True} if required else {"default": default}
        group.add_argument(
            "--" + (prefix + field.name).replace("_", "-"),
            **options,
            **as_argument(hints[field.name]),
            help="needed" if required else "default: %(default)s",
        )


def as_argument(hint) -> dict:
    """How argparse reads a value of the type ``hint``."""
    arguments = typing.get_args(hint)
    match typing.get_origin(hint):
        case typing.Literal:
            return {"choices": arguments}
        case typing.Union | types.UnionType:  # something or None
            return as_argument(arguments[0])
        case origin if origin is tuple:
            return {"nargs": "*", "type": arguments[0], "metavar": "N"}
    return {"action": argparse.BooleanOptionalAction} if hint is bool else {"type": hint, "metavar": "N"}


def build(kind: type, values: dict, prefix: str = ""):
    """The dataclass ``kind`` from the flags that carry its fields."""
    chosen = {field.name: values[prefix + field.name] for field in dataclasses.fields(kind)}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in chosen.items()})


if __name__ == "__main__":
    sys.exit(main())
