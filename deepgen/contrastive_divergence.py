"""Contrastive divergence (Hinton 2002) and its persistent form (Tieleman 2008) for restricted Boltzmann machines.

The gradient of log p(v) is the difference of two expectations of -dE/dtheta: under the data, and under the model
(equation 7). CD-k follows k sweeps of Gibbs sampling from the data to stand for the second, PCD keeps chains that
never restart.
"""

import copy
import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from .annealing import base_rates
from .likelihood import log_conditionals, random_bits
from .noise import Noise
from .phases import Phases
from .rbm import RBM
from .training import Diverged, TrainStep, minibatches
from .units import Bernoulli


class Gradient(NamedTuple):
    """One number for every parameter of an RBM; differences of two of them are gradients of log-likelihoods."""

    W: Tensor
    visible_bias: Tensor
    hidden_bias: Tensor
    log_sigma: Tensor | None = None

    def __sub__(self, other: "Gradient") -> "Gradient":
        return Gradient(*(None if a is None else a - b for a, b in zip(self, other, strict=True)))


@torch.no_grad()
def expectations(model: RBM, visible: Tensor, weights: Tensor | None = None) -> Gradient:
    """E[-dE/dtheta] for every parameter, over the rows of ``visible`` (weighted, if asked) and over p(h | v) exactly.

    It is the mean of the outer products v h^T, not the outer product of the means.
    """
    if weights is None:
        weights = visible.new_full((len(visible),), 1 / len(visible))
    h = model.mean_hidden(visible)
    hidden_bias = weights @ h
    if model.config.visible == "bernoulli":
        return Gradient((visible * weights[:, None]).T @ h, weights @ visible, hidden_bias)
    sigma = model.visible.log_sigma.exp()
    x, distance = visible / sigma, (visible - model.visible.bias) / sigma
    return Gradient(
        (x * weights[:, None]).T @ h,
        weights @ distance / sigma,
        hidden_bias,
        weights @ (distance.square() - x * model.inputs_to_visible(h)),
    )


def gradient(model: RBM, batch: Tensor, negative: Tensor, negative_weights: Tensor | None = None) -> Gradient:
    """Equation (7): positive phase from ``batch`` minus negative phase from ``negative``, both (rows, num_visible)."""
    return expectations(model, batch) - expectations(model, negative, negative_weights)


@torch.no_grad()
def initialise(model: RBM, data: Tensor, *, rng: torch.Generator) -> None:
    """Start as the data without dependencies: small random weights, visible biases that give every pixel its mean."""
    W = model.W
    W.copy_(torch.randn(W.shape, generator=rng, dtype=W.dtype) * 0.01)
    model.hidden.bias.zero_()
    model.visible.bias.copy_(base_rates(model, data))
    if model.config.learn_variance:
        model.visible.log_sigma.copy_(data.std(0).clamp(min=0.1).log())


