"""What a Boltzmann machine's likelihood is, exactly where that can be had and by pseudo-likelihood where not."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

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
    bits = torch.rand(visible.shape, generator=rng).argsort(1)[:, :num_bits]
    return log_conditionals(model, visible, bits).mean(1) * visible.shape[1]
