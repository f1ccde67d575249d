"""Contrastive divergence (Hinton 2002) and its persistent form (Tieleman 2008) for restricted Boltzmann machines.

The gradient of log p(v) is the difference of two expectations of -dE/dtheta: under the data, and under the model (equation
7). CD-k follows k sweeps of Gibbs sampling from the data to stand for the second, PCD keeps chains that never restart.
"""

import copy
import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .likelihood import pseudo_log_likelihood_estimate
from .rbm import RBM
from .training import Diverged, TrainStep, minibatches


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
    """E[-dE/dtheta] for every parameter, over the rows of ``visible`` (weighted, if asked) and over p(h | v) in closed form.

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
    mean = data.mean(0).to(W.dtype)
    if model.config.visible == "bernoulli":
        # a pixel that is never on must be allowed a finite bias: as if every pixel had once been on and once off
        mean = (mean * len(data) + 1) / (len(data) + 2)
        model.visible.bias.copy_(torch.logit(mean))
    else:
        model.visible.bias.copy_(mean)
        if model.config.learn_variance:
            model.visible.log_sigma.copy_(data.std(0).clamp(min=0.1).log())


@dataclass(frozen=True)
class ContrastiveDivergence:
    """CD-k (``persistent=False``) and PCD-k, with centred gradient (Montavon & Mueller 2012; Melchior et al. 2016).

    ``learning_rate`` falls linearly to zero, stays constant, or falls as 1/t to an eleventh. Over the last
    ``average_last`` of the updates the chains take ``final_gibbs_steps`` sweeps (default: ``gibbs_steps``), and the model
    is left with the mean of the weights of that time. ``precision`` is that of the matrix products; the weights
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
            raise ValueError(f"final_gibbs_steps is at least 1, or None for gibbs_steps, got {self.final_gibbs_steps!r}")
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
        """One TrainStep per update; ``held_out`` examples are never learnt from, only measured."""
        check_data(model, data)
        trainer, batch_size = self, min(self.batch_size, len(data))
        updates_per_epoch = len(data) // batch_size
        num_steps = self.num_epochs * updates_per_epoch
        measure_every = max(20, updates_per_epoch // 10)
        averaged, num_averaged, last_finite = copy.deepcopy(model.state_dict()), 0, copy.deepcopy(model.state_dict())
        measure = Measurement(model, data, held_out, rng=rng)
        phases, step = Phases(trainer, model, data, batch_size, rng=rng), 0
        for epoch in range(self.num_epochs):
            for batch in minibatches(data, batch_size, rng=rng):
                progress = step / num_steps
                late = progress >= 1 - trainer.average_last
                sweeps = (late and trainer.final_gibbs_steps) or trainer.gibbs_steps
                phases.update(trainer, batch, trainer.rate(progress), sweeps)
                step += 1
                if not math.isfinite(float(model.hidden.bias.sum() + model.visible.bias.sum())):
                    model.load_state_dict(last_finite)
                    raise Diverged(
                        f"training diverged at update {step}: a parameter is no longer a finite number. The last finite "
                        f"weights were kept; try a learning rate below {trainer.learning_rate:g}"
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
    if not bool(data.isfinite().all()):
        raise ValueError("data contain numbers that are not finite; remove or replace them before training")
    if model.config.visible == "bernoulli" and (data.min() < 0 or data.max() > 1):
        raise ValueError(
            f"binary visible units take intensities in [0, 1], got values from {data.min():g} to {data.max():g}: "
            "rescale the data, or use Gaussian visible units on standardised pixels"
        )


class Measurement:
    """How well the model does on fixed examples: always the same ones and the same units, so that curves are smooth."""

    def __init__(self, model: RBM, data: Tensor, held_out: Tensor | None, *, rng: torch.Generator, num_examples: int = 500):
        self.model, self.examples = model, {}
        self.seed = int(torch.randint(2**62, (1,), generator=rng))
        for prefix, source in (("", data), ("held_out_", held_out)):
            if source is not None and len(source):
                check_data(model, source)
                chosen = source[torch.randperm(len(source), generator=rng)[:num_examples]]
                if model.config.visible == "bernoulli":
                    chosen = torch.bernoulli(chosen, generator=rng)
                self.examples[prefix] = chosen.to(model.W.dtype)

    def __call__(self) -> dict[str, float]:
        metrics = {}
        for prefix, v in self.examples.items():
            rng = torch.Generator().manual_seed(self.seed)
            if self.model.config.visible == "bernoulli":
                estimate = pseudo_log_likelihood_estimate(self.model, v, rng=rng)
                metrics[prefix + "pseudo_log_likelihood"] = float(estimate.mean())
            reconstruction = self.model.mean_visible(self.model.sample_hidden(v, rng=rng))
            metrics[prefix + "reconstruction_error"] = float((reconstruction - v).square().mean())
        return metrics


def assign(target: dict[str, Tensor], source: dict[str, Tensor]) -> None:
    for name, value in source.items():
        target[name].copy_(value)


class Phases:
    """Both phases of the gradient, in buffers that are made once.

    Positive and negative rows lie in one tensor, so that one product serves both on the way up, and one gives the gradient.
    """

    def __init__(self, trainer, model: RBM, data: Tensor, batch_size: int, *, rng: torch.Generator):
        self.made_for, self.model = trainer, model
        num_chains = trainer.num_chains if trainer.persistent else batch_size
        nv, nh, dtype = model.config.num_visible, model.config.num_hidden, model.W.dtype
        self.compute = torch.bfloat16 if trainer.precision == "bfloat16" else dtype
        # numpy's generator is three times as fast as torch's, and random numbers are a third of the work
        self.random = np.random.Generator(np.random.SFC64(int(torch.randint(2**62, (1,), generator=rng))))
        self.binary, self.B, self.N = model.config.visible == "bernoulli", batch_size, num_chains
        self.num_labels = getattr(model.visible, "num_labels", 0)  # the top pair of a DBN: one of its last units is on
        rows = batch_size + num_chains
        self.v = torch.zeros(rows + 2, nv, dtype=self.compute)  # data, chains, and two rows for the offsets
        self.p = torch.zeros(rows + 2, nh, dtype=self.compute)
        self.h = torch.zeros(num_chains, nh, dtype=self.compute)
        self.v_wide, self.h_wide = torch.zeros(rows, nv, dtype=dtype), torch.zeros(rows, nh, dtype=dtype)
        self.noise = {n: torch.empty(rows * n, dtype=dtype) for n in (nv, nh)}
        self.W = model.W if self.compute == dtype else model.W.to(self.compute)
        self.dW = torch.empty(nv, nh, dtype=self.compute)
        self.velocity = [torch.zeros_like(x) for x in (model.W, model.visible.bias, model.hidden.bias)]
        self.data_mean = data.mean(0).to(dtype)
        self.hidden_mean = model.mean_hidden(data[:1000].to(dtype)).mean(0)
        chosen = torch.randint(len(data), (num_chains,), generator=rng)
        self.set_visible(slice(batch_size, rows), data[chosen].to(dtype))
        self.up(slice(batch_size, rows))
        self.sample_hidden()

    def outdated_by(self, trainer) -> bool:
        fixed = ("persistent", "num_chains", "precision")
        return any(getattr(trainer, name) != getattr(self.made_for, name) for name in fixed)

    def uniform(self, shape: torch.Size) -> Tensor:
        out = self.noise[shape[1]][: shape.numel()]
        self.random.random(out=out.numpy(), dtype=out.numpy().dtype)
        return out.view(shape)

    def set_visible(self, rows: slice, values: Tensor) -> None:
        """Put data into the buffers: a fresh binary draw of every intensity, or real values in units of sigma."""
        if self.binary:
            torch.lt(self.uniform(values.shape), values, out=self.v_wide[rows])
        else:
            self.v_wide[rows] = values / self.model.visible.log_sigma.exp()
        self.v[rows] = self.v_wide[rows]

    def up(self, rows: slice) -> None:
        """p(h = 1 | v) of these rows, into ``h_wide``."""
        torch.mm(self.v[rows], self.W, out=self.p[rows])
        torch.add(self.p[rows], self.model.hidden.bias, out=self.h_wide[rows]).sigmoid_()

    def sample_hidden(self, rows: slice | None = None) -> None:
        """Hidden states of the chains, drawn from the means of ``rows`` (default: their own)."""
        mean = self.h_wide[self.B :] if rows is None else self.h_wide[rows]
        self.h.copy_(torch.lt(self.uniform(mean.shape), mean))

    def sample_visible(self) -> None:
        """Visible states of the chains given their hidden ones."""
        rows = slice(self.B, self.B + self.N)
        torch.mm(self.h, self.W.T, out=self.v[rows])
        wide, bias = self.v_wide[rows], self.model.visible.bias
        if self.binary:
            torch.add(self.v[rows], bias, out=wide)
            labels = self.draw_labels(wide) if self.num_labels else None
            torch.lt(self.uniform(wide.shape), wide.sigmoid_(), out=wide)
            if labels is not None:
                wide[:, -self.num_labels :] = labels
        else:
            wide.copy_(self.v[rows]).add_(bias / self.model.visible.log_sigma.exp())
            noise = self.noise[wide.shape[1]][: wide.numel()]
            wide.add_(torch.from_numpy(self.random.standard_normal(out=noise.numpy(), dtype=noise.numpy().dtype)).view(wide.shape))
        self.v[rows] = wide

    def update(self, trainer, batch: Tensor, rate: float, sweeps: int) -> None:
        """One update of the model's parameters in place."""
        B, N = self.B, self.N
        positive, negative = slice(0, B), slice(B, B + N)
        self.set_visible(positive, batch)
        if not trainer.persistent:
            self.up(positive)
            self.sample_hidden(positive)
        for sweep in range(sweeps):
            if sweep:
                self.up(negative)
                self.sample_hidden()
            self.sample_visible()
        self.up(slice(0, B + N))
        if trainer.persistent:
            self.sample_hidden()  # for the next update: saves it one product, one update late
        self.learn(trainer, rate)

    def learn(self, trainer, rate: float) -> None:
        """theta += rate * (positive - negative), centred: offsets of both layers are taken from v and h first."""
        B, N, model = self.B, self.N, self.model
        v, p = self.v_wide, self.h_wide
        dv, hidden_mean = v[:B].mean(0) - v[B:].mean(0), p[:B].mean(0)
        dh = hidden_mean - p[B:].mean(0)
        log_sigma = self.log_sigma_gradient() if not self.binary and model.config.learn_variance else None
        p[B:] *= -B / N
        self.p[: B + N] = p
        if trainer.centered:
            # sum (v - m)(h - l)^T = sum v h^T - m (sum dh)^T - (sum dv) l^T: two more rows of the same product
            self.hidden_mean.lerp_(hidden_mean, 0.01)
            m, l = self.data_mean, self.hidden_mean
            if not self.binary:
                m = m / model.visible.log_sigma.exp()
            self.v[B + N], self.p[B + N] = m, -B * dh
            self.v[B + N + 1], self.p[B + N + 1] = dv, -B * l
        torch.mm(self.v.T, self.p, out=self.dW)
        if trainer.centered:
            dW = self.dW.to(dv.dtype)
            dv, dh = dv - dW @ l / B, dh - m @ dW / B
        if not self.binary:
            dv = dv * model.visible.log_sigma.exp()
        steps = (self.dW / B if trainer.momentum else self.dW, dv, dh)
        scale = (1.0 if trainer.momentum else 1 / B, 1.0, 1.0)
        for parameter, velocity, change, s in zip(
            (model.W, model.visible.bias, model.hidden.bias), self.velocity, steps, scale, strict=True
        ):
            if trainer.weight_decay and parameter is model.W:
                parameter.mul_(1 - rate * trainer.weight_decay)
            if trainer.momentum:
                change = velocity.mul_(trainer.momentum).add_(change)
            parameter.add_(change, alpha=rate * s)
        if log_sigma is not None:
            model.visible.log_sigma.add_(log_sigma, alpha=0.1 * rate).clamp_(-3, 3)
        if self.W is not model.W:
            self.W.copy_(model.W)

    def draw_labels(self, inputs: Tensor) -> Tensor:
        """One of the label units for each row, given their total input: the largest after adding Gumbel noise."""
        logits = inputs[:, -self.num_labels :]
        noise = torch.from_numpy(self.random.gumbel(size=logits.shape)).to(logits.dtype)
        return torch.zeros_like(logits).scatter_(1, (logits + noise).argmax(1, keepdim=True), 1.0)

    def log_sigma_gradient(self) -> Tensor:
        """Positive minus negative expectation of (v - b)^2 / sigma^2 - v . (W h) / sigma; (num_visible,)."""
        B, N = self.B, self.N
        x, inputs = self.v_wide, self.h_wide.to(self.compute) @ self.W.T
        terms = (x - self.model.visible.bias / self.model.visible.log_sigma.exp()).square() - x * inputs
        return terms[:B].mean(0) - terms[B : B + N].mean(0)

    def particles(self) -> Tensor:
        """The chains' visible states in data units; (num_chains, num_visible)."""
        visible = self.v_wide[self.B :].clone()
        return visible if self.binary else visible * self.model.visible.log_sigma.exp()
