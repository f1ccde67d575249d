"""Markov chains as values: the state of many parallel Gibbs chains, and the iterator that moves them."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor


class Chains(NamedTuple):
    """State of parallel Gibbs chains: one tensor per layer, visible first, each (num_chains, num_units)."""

    layers: tuple[Tensor, ...]


class Clamp(NamedTuple):
    """Visible units held fixed. ``mask`` (num_visible,) or (num_chains, num_visible), true where held; ``values`` alike."""

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
