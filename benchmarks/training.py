"""Seconds for an epoch of PCD-1 on MNIST: deepgen, scikit-learn's BernoulliRBM, and the matrix products alone.

    OMP_NUM_THREADS=1 python -m benchmarks.training [--turns 5]        (needs scikit-learn, as nothing else does)

All take turns in one process, so that a busy machine is busy for all; each keeps its fastest turn, in seconds of the
core's own time. The products alone are the five of one update, in as few calls as deepgen makes: the physical limit.
Random numbers are those of one update, drawn alone.
"""

import argparse
import time
from collections.abc import Callable

import torch

from deepgen import datasets
from deepgen.contrastive_divergence import ContrastiveDivergence, initialise
from deepgen.noise import Noise
from deepgen.phases import Phases
from deepgen.rbm import RBM, RBMConfig

NUM_EXAMPLES = 60_000


def fastest(contestants: dict[str, Callable[[], None]], turns: int) -> dict[str, float]:
    """Seconds of the fastest of ``turns`` turns of each."""
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(turns):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - start)
    return best


def products(batch: int, num_visible: int, num_hidden: int, dtype: torch.dtype, count: int) -> Callable[[], None]:
    """The five products of PCD-1: both phases up in one call, the chains down, both phases' gradient in one call."""
    v, h = torch.rand(2 * batch, num_visible).to(dtype), torch.rand(2 * batch, num_hidden).to(dtype)
    W, up, down = torch.randn(num_visible, num_hidden).to(dtype), torch.empty_like(h), torch.empty_like(v[:batch])
    dW = torch.empty_like(W)

    def run():
        for _ in range(count):
            torch.mm(v, W, out=up)
            torch.mm(h[:batch], W.T, out=down)
            torch.mm(v.T, h, out=dW)

    return run


def random_numbers(batch: int, num_visible: int, num_hidden: int, count: int) -> Callable[[], None]:
    """Fresh pixels of the data, visible and hidden states of the chains."""
    noise = Noise(rng=torch.Generator().manual_seed(0))

    def run():
        for _ in range(count):
            noise.uniform(batch, num_visible)
            noise.uniform(batch, num_visible)
            noise.uniform(batch, num_hidden)

    return run


def updates(data: torch.Tensor, batch: int, num_hidden: int, precision: str) -> Callable[[], None]:
    """As many updates as ``data`` has batches, through the trainer's inner loop, with its drawing of batches."""
    rng = torch.Generator().manual_seed(1)
    model = RBM(RBMConfig(data.shape[1], num_hidden))
    initialise(model, data, rng=rng)
    trainer = ContrastiveDivergence(1, batch_size=batch, num_chains=batch, precision=precision)
    phases = Phases(trainer, model, data, batch, rng=rng)

    def run():
        order = torch.randperm(len(data), generator=rng)
        for chosen in order.split(batch):
            phases.update(trainer, data[chosen], 0.01, 1)

    return run


def whole_trainer(data: torch.Tensor, batch: int, num_hidden: int, precision: str) -> Callable[[], None]:
    """An epoch as the user has it: measurements, particles and averaging included."""
    model = RBM(RBMConfig(data.shape[1], num_hidden))
    trainer = ContrastiveDivergence(1, batch_size=batch, num_chains=batch, precision=precision)

    def run():
        for _ in trainer.steps(model, data, rng=torch.Generator().manual_seed(1)):
            pass

    return run


def scikit_learn(data: torch.Tensor, batch: int, num_hidden: int) -> Callable[[], None]:
    from sklearn.neural_network import BernoulliRBM

    binary = torch.bernoulli(data, generator=torch.Generator().manual_seed(0)).numpy()
    return lambda: BernoulliRBM(num_hidden, learning_rate=0.05, batch_size=batch, n_iter=1, random_state=0).fit(binary)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    images = datasets.load("mnist").images

    print("An epoch of 60 000 images, 784 x 500, in seconds (scaled up from a share of it)")
    for batch, count in ((100, 40), (20, 150)):
        data, scale = images[: batch * count], NUM_EXAMPLES / batch / count
        found = fastest(
            {
                "products alone, float32": products(batch, 784, 500, torch.float32, count),
                "products alone, bfloat16": products(batch, 784, 500, torch.bfloat16, count),
                "random numbers alone": random_numbers(batch, 784, 500, count),
                "deepgen, float32": updates(data, batch, 500, "float32"),
                "deepgen, bfloat16": updates(data, batch, 500, "bfloat16"),
                "scikit-learn": scikit_learn(data, batch, 500),
            },
            turns,
        )
        for name, seconds in found.items():
            limit = found["products alone, " + ("bfloat16" if "bfloat16" in name else "float32")]
            print(
                f"  batch {batch:3}  {name:26} {scale * seconds:6.2f} s   {limit / seconds:5.0%} of the products' rate"
                f"   {found['scikit-learn'] / seconds:5.2f} x scikit-learn",
                flush=True,
            )

    print("Growth in the data: the whole trainer, batch 100, bfloat16, one epoch")
    for num_examples in (6_000, 12_000, 24_000):
        seconds = fastest({"": whole_trainer(images[:num_examples], 100, 500, "bfloat16")}, max(1, turns // 2))[""]
        print(
            f"  {num_examples:6} images {seconds:6.2f} s   {1e6 * seconds / num_examples:5.1f} us an image", flush=True
        )

    print("Growth in the hidden units: batch 100, bfloat16, milliseconds an update")
    for num_hidden in (500, 1000, 2000, 4000):
        count = max(5, 10_000 // num_hidden)
        found = fastest(
            {
                "deepgen": updates(images[: 100 * count], 100, num_hidden, "bfloat16"),
                "products": products(100, 784, num_hidden, torch.bfloat16, count),
            },
            max(1, turns // 2),
        )
        ours, limit = (1000 * found[name] / count for name in ("deepgen", "products"))
        print(
            f"  {num_hidden:5} hidden {ours:7.2f} ms, products alone {limit:7.2f} ms: {limit / ours:4.0%}", flush=True
        )


if __name__ == "__main__":
    main()
