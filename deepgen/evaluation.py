"""What a trained model is worth, family by family, in the numbers that its card shows (all on the test set, in nats)."""

import functools
from pathlib import Path

import torch
from torch import Tensor, nn

from . import checkpoint, datasets
from .classifier import accuracy

PRETRAINED = Path(__file__).parent.parent / "pretrained"


def evaluate(model: nn.Module, data: str, *, seed: int = 0, **effort) -> dict[str, float]:
    """The metrics of ``model`` on the test set of ``data``; ``effort`` goes to the family's own function below."""
    return FAMILIES[model.family](model, data, rng=torch.Generator().manual_seed(seed), **effort)


def evaluate_classifier(model, data: str, *, rng: torch.Generator) -> dict[str, float]:
    """Share of the test images whose likeliest label is the right one."""
    test = datasets.load(data, "test")
    return {"accuracy": accuracy(model, test.images, test.labels)}


FAMILIES = {"classifier": evaluate_classifier}
