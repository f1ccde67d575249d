"""What the worker that trains a DBM measures now and then: the bound, with log Z from both sides. No streamlit."""

from itertools import islice

import torch

from deepgen import datasets
from deepgen.annealed_dbm import AnnealedDBM
from deepgen.annealing import ais, linear_betas, reverse_ais
from deepgen.chains import Chains, run_chains

NUM_EXAMPLES, NUM_CHAINS, NUM_BETAS, NUM_SWEEPS = 200, 30, 150, 60


@torch.no_grad()
def measure(model, *, data: str, rng: torch.Generator) -> dict[str, float]:
    """The mean-field bound on fresh test images by AIS and by reverse AIS, quick and therefore wide apart."""
    own = torch.Generator().manual_seed(0)  # always the same draws: smooth curves, and the training's stay its own
    test = datasets.binarised_test(data)[:NUM_EXAMPLES]
    path = AnnealedDBM(model, base=datasets.load(data).images.mean(0).clamp(0.01, 0.99).logit(), rng=own)
    *_, forward = ais(path, num_chains=NUM_CHAINS, betas=linear_betas(NUM_BETAS))
    chains = Chains(model.bottom_up(datasets.load(data).images[:NUM_CHAINS]))
    chains = next(islice(run_chains(model, chains, rng=own), NUM_SWEEPS - 1, None))
    *_, backward = reverse_ais(path, path.at(chains), betas=linear_betas(NUM_BETAS))
    bound = model.bound(model.mean_field(test, num_iterations=15)).mean().item()
    return {"bound_ais": bound - forward.estimate.value, "bound_reverse_ais": bound - backward.estimate.value}
