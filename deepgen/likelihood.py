"""The likelihood of a Boltzmann machine: exact where that can be had, else between two estimates; pseudo-likelihood."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .annealing import AnnealedRBM, Estimate, ais, base_rates, linear_betas, reverse_ais

MAX_STATES = 2**20


def all_states(num_units: int, *, dtype: torch.dtype = torch.float64, chunk: int = 2**14) -> Iterator[Tensor]:
    """Every binary state of ``num_units`` units, in counting order, in chunks (rows, num_units); at most 2**20."""
    if 2**num_units > MAX_STATES:
        raise ValueError(
            f"{num_units} units have 2**{num_units} states, too many to enumerate (the limit is 2**20); "
            "use log_partition_ais and log_partition_reverse_ais, which bracket the value"
        )
    powers = 2 ** torch.arange(num_units - 1, -1, -1)
    for start in range(0, 2**num_units, chunk):
        yield (torch.arange(start, min(start + chunk, 2**num_units))[:, None] & powers).ne(0).to(dtype)


@torch.no_grad()
def log_partition_exact(model) -> float:
    """log Z of an RBM, by enumerating its smaller side (the hidden one if the visible units are real); nats."""
    binary = model.config.visible == "bernoulli"
    if binary and model.config.num_visible <= model.config.num_hidden:
        terms = [-model.free_energy(v) for v in all_states(model.config.num_visible, dtype=model.W.dtype)]
    else:
        terms = [
            model.visible.log_partition(model.inputs_to_visible(h)) - model.hidden.energy(h)
            for h in all_states(model.config.num_hidden, dtype=model.W.dtype)
        ]
    return float(torch.cat(terms).double().logsumexp(0))


@torch.no_grad()
def log_likelihood(model, visible: Tensor, log_partition: float) -> Tensor:
    """log p(v) of every example given log Z; (batch, num_visible) -> (batch,), nats."""
    return torch.cat([-model.free_energy(v) for v in visible.split(1000)]) - log_partition


@torch.no_grad()
def log_conditionals(model, visible: Tensor, bits: Tensor) -> Tensor:
    """log p(v_i | all other v) for the units ``bits`` (batch, k) of every example; (batch, k), nats."""
    inputs = model.inputs_to_hidden(visible)
    before = model.hidden.log_partition(inputs)
    flips = 1 - 2 * visible.gather(1, bits)  # +1 turns the unit on
    gaps = []
    for i, flip in zip(bits.T, flips.T, strict=True):
        after = model.hidden.log_partition(inputs + flip[:, None] * model.W[i])
        gaps.append(before - after - flip * model.visible.bias[i])  # free energy after minus before
    return F.logsigmoid(torch.stack(gaps, 1))


def pseudo_log_likelihood(model, visible: Tensor) -> Tensor:
    """The sum over *all* units of log p(v_i | all other v), binary units; (batch, num_visible) -> (batch,), nats."""
    everyone = torch.arange(visible.shape[1]).expand(len(visible), -1)
    return log_conditionals(model, visible, everyone).sum(1)


def pseudo_log_likelihood_estimate(model, visible: Tensor, *, num_bits: int = 8, rng: torch.Generator) -> Tensor:
    """Unbiased estimate of the pseudo-log-likelihood from ``num_bits`` units of every example; (batch,), nats."""
    bits = random_bits(visible, num_bits=num_bits, rng=rng)
    return log_conditionals(model, visible, bits).mean(1) * visible.shape[1]


def random_bits(visible: Tensor, *, num_bits: int, rng: torch.Generator) -> Tensor:
    """``num_bits`` different units for every example; (batch, num_bits)."""
    return torch.rand(visible.shape, generator=rng).topk(min(num_bits, visible.shape[1]), dim=1).indices


def log_partition_ais(
    model, *, num_chains: int = 100, betas: Sequence[float] | None = None, base: Tensor | None = None, rng
) -> Estimate:
    """log Z of an RBM by annealed importance sampling, in expectation from below; ``base`` as from ``base_rates``."""
    path = AnnealedRBM(model, base=base, rng=rng)
    return last(ais(path, num_chains=num_chains, betas=betas or linear_betas(1000))).estimate


def log_partition_reverse_ais(
    model, visible: Tensor, *, betas: Sequence[float] | None = None, base: Tensor | None = None, rng
) -> Estimate:
    """log Z of an RBM by annealing its samples ``visible`` back, in expectation from above; with AIS, a bracket."""
    path = AnnealedRBM(model, base=base, rng=rng)
    return last(reverse_ais(path, path.at(visible), betas=betas or linear_betas(1000))).estimate


class Bracket(NamedTuple):
    """Mean log-likelihood of a set of examples between two bounds that hold in expectation; nats per example."""

    lower: float  # by reverse AIS
    upper: float  # by AIS
    ais: Estimate  # of log Z
    reverse_ais: Estimate


@torch.no_grad()
def bracket(
    model, visible: Tensor, *, data: Tensor, num_chains: int = 100, num_betas: int = 5000, burn_in: int = 1000, rng
) -> Bracket:
    """The log-likelihood of ``visible`` under an RBM from both sides; ``data`` (training set) serves as starting point.

    The chains that walk back begin at examples and first take ``burn_in`` sweeps, to be samples of the model.
    """
    betas, base = linear_betas(num_betas), base_rates(model, data)
    if model.config.visible == "gaussian":  # with v summed out, the hidden units are coupled by beta^2 W^T W
        betas = [math.sqrt(beta) for beta in betas]
    forward = log_partition_ais(model, num_chains=num_chains, betas=betas, base=base, rng=rng)
    path = AnnealedRBM(model, base=base, rng=rng)
    chosen = data[torch.randint(len(data), (num_chains,), generator=rng)]
    state = path.at(torch.bernoulli(chosen, generator=rng) if path.binary else chosen)
    for _ in range(burn_in):
        state = path.step(state, 1.0)
    backward = log_partition_reverse_ais(model, state[0], betas=betas, base=base, rng=rng)
    score = float(log_likelihood(model, visible, 0.0).double().mean())
    return Bracket(score - backward.value, score - forward.value, forward, backward)


def last(steps: Iterator):
    """The last of them."""
    return deque(steps, maxlen=1).pop()
