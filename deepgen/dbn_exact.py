"""What a small DBN says, by enumeration: log p(v), the bound and its gap, and training without noise.

For the laboratory and the proofs: every sum runs over all states of the hidden layers, a dozen units in each at most.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from .contrastive_divergence import expectations
from .dbn import DBN
from .likelihood import all_states, log_likelihood, log_partition_exact
from .rbm import RBM


class Bound(NamedTuple):
    """Both sides of equation (15) for every example, each (batch,), nats: log_likelihood = bound + gap."""

    log_likelihood: Tensor
    bound: Tensor
    gap: Tensor  # KL(q(h | v) || p(h | v)), computed on its own


def states_of(num_units: int) -> Tensor:
    """All states of that many units; (2 ** num_units, num_units)."""
    return torch.cat(list(all_states(num_units)))


@torch.no_grad()
def bound(dbn: DBN, v: Tensor) -> Bound:
    """Equation (15) for a DBN of two RBMs without labels; v (batch, num_visible)."""
    if len(dbn.layers) != 1 or dbn.config.num_labels:
        raise ValueError("the exact bound is for a DBN of two RBMs without labels")
    rbm, h = dbn.layers[0], states_of(dbn.config.layer_sizes[1]).to(dbn.top.W)
    up = dbn.recognition_inputs(0, v)
    log_q = up @ h.T - rbm.hidden.energy(h) - rbm.hidden.log_partition(up)[:, None]  # (batch, states)
    log_prior = log_likelihood(dbn.top, h, log_partition_exact(dbn.top))
    log_down = rbm.inputs_to_hidden(v) @ h.T - rbm.visible.energy(v)[:, None]
    log_joint = log_down - rbm.visible.log_partition(rbm.inputs_to_visible(h)) + log_prior
    log_p, q = log_joint.logsumexp(1), log_q.exp()
    posterior = log_joint - log_p[:, None]
    return Bound(log_p, (q * (log_joint - log_q)).sum(1), (q * (log_q - posterior)).sum(1))


@torch.no_grad()
def ascend(rbm: RBM, visible: Tensor, weights: Tensor, *, rate: float) -> None:
    """One step up the exact gradient of the mean log-likelihood of the rows of ``visible``, weighted."""
    everything = states_of(rbm.config.num_visible).to(rbm.W)
    model = log_likelihood(rbm, everything, log_partition_exact(rbm)).exp()
    change = expectations(rbm, visible, weights) - expectations(rbm, everything, model)
    rbm.W += rate * change.W
    rbm.visible.bias += rate * change.visible_bias
    rbm.hidden.bias += rate * change.hidden_bias


def fit_bottom(rbm: RBM, data: Tensor, *, num_steps: int, rate: float = 0.5) -> None:
    """Train an RBM on ``data`` without noise."""
    for _ in range(num_steps):
        ascend(rbm, data, torch.full((len(data),), 1 / len(data), dtype=data.dtype), rate=rate)


@torch.no_grad()
def fit_top(dbn: DBN, data: Tensor, *, num_steps: int, rate: float = 0.5) -> Iterator[Bound]:
    """Train the top pair on the average of q(h | v) over ``data`` without noise; the bound before and after each step."""
    h = states_of(dbn.config.layer_sizes[1]).to(dbn.top.W)
    q = (dbn.layers[0].mean_hidden(data)[:, None] - (1 - h)).abs().prod(2).mean(0)
    yield bound(dbn, data)
    for _ in range(num_steps):
        ascend(dbn.top, h, q, rate=rate)
        yield bound(dbn, data)
