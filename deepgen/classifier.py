"""A small convolutional classifier: the eyes that judge samples, since nothing pixelwise tells a good digit."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .training import Diverged, TrainStep, minibatches


@dataclass(frozen=True)
class ClassifierConfig:
    """The architecture: for every entry of ``channels`` a 5x5 convolution that halves the picture; two dense layers."""

    image_shape: tuple[int, int] = (28, 28)
    num_labels: int = 10
    channels: tuple[int, ...] = (16, 32)
    num_features: int = 64

    def __post_init__(self):
        if min(self.image_shape) < 2 ** len(self.channels):
            raise ValueError(f"a picture of {self.image_shape} cannot be halved {len(self.channels)} times")
        if min(self.num_labels, self.num_features, *self.channels) < 1:
            raise ValueError("a classifier needs at least one channel in every layer, one feature and one label")


class Classifier(nn.Module):
    """p(label | x): convolutions in steps of two pixels, rectifiers; a layer of features; a softmax over their sums.

    All weights are zero until ``initialise``, which the trainer calls on an untrained model with its own ``rng``.
    """

    family: ClassVar[str] = "classifier"

    def __init__(self, config: ClassifierConfig):
        super().__init__()
        self.config = config
        channels = (1, *config.channels)
        rows, cols = (-(-length >> len(config.channels)) for length in config.image_shape)  # rounded up
        self.convolutions = nn.ModuleList(
            zeros(nn.Conv2d, i, o, kernel_size=5, stride=2, padding=2) for i, o in pairwise(channels)
        )
        self.dense = zeros(nn.Linear, rows * cols * channels[-1], config.num_features)
        self.output = zeros(nn.Linear, config.num_features, config.num_labels)

    @torch.no_grad()
    def initialise(self, *, rng: torch.Generator) -> None:
        """Random weights scaled for rectified units (He et al. 2015)."""
        for layer in (*self.convolutions, self.dense):
            layer.weight.normal_(0, math.sqrt(2 / layer.weight[0].numel()), generator=rng)
        self.output.weight.normal_(0, math.sqrt(1 / self.config.num_features), generator=rng)

    @property
    def is_trained(self) -> bool:
        """False while the weights are the zeros that the constructor leaves."""
        return bool(self.output.weight.any())

    def features(self, x: Tensor) -> Tensor:
        """What the last hidden layer sees in images; (batch, num_visible) in [0, 1] -> (batch, num_features)."""
        x = x.reshape(-1, 1, *self.config.image_shape)
        for convolution in self.convolutions:
            x = F.relu(convolution(x))
        return F.relu(self.dense(x.flatten(1)))

    def logits(self, x: Tensor) -> Tensor:
        """log p(label | x) up to a constant; (batch, num_visible) -> (batch, num_labels)."""
        return self.output(self.features(x))


def zeros(kind: type, *sizes: int, **options) -> nn.Module:
    """A layer that is all zeros, without touching anybody's random numbers."""
    layer = nn.utils.skip_init(kind, *sizes, **options, device=torch.get_default_device())
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


@torch.no_grad()
def accuracy(classifier: Classifier, images: Tensor, labels: Tensor) -> float:
    """Share of the images (n, num_visible) whose likeliest label is the right one."""
    return torch.cat([classifier.logits(x).argmax(1) for x in images.split(1000)]).eq(labels).double().mean().item()


def shifted(images: Tensor, image_shape: tuple[int, int], max_shift: int, *, rng: torch.Generator) -> Tensor:
    """Every image moved by up to ``max_shift`` pixels each way, zeros coming in; (batch, num_visible) -> the same."""
    rows, cols = image_shape
    wide = F.pad(images.reshape(-1, rows, cols), (max_shift,) * 4)
    windows = wide.unfold(1, rows, 1).unfold(2, cols, 1)  # (batch, places, places, rows, cols)
    down, right = torch.randint(2 * max_shift + 1, (2, len(images)), generator=rng)
    return windows[torch.arange(len(images)), down, right].flatten(1)


@dataclass(frozen=True)
class ClassifierTraining:
    """Adam on the cross-entropy with decoupled weight decay (Loshchilov & Hutter 2019), on images shifted a little."""

    num_epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 2e-3  # at the start; falls to 0 along a half cosine
    weight_decay: float = 1e-2
    max_shift: int = 2  # pixels

    def __post_init__(self):
        if self.num_epochs < 1 or self.batch_size < 1:
            raise ValueError(
                f"training needs 1 epoch and 1 example a batch, got {self.num_epochs} and {self.batch_size}"
            )
        if not (self.learning_rate > 0 and self.weight_decay >= 0 and self.max_shift >= 0):
            raise ValueError(
                "the learning rate must be above 0, the weight decay and the shift 0 or more, got "
                f"{self.learning_rate}, {self.weight_decay} and {self.max_shift}"
            )

    def steps(
        self, model: Classifier, data: Tensor, *, rng: torch.Generator
    ) -> Generator[TrainStep, "ClassifierTraining | None", None]:
        """One TrainStep per update; data (num_examples, num_visible + num_labels): images, then one-hot labels."""
        num_visible, num_labels = math.prod(model.config.image_shape), model.config.num_labels
        if data.ndim != 2 or data.shape[1] != num_visible + num_labels or not len(data):
            raise ValueError(f"data are (num_examples, {num_visible} + {num_labels} labels), got {tuple(data.shape)}")
        if not model.is_trained:
            model.initialise(rng=rng)
        trainer, step = self, 0
        batches_per_epoch = max(len(data) // self.batch_size, 1)
        num_steps = self.num_epochs * batches_per_epoch
        optimiser = torch.optim.AdamW(model.parameters(), fused=True)
        for _ in range(self.num_epochs):
            for batch in minibatches(data, self.batch_size, rng=rng):
                images, targets = batch.split([num_visible, num_labels], 1)
                logits = model.logits(shifted(images, model.config.image_shape, trainer.max_shift, rng=rng))
                loss = F.cross_entropy(logits, targets)
                if not loss.isfinite():
                    raise Diverged(
                        f"training diverged at step {step + 1}; lower learning_rate ({trainer.learning_rate:g})"
                    )
                rate = trainer.learning_rate * 0.5 * (1 + math.cos(math.pi * step / num_steps))
                optimiser.param_groups[0] |= {"lr": rate, "weight_decay": trainer.weight_decay}
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                step += 1
                right = logits.argmax(1).eq(targets.argmax(1)).float().mean()
                metrics = {"loss": loss.item(), "accuracy": right.item()}
                trainer = (yield TrainStep(step, num_steps, step / batches_per_epoch, metrics)) or trainer
