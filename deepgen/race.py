"""CD-1, CD-10 and PCD-1 from one start on the same batches: who reconstructs best, who models best, who dreams best."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from .chains import Chains, autocorrelation, run_chains
from .contrastive_divergence import ContrastiveDivergence
from .likelihood import Bracket, bracket
from .rbm import RBM, RBMConfig


class Lap(NamedTuple):
    """One contestant after an epoch."""

    epoch: int
    model: RBM  # goes on learning when the race goes on
    reconstruction_error: float  # mean squared, per pixel, of test images
    log_likelihood: Bracket  # of test images, nats
    dreams: Tensor  # means of the chains that all contestants began from the same noise; (num_chains, num_visible)
    autocorrelation: Tensor  # of the dreams' last half; (num_lags + 1,)
    digits_visited: float  # different labels that a chain passes, on average; not a number without ``label``


class Dreams(NamedTuple):
    """Where chains from noise have come, and how they moved there."""

    visible: Tensor  # means; (num_chains, num_visible)
    autocorrelation: Tensor  # (num_lags + 1,)
    digits_visited: float


def contestants(num_epochs: int = 10, **settings) -> dict[str, ContrastiveDivergence]:
    """The three by name, alike in everything but where their chains begin and how far they go."""
    common = {"num_epochs": num_epochs, "batch_size": 100, "num_chains": 100, **settings}
    return {
        "CD-1": ContrastiveDivergence(persistent=False, gibbs_steps=1, **common),
        "CD-10": ContrastiveDivergence(persistent=False, gibbs_steps=10, **common),
        "PCD-1": ContrastiveDivergence(persistent=True, gibbs_steps=1, **common),
    }


def race(
    trainers: Mapping[str, ContrastiveDivergence],
    config: RBMConfig,
    data: Tensor,
    test: Tensor,
    *,
    seed: int,
    label: Callable[[Tensor], Tensor] | None = None,
    num_sweeps: int = 500,
    **effort,
) -> Iterator[dict[str, Lap]]:
    """Epoch by epoch, a lap for every contestant.

    ``label`` names the digit of every image, ``effort`` goes to ``bracket``. The same seed gives the same first weights
    and the same batches to all that have the same batch size and number of chains; the dreams of all begin at the same
    noise and use the same random numbers.
    """
    models = {name: RBM(config) for name in trainers}
    runs = {
        name: trainer.steps(models[name], data, rng=torch.Generator().manual_seed(seed))
        for name, trainer in trainers.items()
    }
    for epoch in range(1, max(trainer.num_epochs for trainer in trainers.values()) + 1):
        laps = {}
        for name, trainer in trainers.items():
            for _ in islice(runs[name], len(data) // min(trainer.batch_size, len(data))):
                pass
            laps[name] = measure(models[name], epoch, data, test, label=label, num_sweeps=num_sweeps, **effort)
        yield laps


@torch.no_grad()
def measure(model: RBM, epoch: int, data: Tensor, test: Tensor, *, label=None, num_sweeps: int = 500, **effort) -> Lap:
    """Everything there is to say about a contestant, with the same random numbers for all."""
    rng = torch.Generator().manual_seed(epoch)
    shown = test[:1000]
    reconstruction = model.mean_visible(model.sample_hidden(shown, rng=rng))
    likelihood = bracket(model, test, data=data, rng=rng, **effort)
    seen = dream(model, num_sweeps, label=label, rng=torch.Generator().manual_seed(0))
    return Lap(epoch, model, float((reconstruction - shown).square().mean()), likelihood, *seen)


@torch.no_grad()
def dream(
    model: RBM, num_sweeps: int, *, num_chains: int = 36, num_lags: int = 50, label=None, rng: torch.Generator
) -> Dreams:
    """Chains from noise; the first half of the sweeps is for arriving, of the second every fifth sweep is kept."""
    noise = torch.rand(num_chains, model.config.num_visible, generator=rng).round()
    start = Chains((noise, noise.new_zeros(num_chains, model.config.num_hidden)))
    history = []
    for sweep, chains in enumerate(islice(run_chains(model, start, rng=rng), num_sweeps)):
        if sweep >= num_sweeps // 2 and sweep % 5 == 0:
            history.append(model.mean_visible(chains.layers[1]))
    seen = torch.stack(history)
    visited = float("nan")
    if label is not None:
        labels = label(seen.flatten(0, 1)).view(len(seen), num_chains)
        visited = sum(len(chain.unique()) for chain in labels.T) / num_chains
    return Dreams(seen[-1], autocorrelation(seen, min(num_lags, len(seen) - 1)), visited)
