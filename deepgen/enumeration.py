"""Small deep Boltzmann machines summed over all their states: the truth behind bounds and estimates."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from .dbm import DBM
from .likelihood import all_states


@torch.no_grad()
def log_partition_exact(model: DBM) -> float:
    """log Z by enumerating the odd or the even layers, whichever have fewer units, the others summed out; nats."""
    sizes = model.config.layer_sizes
    odd = sum(sizes[1::2]) <= sum(sizes[0::2]) or model.config.visible == "gaussian"
    terms = [-model.free_energy(layers) for layers in _states(model, range(1 if odd else 0, len(sizes), 2))]
    return float(torch.cat(terms).double().logsumexp(0))


@torch.no_grad()
def log_marginal(model: DBM, v: Tensor) -> Tensor:
    """log of the sum of exp(-E) over all hidden states: log p(v) + log Z; (batch, num_visible) -> (batch,), nats."""
    terms = []
    for layers in _states(model, range(1, model.num_layers, 2)):
        batch, states = len(v), len(layers[1])
        paired = [None if x is None else x.repeat(batch, 1) for x in layers]
        paired[0] = v.repeat_interleave(states, 0)
        terms.append(-model.free_energy(paired).view(batch, states))
    return torch.cat(terms, 1).logsumexp(1)


@torch.no_grad()
def posterior(model: DBM, v: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """All hidden states, layers of (states, units), and their probabilities (states,) given one v (num_visible,)."""
    hidden = range(1, model.num_layers)
    chunks = list(_states(model, hidden))
    layers = tuple(torch.cat([chunk[i] for chunk in chunks]) for i in hidden)
    energy = model.energy([v.expand(len(layers[0]), -1), *layers])
    return layers, torch.softmax(-energy, 0)


def _states(model: DBM, chosen: Sequence[int]) -> Iterator[list[Tensor | None]]:
    """Every joint state of the layers ``chosen``, in chunks; None in the place of the other layers."""
    sizes = model.config.layer_sizes
    for states in all_states(sum(sizes[i] for i in chosen), dtype=model.weights[0].dtype):
        parts = iter(states.split([sizes[i] for i in chosen], 1))
        yield [next(parts) if i in chosen else None for i in range(len(sizes))]
