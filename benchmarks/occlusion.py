"""Half a test digit is held, the rest is dreamt: how often does the classifier read the completed picture as what it was?

    python -m benchmarks.occlusion --out pretrained/occlusion-mnist.json

One chain for each of the first test digits. The DBM and the RBM sample p(rest | held) by Gibbs sweeps, from fair coins. A
DBN has no such sampler: it rises once by its recognition weights, dreams on in its top pair and falls ("once"), or puts
the held pixels back and rises again in every sweep ("again"), a habit that samples no distribution that the model knows.
"""

import argparse
import json
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from deepgen import checkpoint, datasets
from deepgen.chains import Chains, Clamp, run_chains

PRETRAINED = Path(__file__).parents[1] / "pretrained"
MACHINES = {"dbm": "dbm-mnist", "rbm": "rbm-mnist", "dbn again": "dbn-mnist", "dbn once": "dbn-mnist"}
ROW, COLUMN = torch.arange(784) // 28, torch.arange(784) % 28
HALVES = {"top": ROW < 14, "bottom": ROW >= 14, "left": COLUMN < 14, "right": COLUMN >= 14}


def boltzmann(model, start: Tensor, clamp: Clamp, *, rng: torch.Generator):
    """Sweep after sweep the means of all pixels, the held ones in their places."""
    chains = Chains((start, *model.init_chains(len(start), rng=rng).layers[1:]))
    for chains in run_chains(model, chains, rng=rng, clamp=clamp):
        mean = model.mean_visible(chains.layers[1]) if model.family == "rbm" else model.mean(0, chains.layers)
        yield clamp.apply(mean)


def believing(dbn, start: Tensor, clamp: Clamp, *, again: bool, rng: torch.Generator):
    """The same of a DBN, which rises once or again in every sweep; what it rose to once, it may forget."""
    v, top = start, torch.zeros(len(start), dbn.config.layer_sizes[-1])
    chains = Chains((dbn.up_pass(v, rng=rng)[-1], top))
    while True:
        if again:
            chains = Chains((dbn.up_pass(torch.bernoulli(v, generator=rng), rng=rng)[-1], chains.layers[1]))
        chains = dbn.top.gibbs_step(chains, rng=rng)
        fallen = dbn.down_pass(chains.layers[0], rng=rng)[0]
        v = clamp.apply(fallen)
        yield v if again else fallen


@torch.no_grad()
def measure(num_examples: int, sweeps: list[int], *, seed: int = 1) -> dict:
    """Shares of pictures that are read as the true digit: for each half, each machine, after each number of sweeps."""
    judge, _ = checkpoint.load(PRETRAINED / "classifier-mnist.safetensors")
    models = {file: checkpoint.load(PRETRAINED / f"{file}.safetensors")[0] for file in set(MACHINES.values())}
    test = datasets.load("mnist", "test")
    pictures, labels = (test.images[:num_examples] > 0.5).float(), test.labels[:num_examples]

    def read(x: Tensor) -> float:
        return round((judge.logits(x).argmax(1) == labels).float().mean().item(), 4)

    halves = {}
    for half, held in HALVES.items():
        halves[half] = {"blank": read(torch.where(held, pictures, torch.zeros(())))}
        for machine, file in MACHINES.items():
            rng = torch.Generator().manual_seed(seed)
            start = torch.where(held, pictures, torch.bernoulli(torch.full_like(pictures, 0.5), generator=rng))
            clamp, options = Clamp(held, pictures), {"again": machine == "dbn again"} if "dbn" in machine else {}
            dream = (believing if options else boltzmann)(models[file], start, clamp, rng=rng, **options)
            dreams = enumerate(islice(dream, max(sweeps)), 1)
            halves[half][machine] = [read(v) for sweep, v in dreams if sweep in sweeps]
            print(half, machine, halves[half][machine], flush=True)
    return {"num_examples": num_examples, "seed": seed, "sweeps": sweeps, "whole": read(pictures), "halves": halves}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num-examples", type=int, default=500)
    parser.add_argument("--sweeps", type=int, nargs="+", default=[1, 3, 10, 30, 100, 300])
    options = parser.parse_args()
    result = measure(options.num_examples, options.sweeps)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
