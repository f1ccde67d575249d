"""Why inputs are doubled in pretraining, by number: machines so small that their likelihood is a finite sum."""

import math
from typing import NamedTuple

import torch

from .datasets import bars_and_stripes
from .dbm import DBM, DBMConfig
from .doubled_pretraining import DoubledPretraining
from .enumeration import log_marginal, log_partition_exact
from .training import fit
from .variational_pcd import VariationalPCD


class Composition(NamedTuple):
    """Exact mean log-likelihoods of the same data, nats a picture."""

    doubled: float  # pretrained with inputs doubled, then composed
    plain: float  # pretrained as ordinary restricted machines, then composed
    doubled_then_joint: float  # ... and then all layers trained together
    plain_then_joint: float
    best: float  # minus the entropy of the data: no model is better


def double_counting(
    *, seed: int = 0, side: int = 3, hidden: tuple[int, ...] = (8, 6), num_updates: int = 400
) -> Composition:
    """Pretrain a deep machine on bars and stripes with doubled inputs and without, compose, and sum over all states."""
    patterns = bars_and_stripes(side, side).images
    data = patterns.repeat(num_updates // 10, 1)  # ten epochs of the wanted number of updates
    batch = {"num_epochs": 10, "batch_size": len(patterns), "num_chains": 50, "weight_decay": 0.0}
    values = []
    for doubled in (True, False):
        model, rng = DBM(DBMConfig((side * side, *hidden))), torch.Generator().manual_seed(seed)
        fit(DoubledPretraining(learning_rate=0.5, doubled=doubled, **batch), model, data, rng=rng)
        values.append(mean_log_likelihood(model, patterns))
        fit(VariationalPCD(learning_rate=0.1, gibbs_steps=2, **batch), model, data, rng=rng)
        values.append(mean_log_likelihood(model, patterns))
    return Composition(values[0], values[2], values[1], values[3], -math.log(len(patterns)))


def mean_log_likelihood(model: DBM, data: torch.Tensor) -> float:
    """Exact; nats an example."""
    return log_marginal(model, data).mean().item() - log_partition_exact(model)
