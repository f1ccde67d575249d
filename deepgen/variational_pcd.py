"""Joint training of a deep Boltzmann machine: mean field for the data, persistent particles for the model."""

import copy
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from .dbm import DBM
from .training import Diverged, TrainStep, minibatches


@dataclass(frozen=True)
class VariationalPCD:
    """Stochastic approximation with a variational data term (Salakhutdinov & Hinton 2009, algorithm 1), centred.

    Every layer is measured from its moving average (Montavon & Mueller 2012), without which the upper layers learn
    little. The rate falls linearly to 0; the weights of the last share ``averaged`` of the updates are averaged.
    """

    num_epochs: int = 50
    batch_size: int = 100
    learning_rate: float = 0.01
    num_chains: int = 100
    gibbs_steps: int = 5
    mean_field_iterations: int = 10
    weight_decay: float = 2e-4
    centered: bool = True
    averaged: float = 0.2
    precision: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self):
        for name in ("num_epochs", "batch_size", "num_chains", "gibbs_steps", "mean_field_iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is a whole number from 1 up, got {getattr(self, name)}")
        if self.learning_rate <= 0 or self.weight_decay < 0 or not 0 <= self.averaged <= 1:
            raise ValueError("learning_rate must be positive, weight_decay not negative, averaged a share from 0 to 1")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision is 'float32' or 'bfloat16', got {self.precision!r}")

    @torch.no_grad()
    def steps(
        self, model: DBM, data: Tensor, *, rng: torch.Generator
    ) -> Generator[TrainStep, "VariationalPCD | None", None]:
        """One update of all layers together a step; the last step's weights are the averaged ones."""
        check_data(model, data)
        settings = self
        num_steps = self.num_epochs * max(1, len(data) // self.batch_size)
        first_averaged = num_steps - int(self.averaged * num_steps)
        work = _WorkingCopy(model, torch.bfloat16 if self.precision == "bfloat16" else model.weights[0].dtype)
        chosen = torch.randint(len(data), (max(self.num_chains, 500),), generator=rng)
        posterior = work.mean_field(work.observe(data[chosen], rng), self.mean_field_iterations)
        offsets = [x.mean(0, dtype=bias.dtype) for x, bias in zip(posterior, work.biases, strict=True)]
        hidden = [_bernoulli(x[: self.num_chains].to(work.biases[0].dtype), rng).to(work.dtype) for x in posterior[1:]]
        particles = [posterior[0][: self.num_chains], *hidden]  # from the data: the machine may be half trained already
        average, last_finite = None, copy.deepcopy(model.state_dict())
        step = 0
        for _ in range(self.num_epochs):
            for batch in minibatches(data, self.batch_size, rng=rng):
                step += 1
                posterior = work.mean_field(work.observe(batch, rng), settings.mean_field_iterations)
                particles, negative = work.gibbs(particles, settings.gibbs_steps, rng)
                offsets = [c.lerp(x.mean(0, dtype=c.dtype), 0.01) for c, x in zip(offsets, posterior, strict=True)]
                centers = offsets if settings.centered else [torch.zeros_like(c) for c in offsets]
                rate = settings.learning_rate * (1 - (step - 1) / num_steps)
                for parameter, gradient in zip(
                    [*work.weights, *work.biases], gradients(posterior, negative, centers), strict=True
                ):
                    if parameter.dim() == 2:
                        parameter.mul_(1 - rate * settings.weight_decay)
                    parameter.add_(gradient, alpha=rate)
                if not all(bias.isfinite().all() for bias in work.biases):
                    model.load_state_dict(last_finite)
                    raise Diverged(
                        f"joint training left the real numbers at update {step}: lower learning_rate "
                        f"(now {settings.learning_rate:g}); the last finite weights were kept"
                    )
                if step % 20 == 0 and all(weight.sum().isfinite() for weight in work.weights):
                    last_finite = copy.deepcopy(model.state_dict())
                if step > first_averaged:
                    average = work.average(average, step - first_averaged)
                if step == num_steps and average is not None:
                    work.restore(average)
                work.refresh()
                changed = yield TrainStep(
                    step=step,
                    num_steps=num_steps,
                    epoch=step / num_steps * self.num_epochs,
                    phase="joint",
                    particles=negative[0].float() if step % 20 == 0 or step == num_steps else None,
                )
                settings = changed or settings


def check_data(model: DBM, data: Tensor) -> None:
    """Complain in a sentence about data that the model cannot learn."""
    size, binary = model.config.layer_sizes[0], model.config.visible == "bernoulli"
    if data.ndim != 2 or data.shape[1] != size or not len(data):
        raise ValueError(f"data are (num_examples, {size}) for this DBM, got {tuple(data.shape)}")
    if not data.isfinite().all() or (binary and (data.min() < 0 or data.max() > 1)):
        kind = "intensities in [0, 1] for binary visible units" if binary else "finite numbers"
        raise ValueError(f"data must be {kind}, got values from {data.min():g} to {data.max():g}")


def gradients(positive: Sequence[Tensor], negative: Sequence[Tensor], offsets: Sequence[Tensor]) -> list[Tensor]:
    """Positive minus negative statistics of all weights, then of all biases, each layer measured from its offset.

    The centred machine's gradient, carried back to the plain parameters: with offsets c the weights see
    (x - c)(y - d)^T, and the biases what is left of their own gradient after the weights have moved.
    """
    # the centred states of both phases, stacked (batch + num_chains, units): one product gives the difference
    stacked = [torch.cat([x - c, y - c]) for x, y, c in zip(positive, negative, offsets, strict=True)]
    share = offsets[0].new_empty(len(stacked[0]), 1)
    share[: len(positive[0])], share[len(positive[0]) :] = 1 / len(positive[0]), -1 / len(negative[0])
    dtype = positive[0].dtype
    weights = [below.T.to(dtype) @ (above * share).to(dtype) for below, above in pairwise(stacked)]
    biases = [
        x.mean(0, dtype=c.dtype) - y.mean(0, dtype=c.dtype) for x, y, c in zip(positive, negative, offsets, strict=True)
    ]
    for i, dW in enumerate(weights):
        dW = weights[i] = dW.to(offsets[0].dtype)
        biases[i] -= dW @ offsets[i + 1]
        biases[i + 1] -= offsets[i] @ dW
    return [*weights, *biases]


class _WorkingCopy:
    """A model's weights in the precision of the products; biases, probabilities and updates keep the model's own."""

    def __init__(self, model: DBM, dtype: torch.dtype):
        self.dtype = dtype
        self.gaussian = model.config.visible == "gaussian"
        self.weights = [weight.data for weight in model.weights]  # shared with the model: updates write through
        self.biases = [layer.bias.data for layer in model.layers]
        self.rounded = [weight.to(dtype) for weight in self.weights]

    def refresh(self) -> None:
        """After an update."""
        for rounded, weight in zip(self.rounded, self.weights, strict=True):
            if rounded is not weight:
                rounded.copy_(weight)

    def inputs(self, i: int, layers: Sequence[Tensor], from_below: Tensor | None = None) -> Tensor:
        """Total input of layer i with its bias, in the model's precision."""
        total = self.biases[i]
        if i > 0:
            total = total + (layers[i - 1] @ self.rounded[i - 1] if from_below is None else from_below)
        if i + 1 < len(layers):
            total = total + layers[i + 1] @ self.rounded[i].T
        return total

    def observe(self, batch: Tensor, rng: torch.Generator) -> Tensor:
        """A fresh binary image of every intensity; real data as they are."""
        return (batch if self.gaussian else _bernoulli(batch, rng)).to(self.dtype)

    def mean_field(self, v: Tensor, num_iterations: int) -> list[Tensor]:
        """``DBM.mean_field`` from the doubled bottom-up pass; the share of v, which stays, is computed once."""
        from_v = v @ self.rounded[0]
        layers = [v]
        for i in range(1, len(self.biases)):
            from_below = from_v if i == 1 else layers[-1] @ self.rounded[i - 1]
            doubled = 1 if i == len(self.biases) - 1 else 2
            layers.append(torch.add(self.biases[i], from_below, alpha=doubled).sigmoid_().to(self.dtype))
        for _ in range(num_iterations if len(layers) > 2 else 0):
            for first in (1, 2):
                for i in range(first, len(layers), 2):
                    layers[i] = self.inputs(i, layers, from_v if i == 1 else None).sigmoid_().to(self.dtype)
        return layers

    def gibbs(self, layers: list[Tensor], num_sweeps: int, rng: torch.Generator) -> tuple[list[Tensor], list[Tensor]]:
        """The chains after odd-even sweeps, and the statistics to use: odd states, and the even means given them.

        Those means cost nothing more than the states that are drawn from them, and vary less.
        """
        layers = list(layers)
        means = list(layers)
        for _ in range(num_sweeps):
            for first in (1, 0):
                for i in range(first, len(layers), 2):
                    inputs = self.inputs(i, layers)
                    if i == 0 and self.gaussian:
                        means[i] = inputs.to(self.dtype)
                        noise = torch.randn(inputs.shape, generator=rng, dtype=inputs.dtype)
                        layers[i] = (inputs + noise).to(self.dtype)  # not in place: the mean is wanted too
                    else:
                        probability = inputs.sigmoid_()
                        layers[i] = _bernoulli(probability, rng).to(self.dtype)
                        means[i] = probability.to(self.dtype) if first == 0 else layers[i]
        return layers, means

    def average(self, average: list[Tensor] | None, count: int) -> list[Tensor]:
        """The running average of all parameters, this state being its ``count``-th."""
        parameters = [*self.weights, *self.biases]
        if average is None:
            return [parameter.clone() for parameter in parameters]
        return [old.lerp_(parameter, 1 / count) for old, parameter in zip(average, parameters, strict=True)]

    def restore(self, parameters: list[Tensor]) -> None:
        """Put ``parameters`` in the place of the model's."""
        for parameter, value in zip([*self.weights, *self.biases], parameters, strict=True):
            parameter.copy_(value)


def _bernoulli(probability: Tensor, rng: torch.Generator) -> Tensor:
    """Binary draws by comparison with 16-bit uniforms, four to a 64-bit number: a sixth of the time of torch.bernoulli.

    Probabilities are thereby rounded to 1 / 65536; 0 and 1 stay certain.
    """
    size = probability.numel()
    words = torch.empty((size + 3) // 4, dtype=torch.int64).random_(-(2**63), None, generator=rng)
    uniform = words.view(torch.int16)[:size].view(probability.shape).to(probability.dtype)  # -32768 .. 32767
    return torch.lt(uniform, probability * 65536 - 32768.5, out=uniform)
