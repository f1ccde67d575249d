"""Annealed importance sampling (Neal 2001; Salakhutdinov & Murray 2008) in both directions: log Z from two sides.

A path of distributions p_beta leads from one that is known (beta = 0) to the model (beta = 1). Chains that walk it
collect weights whose mean is a ratio of partition functions. Forward, log Z is underestimated in expectation; backward,
from samples of the model, it is overestimated. Both are iterators, so that one can watch.

A path has four methods: ``log_partition_start()``, ``start(num_chains) -> state``, ``log_unnormalised(state, beta)
-> (num_chains,)`` and ``step(state, beta) -> state``, which leaves p_beta as it is. A state is a tuple of tensors that
begins with the visible units.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from .noise import Noise


class Estimate(NamedTuple):
    """An estimate of a log partition function."""

    value: float  # nats
    std_error: float  # of ``value``, from the spread of the weights
    effective_sample_size: float  # how many of the chains the estimate really rests on


class AnnealingStep(NamedTuple):
    """Where the chains are on their way, and what they say up to here."""

    step: int
    num_steps: int
    beta: float
    estimate: (
        Estimate  # of log Z of p_beta (forward), of the model's against p_beta's (reverse); the last one is the answer
    )
    particles: Tensor  # visible states; (num_chains, num_visible)


def linear_betas(num_betas: int) -> list[float]:
    """From 0 to 1 in equal steps."""
    if num_betas < 2:
        raise ValueError(f"annealing takes at least the two inverse temperatures 0 and 1, got {num_betas}")
    return torch.linspace(0, 1, num_betas, dtype=torch.float64).tolist()


def base_rates(model, data: Tensor) -> Tensor:
    """Visible biases under which independent units have the means of ``data``; (num_visible,)."""
    mean = data.mean(0).to(model.visible.bias.dtype)
    if model.config.visible != "bernoulli":
        return mean
    # a pixel that is never on gets a finite bias: as if every pixel had once been on and once off
    return torch.logit((mean * len(data) + 1) / (len(data) + 2))


class AnnealedRBM:
    """From independent visible units to an RBM: p_beta has weights beta W, hidden biases beta c and, between the base
    rates and the model's own, visible biases (1 - beta) ``base`` + beta b. Variances of real units are the model's.

    A state is (v, v^T W): the product serves weights and step alike.
    """

    def __init__(self, model, *, base: Tensor | None = None, rng: torch.Generator):
        self.model, self.binary = model, model.config.visible == "bernoulli"
        self.W, self.b, self.c = (x.detach() for x in (model.W, model.visible.bias, model.hidden.bias))
        self.base = self.b if base is None else base.to(self.b)
        self.sigma = torch.ones_like(self.b) if self.binary else model.visible.log_sigma.detach().exp()
        self.noise = Noise(rng=rng, dtype=self.b.dtype)

    def log_partition_start(self) -> float:
        """Independent visible units, and hidden ones that are fair coins."""
        visible = (
            torch.nn.functional.softplus(self.base) if self.binary else (self.sigma * math.sqrt(2 * math.pi)).log()
        )
        return float(visible.double().sum()) + len(self.c) * math.log(2)

    def start(self, num_chains: int) -> tuple[Tensor, Tensor]:
        return self.at(self.sample_visible(self.base / self.sigma, num_chains))

    def at(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """The state with these visible units."""
        v = v.to(self.b)
        return v, (v / self.sigma) @ self.W

    def log_unnormalised(self, state: tuple[Tensor, Tensor], beta: float) -> Tensor:
        """log of the sum over h of p*_beta(v, h); (num_chains,)."""
        v, inputs = state
        hidden = torch.nn.functional.softplus((inputs + self.c).mul_(beta)).sum(-1)
        if self.binary:
            return hidden + v @ torch.lerp(self.base, self.b, beta)
        energies = [0.5 * ((v - bias) / self.sigma).square_().sum(-1) for bias in (self.base, self.b)]
        return hidden - torch.lerp(*energies, beta)

    def step(self, state: tuple[Tensor, Tensor], beta: float) -> tuple[Tensor, Tensor]:
        """One sweep of Gibbs sampling at ``beta``."""
        v, inputs = state
        mean = (inputs + self.c).mul_(beta).sigmoid_()
        h = torch.lt(self.noise.uniform(*mean.shape), mean, out=mean)
        bias = torch.lerp(self.base, self.b, beta) / self.sigma
        return self.at(self.sample_visible((h @ self.W.T).mul_(beta).add_(bias), len(v)))

    def sample_visible(self, inputs: Tensor, num_chains: int) -> Tensor:
        """v from the total input, biases in it, in units of sigma."""
        shape = num_chains, len(self.b)
        if self.binary:
            return torch.lt(self.noise.uniform(*shape), inputs.sigmoid(), out=inputs.new_empty(shape))
        return (self.noise.normal(*shape) + inputs) * self.sigma


@torch.no_grad()
def ais(path, *, num_chains: int, betas: Sequence[float]) -> Iterator[AnnealingStep]:
    """From the known distribution to the model: log Z from below, in expectation."""
    check_betas(betas)
    state, log_partition = path.start(num_chains), path.log_partition_start()
    yield from walk(path, state, list(betas), lambda log_w: estimate(log_w, log_partition))


@torch.no_grad()
def reverse_ais(path, state, *, betas: Sequence[float]) -> Iterator[AnnealingStep]:
    """From samples of the model, ``state``, back to the known distribution: log Z from above if they are fair."""
    check_betas(betas)
    log_partition = path.log_partition_start()

    def inverse(log_w: Tensor) -> Estimate:
        ratio = estimate(log_w, 0.0)
        return ratio._replace(value=log_partition - ratio.value)

    yield from walk(path, state, list(betas)[::-1], inverse)


def walk(path, state, betas: list[float], summarise, *, num_reports: int = 100) -> Iterator[AnnealingStep]:
    """Carry the chains along ``betas``, weights first, then a sweep; about ``num_reports`` of the steps are told."""
    num_steps = len(betas) - 1
    log_w = torch.zeros(len(state[0]), dtype=torch.float64)
    for step, (here, there) in enumerate(pairwise(betas), 1):
        log_w += path.log_unnormalised(state, there) - path.log_unnormalised(state, here)
        if step < num_steps:
            state = path.step(state, there)
        if step % max(1, num_steps // num_reports) == 0 or step == num_steps:
            yield AnnealingStep(step, num_steps, there, summarise(log_w), state[0])


def estimate(log_w: Tensor, log_partition_start: float) -> Estimate:
    """log of the mean weight, its standard error by the delta method, and the effective number of chains."""
    n = len(log_w)
    weights = torch.softmax(log_w, 0)
    spread = float((n * weights).std()) / math.sqrt(n) if n > 1 else math.inf
    value = log_partition_start + float(log_w.logsumexp(0)) - math.log(n)
    return Estimate(value, spread, float(1 / weights.square().sum()))


def check_betas(betas: Sequence[float]) -> None:
    """Inverse temperatures rise from 0 to 1."""
    if len(betas) < 2 or betas[0] != 0 or betas[-1] != 1 or any(a >= b for a, b in pairwise(betas)):
        raise ValueError("betas rise from 0 to 1, both included: linear_betas(1000), say")
