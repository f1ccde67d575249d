"""How many modes a GAN finds on a ring of 8 and a grid of 25 Gaussians: plain, made to collapse, cured; five seeds.

    python benchmarks/collapse.py [--seeds 5] [--only ring-plain,grid-cured]

Plain is algorithm 1 of Goodfellow et al. (2014) with the loss of equation (36), Adam's default moments and a rate of
0.005. To collapse, G learns twenty times as fast as D. Cured is the non-saturating loss at a rate of 0.002 with the
gradient penalty R1 and an averaged G.
"""

import argparse
import time
from dataclasses import replace

import torch

from deepgen.adversarial_training import AdversarialTraining
from deepgen.gan import GAN, GANConfig
from deepgen.metrics import coverage, jensen_shannon_2d
from deepgen.mixtures import grid, ring
from deepgen.training import fit

SMALL = GANConfig(2, 2, (32, 32), (32, 32), batch_norm=False, output="linear")
LARGE = GANConfig(2, 2, (64, 64), (128, 128), batch_norm=False, output="linear")
PLAIN = AdversarialTraining(
    num_epochs=1, batch_size=64, learning_rate=5e-3, beta1=0.9, loss="saturating", averaging=0.0, particles_every=10**9
)
CURED = replace(PLAIN, learning_rate=2e-3, beta1=0.5, loss="non-saturating", r1=0.5, averaging=0.995)
FAST = replace(PLAIN, beta1=0.5, loss="non-saturating", learning_rate=1e-2, discriminator_learning_rate=5e-4)
GRID = replace(CURED, batch_size=128, r1=0.1, averaging=0.998, decay=True)

RUNS = {  # name: world, architecture, trainer, updates
    "ring-plain": (ring(), SMALL, PLAIN, 3000),
    "ring-fast-generator": (ring(), SMALL, FAST, 3000),
    "ring-cured": (ring(), SMALL, CURED, 4000),
    "grid-plain": (grid(), LARGE, PLAIN, 3000),
    "grid-cured": (grid(), LARGE, GRID, 10_000),
}


def play(name: str, seed: int) -> tuple[int, float, float]:
    """Modes covered by 2500 samples, share of high quality, JS divergence."""
    world, config, trainer, updates = RUNS[name]
    rng = torch.Generator().manual_seed(seed)
    gan = GAN(config, rng=rng)
    fit(trainer, gan, world.sample(updates * trainer.batch_size, rng=rng), rng=rng)
    found = coverage(gan.sample(2500, rng=rng), world)
    return found.modes, found.high_quality, jensen_shannon_2d(gan, world)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default=",".join(RUNS), help="names of runs, separated by commas")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'':22}{'modes of each seed':28}{'of':>4}{'high quality':>14}{'JS, nats':>10}{'seconds':>9}")
    for name in arguments.only.split(","):
        began = time.perf_counter()
        modes, quality, divergence = zip(*(play(name, seed) for seed in range(arguments.seeds)), strict=True)
        seconds = (time.perf_counter() - began) / arguments.seeds
        mean = [sum(column) / len(column) for column in (quality, divergence)]
        found = " ".join(map(str, modes))
        print(f"{name:22}{found:28}{RUNS[name][0].num_modes:4}{mean[0]:14.2f}{mean[1]:10.3f}{seconds:9.1f}", flush=True)
