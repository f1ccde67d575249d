"""Pretraining of a deep Boltzmann machine: restricted machines with doubled inputs (Salakhutdinov & Hinton 2009)."""

import copy
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from .dbm import DBM
from .training import Diverged, TrainStep, minibatches
from .variational_pcd import check_data, gradients


@dataclass(frozen=True)
class DoubledPretraining:
    """A stack of restricted machines whose halves, put together, count no layer's evidence twice.

    In the deep machine a hidden layer hears from below and from above. A restricted machine knows one side only, so it
    is given that side twice: the bottom one sees two copies of v, the top one two copies of its own hidden layer, those
    in between both. Composed, one copy of each is left, half of what every layer was used to hear from either side; its
    bias is the mean of the biases that it had in its two machines. ``doubled=False`` shows what goes wrong otherwise.
    """

    num_epochs: int = 5  # of each layer
    batch_size: int = 100
    learning_rate: float = 0.05
    gibbs_steps: int = 1
    persistent: bool = True
    num_chains: int = 100
    weight_decay: float = 2e-4
    initial_scale: float = 0.01
    doubled: bool = True

    def __post_init__(self):
        for name in ("num_epochs", "batch_size", "num_chains", "gibbs_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is a whole number from 1 up, got {getattr(self, name)}")
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError("learning_rate must be positive and weight_decay not negative")

    @torch.no_grad()
    def steps(
        self, model: DBM, data: Tensor, *, rng: torch.Generator
    ) -> Generator[TrainStep, "DoubledPretraining | None", None]:
        """Layer after layer; from its first update on a layer is part of ``model``."""
        check_data(model, data)
        settings, num_pairs = self, len(model.weights)
        num_updates = self.num_epochs * max(1, len(data) // self.batch_size)
        binary = model.config.visible == "bernoulli"
        pairs = []
        for k in range(num_pairs):
            pair = _Pair(
                model, k, up=2 if self.doubled and k < num_pairs - 1 else 1, down=2 if self.doubled and k else 1
            )
            pair.initialise(_propagate(pairs, data[:2000], rng), self.initial_scale, rng)
            pairs.append(pair)
            chains = pair.sample_below(pair.above.sample(data.new_zeros(self.num_chains, pair.num_above), rng=rng), rng)
            step, last_finite = 0, copy.deepcopy(model.state_dict())
            for _ in range(self.num_epochs):
                for batch in minibatches(data, self.batch_size, rng=rng):
                    step += 1
                    x = _propagate(pairs[:-1], torch.bernoulli(batch, generator=rng) if binary else batch, rng)
                    pair.offsets = [
                        c.lerp(s.mean(0), 0.01) for c, s in zip(pair.offsets, (x, pair.mean_above(x)), strict=True)
                    ]
                    start = chains if settings.persistent else x
                    chains = pair.gibbs(start, settings.gibbs_steps, rng)
                    rate = settings.learning_rate * (1 - (step - 1) / num_updates)
                    pair.update(x, chains, rate, settings.weight_decay)
                    if not model.weights[k].isfinite().all():
                        model.load_state_dict(last_finite)
                        raise Diverged(
                            f"pretraining left the real numbers in layer {k + 1} at update {step}: lower learning_rate "
                            f"(now {settings.learning_rate:g}); the last finite weights were kept"
                        )
                    _compose(model, pairs)
                    if step % 20 == 0 and all(layer.bias.isfinite().all() for layer in model.layers):
                        last_finite = copy.deepcopy(model.state_dict())
                    changed = yield TrainStep(
                        step=k * num_updates + step,
                        num_steps=num_pairs * num_updates,
                        epoch=k * self.num_epochs + step / num_updates * self.num_epochs,
                        phase=f"layer {k + 1} of {num_pairs}",
                        particles=chains if k == 0 and step % 20 == 0 else None,
                    )
                    settings = changed or settings


class _Pair:
    """The restricted machine of layers k and k + 1, with ``up`` copies of the lower one and ``down`` of the upper."""

    def __init__(self, model: DBM, k: int, *, up: int, down: int):
        self.W = model.weights[k].data  # shared with the model
        self.below, self.above = copy.deepcopy(model.layers[k]), copy.deepcopy(model.layers[k + 1])
        self.up, self.down = up, down
        self.num_above = len(self.above.bias)

    def initialise(self, x: Tensor, scale: float, rng: torch.Generator) -> None:
        """Small weights; the lower layer's biases alone reproduce the means of ``x``."""
        self.W.normal_(0, scale, generator=rng)
        mean = x.mean(0)
        self.below.bias.data.copy_(mean if hasattr(self.below, "log_sigma") else mean.clamp(0.01, 0.99).logit())
        self.above.bias.data.zero_()
        self.offsets = [mean, torch.full_like(self.above.bias, 0.5)]

    def mean_above(self, x: Tensor) -> Tensor:
        return self.above.mean(self.up * x @ self.W)

    def sample_above(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """The mean of ``down`` independent copies of the upper layer."""
        inputs = self.up * x @ self.W
        return sum(self.above.sample(inputs, rng=rng) for _ in range(self.down)) / self.down

    def sample_below(self, y: Tensor, rng: torch.Generator) -> Tensor:
        """The mean of ``up`` independent copies of the lower layer."""
        inputs = self.down * y @ self.W.T
        return sum(self.below.sample(inputs, rng=rng) for _ in range(self.up)) / self.up

    def gibbs(self, x: Tensor, num_steps: int, rng: torch.Generator) -> Tensor:
        for _ in range(num_steps):
            x = self.sample_below(self.sample_above(x, rng), rng)
        return x

    def update(self, x: Tensor, chains: Tensor, rate: float, weight_decay: float) -> None:
        positive, negative = (x, self.mean_above(x)), (chains, self.mean_above(chains))
        dW, da, db = gradients(positive, negative, self.offsets)
        self.W.mul_(1 - rate * weight_decay).add_(dW, alpha=rate)
        self.below.bias.data.add_(da, alpha=rate)
        self.above.bias.data.add_(db, alpha=rate)


def _propagate(pairs: list[_Pair], x: Tensor, rng: torch.Generator) -> Tensor:
    """A fresh sample of the layer above the finished machines."""
    for pair in pairs:
        x = pair.above.sample(pair.up * x @ pair.W, rng=rng)
    return x


def _compose(model: DBM, pairs: list[_Pair]) -> None:
    """Give the deep machine the biases of its layers: the mean of both where two machines share a layer."""
    model.layers[0].bias.data.copy_(pairs[0].below.bias)
    for layer, lower, upper in zip(model.layers[1:], pairs, pairs[1:], strict=False):
        layer.bias.data.copy_((lower.above.bias + upper.below.bias) / 2)
    model.layers[len(pairs)].bias.data.copy_(pairs[-1].above.bias)
