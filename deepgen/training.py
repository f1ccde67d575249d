"""Training as an iterator: a trainer yields a small immutable value after every update, and whoever pulls decides how far."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class TrainStep:
    """What one update has to tell."""

    step: int  # optimiser updates done, from 1
    num_steps: int  # how many there will be in all
    epoch: float = 0.0  # passes over the data done, fractional
    metrics: Mapping[str, float] = field(default_factory=dict)  # cheap ones each update, dear ones when the trainer measures
    phase: str = "train"  # "layer 2 of 3", "joint", ...
    particles: Tensor | None = None  # fantasy particles or samples to look at, detached, data units


class Trainer(Protocol):
    """A frozen dataclass of hyper-parameters whose method is the algorithm.

    ``steps`` is a generator: the caller may ``send`` it another trainer of the same class, and training goes on under
    the new hyper-parameters (the weight of the KL, a frozen player). Not pulling is pausing; closing is stopping.
    """

    def steps(self, model, data: Tensor, *, rng: torch.Generator) -> Generator[TrainStep, "Trainer | None", None]: ...


class Diverged(ArithmeticError):
    """Training has left the real numbers; the message says at which step and what to lower. Weights are the last finite ones."""


def fit(trainer: Trainer, model, data: Tensor, *, rng: torch.Generator) -> TrainStep:
    """Train to the end and return the last step."""
    step = None
    for step in trainer.steps(model, data, rng=rng):
        pass
    if step is None:
        raise ValueError("there was nothing to train: num_epochs is 0 or the data are empty")
    return step


def minibatches(data: Tensor, batch_size: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """One pass over ``data`` (num_examples, ...) in shuffled batches; a last, smaller one is left out unless it is the only one."""
    order = torch.randperm(len(data), generator=rng)
    for start in range(0, max(len(data) - batch_size, 0) + 1, batch_size):
        yield data[order[start : start + batch_size]]
