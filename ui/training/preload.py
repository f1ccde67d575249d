"""Imported by the fork server alone: a worker forked from it has torch, the trainers and MNIST in memory already."""

from deepgen import checkpoint
from ui.training.worker import examples

for family in checkpoint.FAMILIES:
    checkpoint.family_classes(family)
examples("mnist", "train")
examples("mnist", "test")