@dataclass(frozen=True)
class ContrastiveDivergence:
    """CD-k (``persistent=False``) and PCD-k, with centred gradient (Montavon & Mueller 2012; Melchior et al. 2016).

    ``learning_rate`` falls linearly to zero, stays constant, or falls as 1/t to an eleventh. Over the last
    ``average_last`` of the updates the chains take ``final_gibbs_steps`` sweeps (default: ``gibbs_steps``), and the
    model is left with the mean of the weights of that time. ``precision`` is that of the matrix products; the weights
    themselves are kept as they are.
    """

    num_epochs: int
    batch_size: int = 100
    learning_rate: float = 0.05
    gibbs_steps: int = 1
    persistent: bool = True
    num_chains: int = 100
    centered: bool = True
    schedule: Literal["linear", "constant", "1/t"] = "linear"
    momentum: float = 0.0
    weight_decay: float = 0.0
    average_last: float = 0.2
    final_gibbs_steps: int | None = None
    precision: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self):
        for name in ("num_epochs", "batch_size", "gibbs_steps", "num_chains"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is a whole number of at least 1, got {value!r}")
        if self.final_gibbs_steps is not None and self.final_gibbs_steps < 1:
            raise ValueError(f"final_gibbs_steps is at least 1, or None for no change, got {self.final_gibbs_steps!r}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate >= 0):
            raise ValueError(f"learning_rate is a finite number of at least 0, got {self.learning_rate!r}")
        if self.schedule not in ("linear", "constant", "1/t"):
            raise ValueError(f"schedule is 'linear', 'constant' or '1/t', got {self.schedule!r}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is in [0, 1), got {self.momentum!r}")
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise ValueError(f"weight_decay is a finite number of at least 0, got {self.weight_decay!r}")
        if not 0 <= self.average_last <= 1:
            raise ValueError(f"average_last is a share of the updates in [0, 1], got {self.average_last!r}")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision is 'float32' or 'bfloat16', got {self.precision!r}")

    def rate(self, progress: float) -> float:
        """The learning rate when the share ``progress`` of all updates is done."""
        if self.schedule == "linear":
            return self.learning_rate * (1 - progress)
        return self.learning_rate / (1 + 10 * progress) if self.schedule == "1/t" else self.learning_rate

    @torch.no_grad()
    def steps(
        self, model: RBM, data: Tensor, *, rng: torch.Generator, held_out: Tensor | None = None
    ) -> Generator[TrainStep, "ContrastiveDivergence | None", None]:
        """One TrainStep per update; ``held_out`` examples are never learnt from, only measured.

        A model with no weights yet is initialised first.
        """
        check_data(model, data)
        if not model.W.any():
            initialise(model, data, rng=rng)
        trainer, batch_size = self, min(self.batch_size, len(data))
        updates_per_epoch = len(data) // batch_size
        num_steps = self.num_epochs * updates_per_epoch
        measure_every = max(20, updates_per_epoch // 4)
        averaged, num_averaged, last_finite = copy.deepcopy(model.state_dict()), 0, copy.deepcopy(model.state_dict())
        measure = Measurement(model, data, held_out, rng=rng)
        phases, step = Phases(trainer, model, data, batch_size, rng=rng), 0
        for _ in range(self.num_epochs):
            for batch in minibatches(data, batch_size, rng=rng):
                progress = step / num_steps
                late = progress >= 1 - trainer.average_last
                sweeps = (late and trainer.final_gibbs_steps) or trainer.gibbs_steps
                phases.update(trainer, batch, trainer.rate(progress), sweeps)
                step += 1
                if not finite(model):
                    model.load_state_dict(last_finite)
                    raise Diverged(
                        f"training diverged at update {step}: a parameter is no longer a finite number. The last "
                        f"finite weights were kept; try a learning rate below {trainer.learning_rate:g}"
                    )
                if step % 20 == 0 and bool(model.W.sum().isfinite()):
                    assign(last_finite, model.state_dict())
                if late and (step % 10 == 0 or step == num_steps):
                    num_averaged += 1
                    for name, value in model.state_dict().items():
                        averaged[name].lerp_(value, 1 / num_averaged)
                if step == num_steps and num_averaged:
                    model.load_state_dict(averaged)
                measured = step == 1 or step % measure_every == 0 or step == num_steps
                changed = yield TrainStep(
                    step,
                    num_steps,
                    step / updates_per_epoch,
                    metrics=measure() if measured else {},
                    particles=phases.particles() if step == 1 or step % 20 == 0 else None,
                )
                if changed is not None:
                    trainer = changed
                    if phases.outdated_by(trainer):
                        phases = Phases(trainer, model, data, batch_size, rng=rng)


def check_data(model: RBM, data: Tensor) -> None:
    """Complain in a sentence about data that the model cannot learn."""
    if data.ndim != 2 or data.shape[1] != model.config.num_visible or not len(data):
        raise ValueError(f"data are (num_examples, {model.config.num_visible}) for this RBM, got {tuple(data.shape)}")
    low, high = data.aminmax()  # one pass over the data; whatever is not finite shows in one of the two
    if not bool(low.isfinite() & high.isfinite()):
        raise ValueError("data contain numbers that are not finite; remove or replace them before training")
    if model.config.visible == "bernoulli" and (low < 0 or high > 1):
        raise ValueError(
            f"binary visible units take intensities in [0, 1], got values from {low:g} to {high:g}: "
            "rescale the data, or use Gaussian visible units on standardised pixels"
        )


class Measurement:
    """How well the model does on fixed examples and, of each, on fixed units, so that curves are smooth."""

    def __init__(self, model: RBM, data: Tensor, held_out: Tensor | None, *, rng: torch.Generator, num_examples=250):
        self.model, self.examples = model, {}
        self.noise = Noise(rng=rng, dtype=model.W.dtype)
        for prefix, source in (("", data), ("held_out_", held_out)):
            if source is not None and len(source):
                check_data(model, source)
                chosen = source[torch.randperm(len(source), generator=rng)[:num_examples]].to(model.W.dtype)
                if model.config.visible == "bernoulli":
                    chosen = torch.bernoulli(chosen, generator=rng)
                self.examples[prefix] = chosen, random_bits(chosen, num_bits=8, rng=rng)

    def __call__(self) -> dict[str, float]:
        metrics, model = {}, self.model
        for prefix, (v, bits) in self.examples.items():
            if isinstance(model.visible, Bernoulli):
                conditionals = log_conditionals(model, v, bits)
                metrics[prefix + "pseudo_log_likelihood"] = float(conditionals.mean()) * v.shape[1]
            mean = model.mean_hidden(v)
            h = torch.lt(self.noise.uniform(*mean.shape), mean).to(mean.dtype)
            metrics[prefix + "reconstruction_error"] = float((model.mean_visible(h) - v).square().mean())
        return metrics


def finite(model: RBM) -> bool:
    """Whether the biases are numbers; weights that are none show up in them at the next update."""
    total = model.hidden.bias.sum() + model.visible.bias.sum()
    if model.config.visible == "gaussian":
        total = total + model.visible.log_sigma.sum()
    return math.isfinite(float(total))


def assign(target: dict[str, Tensor], source: dict[str, Tensor]) -> None:
    for name, value in source.items():
        target[name].copy_(value)
