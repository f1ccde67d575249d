"""Seconds of an epoch of joint training of a DBM, against what the machine's own matrix products would take.

    python benchmarks/dbm.py [--updates 60]

One thread. The limit is the time that the products of an update (mean field, Gibbs sampling, gradient) take by themselves
at the sizes at hand; the share is that time over the measured one. "written plainly" is the same update with the model's
own ``mean_field`` and ``gibbs_step``, as one would write it first.
"""

import argparse
import time
from itertools import islice, pairwise

import torch

from deepgen.dbm import DBM, DBMConfig
from deepgen.variational_pcd import VariationalPCD, gradients

BATCH = 100
UPDATES_PER_EPOCH = 600  # of MNIST


def trained_looking(sizes: tuple[int, ...]) -> DBM:
    """Weights of a usual size: nothing here depends on what they mean."""
    rng = torch.Generator().manual_seed(0)
    model = DBM(DBMConfig(sizes)).requires_grad_(False)
    for weight in model.weights:
        weight.normal_(0, 0.05, generator=rng)
    model.layers[0].bias.fill_(-2.0)
    return model


def seconds_per_update(sizes: tuple[int, ...], trainer: VariationalPCD, num_updates: int) -> float:
    model, rng = trained_looking(sizes), torch.Generator().manual_seed(0)
    data = torch.rand(BATCH * (num_updates + 5), sizes[0], generator=rng).pow(8)  # as dark as MNIST
    steps = trainer.steps(model, data, rng=rng)
    for _ in islice(steps, 5):
        pass
    start = time.process_time()
    for _ in islice(steps, num_updates):
        pass
    return (time.process_time() - start) / num_updates


def seconds_written_plainly(sizes: tuple[int, ...], trainer: VariationalPCD, num_updates: int) -> float:
    model, rng = trained_looking(sizes), torch.Generator().manual_seed(0)
    chains = model.init_chains(trainer.num_chains, rng=rng)
    offsets = [torch.full((size,), 0.1) for size in sizes]
    start = time.process_time()
    for _ in range(num_updates):
        v = torch.bernoulli(torch.rand(BATCH, sizes[0], generator=rng).pow(8), generator=rng)
        positive = model.mean_field(v, num_iterations=trainer.mean_field_iterations)
        for _ in range(trainer.gibbs_steps):
            chains = model.gibbs_step(chains, rng=rng)
        for parameter, gradient in zip(model.weights, gradients(positive, chains.layers, offsets), strict=False):
            parameter.add_(gradient, alpha=1e-3)
    return (time.process_time() - start) / num_updates


def seconds_of_products(sizes: tuple[int, ...], trainer: VariationalPCD) -> float:
    """The matrix products of one update and nothing else."""
    dtype = torch.bfloat16 if trainer.precision == "bfloat16" else torch.float32
    total = 0.0
    for k, (below, above) in enumerate(pairwise(sizes)):
        W = torch.randn(below, above).to(dtype)
        x, y = torch.randn(BATCH, below).to(dtype), torch.randn(BATCH, above).to(dtype)
        xx, yy = torch.randn(2 * BATCH, below).to(dtype), torch.randn(2 * BATCH, above).to(dtype)
        up, down, outer = timed(lambda: x @ W), timed(lambda: y @ W.T), timed(lambda: xx.T @ yy)
        sweeps = trainer.mean_field_iterations if len(sizes) > 2 else 0
        fixed = up if k == 0 else up * (1 + sweeps) + down * sweeps  # the data's share of the first layer is made once
        total += fixed + trainer.gibbs_steps * (up + down) + outer
    return total


def timed(product, repeats: int = 50) -> float:
    for _ in range(5):
        product()
    start = time.process_time()
    for _ in range(repeats):
        product()
    return (time.process_time() - start) / repeats


def report(sizes: tuple[int, ...], trainer: VariationalPCD, num_updates: int) -> None:
    update, limit = seconds_per_update(sizes, trainer, num_updates), seconds_of_products(sizes, trainer)
    print(
        f"{'-'.join(map(str, sizes)):>20}  {trainer.precision:8}  epoch {update * UPDATES_PER_EPOCH:6.1f} s"
        f"  update {update * 1e3:6.1f} ms  products alone {limit * 1e3:6.1f} ms  share {limit / update:4.0%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=60)
    updates = parser.parse_args().updates
    torch.set_num_threads(1)
    book = VariationalPCD(num_epochs=1, gibbs_steps=5, mean_field_iterations=10, num_chains=100)
    quick = VariationalPCD(num_epochs=1, gibbs_steps=5, mean_field_iterations=10, num_chains=100, precision="bfloat16")
    plain = seconds_written_plainly((784, 500, 1000), book, max(5, updates // 4))
    print(f"{'784-500-1000':>20}  float32   epoch {plain * UPDATES_PER_EPOCH:6.1f} s, written plainly")
    print("the book's machine")
    for trainer in (book, quick):
        report((784, 500, 1000), trainer, updates)
    print("wider")
    for width in (125, 250, 1000):
        report((784, width, 2 * width), quick, updates)
    print("deeper")
    for depth in (1, 2, 3, 4):
        report((784, *[500] * depth), quick, updates)


if __name__ == "__main__":
    main()
