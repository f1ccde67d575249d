"""Markov chains as values: the state of many parallel Gibbs chains, and the iterator that moves them."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor


class Chains(NamedTuple):
    """State of parallel Gibbs chains: one tensor per layer, visible first, each (num_chains, num_units)."""

    layers: tuple[Tensor, ...]


class Clamp(NamedTuple):
    """Visible units held fixed: ``mask`` true where held; both (num_visible,) or (num_chains, num_visible)."""

    mask: Tensor
    values: Tensor

    def apply(self, visible: Tensor) -> Tensor:
        """``visible`` with the held units put back to their values."""
        return torch.where(self.mask, self.values, visible)


def run_chains(
    model, chains: Chains, *, rng: torch.Generator, beta: float = 1.0, clamp: Clamp | None = None
) -> Iterator[Chains]:
    """Sweep after sweep of block Gibbs sampling, without end; the caller takes as many as it wants."""
    while True:
        chains = model.gibbs_step(chains, rng=rng, beta=beta, clamp=clamp)
        yield chains


def autocorrelation(history: Tensor, num_lags: int) -> Tensor:
    """How alike a chain is to itself some sweeps later; (num_sweeps, num_chains, num_units) -> (num_lags + 1,).

    It begins with 1 at lag 0. Means are taken over all chains together: a chain that never leaves its digit stays
    correlated.
    """
    num_sweeps = len(history)
    if num_lags >= num_sweeps:
        raise ValueError(f"{num_lags} lags need a longer history than {num_sweeps} sweeps")
    x = history - history.mean((0, 1))
    variance = x.square().mean()
    lags = [(x[: num_sweeps - lag] * x[lag:]).mean() / variance for lag in range(num_lags + 1)]
    return torch.stack(lags)
