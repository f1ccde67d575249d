"""A classifier that starts from a stack's weights against one that starts from noise: how many labels does it take?

    python -m benchmarks.label_efficiency [--labels 100 1000 60000] [--repeats 3] [--stack dbn-mnist]

The paper's claim for deep belief networks, measured. All networks have the stack's layers and one softmax on top; the
stack itself has seen all 60 000 images, but no label. The one from noise is made of sigmoids, too, and, since nobody
would train deep sigmoids from noise today, another one of rectifiers. All are trained in the same way: Adam,
cross-entropy, the same number of updates, the same examples in the same order. Printed: errors on the 10 000 test
digits, mean and standard deviation over ``--repeats`` choices of the labelled examples.
"""

import argparse
import statistics
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepgen import checkpoint, datasets
from deepgen.dbn import DBN
from deepgen.evaluation import PRETRAINED

STARTS = ("stack", "noise", "rectifiers")
NUM_UPDATES = {100: 300, 1000: 600, 60000: 2400}  # by the number of labels


def network(dbn: DBN, start: str, *, rng: torch.Generator) -> nn.Sequential:
    """The stack's recognition as a network with a softmax on top, with its weights or with noise."""
    layers = []
    for rbm in dbn.rbms:
        num_visible, num_hidden = rbm.W.shape
        layer = nn.Linear(num_visible, num_hidden)
        if start == "stack":
            layer.weight.data.copy_(rbm.W.T)
            layer.bias.data.copy_(rbm.hidden.bias)
        else:
            gain = nn.init.calculate_gain("relu" if start == "rectifiers" else "sigmoid")
            nn.init.xavier_uniform_(layer.weight, gain=gain, generator=rng)
            nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU() if start == "rectifiers" else nn.Sigmoid()]
    head = nn.Linear(dbn.rbms[-1].W.shape[1], 10)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(*layers, head)


def test_error(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of the images whose likeliest label is wrong."""
    with torch.no_grad():
        told = torch.cat([model(chunk).argmax(1) for chunk in images.split(1000)])
    return float((told != labels).double().mean())


def train(model: nn.Module, images: Tensor, labels: Tensor, *, num_updates: int, rng: torch.Generator) -> None:
    """Adam with a learning rate that falls linearly to zero."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 1 / num_updates, num_updates)
    for _ in range(num_updates):
        chosen = torch.randint(len(images), (100,), generator=rng)
        optimiser.zero_grad()
        F.cross_entropy(model(images[chosen]), labels[chosen]).backward()
        optimiser.step()
        schedule.step()


def balanced(labels: Tensor, number: int, *, rng: torch.Generator) -> Tensor:
    """Indices of ``number`` examples, as many of each label; all of them if that many are asked for."""
    if number >= len(labels):
        return torch.arange(len(labels))
    order = torch.randperm(len(labels), generator=rng)
    return torch.cat([order[labels[order] == label][: number // 10] for label in range(10)])


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--labels", type=int, nargs="+", default=[100, 1000, 60000])
    ask.add_argument("--repeats", type=int, default=3)
    ask.add_argument("--stack", default="dbn-mnist", help="a file of pretrained/ that was made without labels")
    args = ask.parse_args()
    torch.set_num_threads(1)
    dbn, _ = checkpoint.load(PRETRAINED / f"{args.stack}.safetensors")
    if dbn.config.num_labels:
        raise SystemExit(f"{args.stack} was trained with labels: choose a stack that has never seen one.")
    data, test = datasets.load("mnist"), datasets.load("mnist", "test")
    print(f"{args.stack}: {'-'.join(map(str, dbn.config.layer_sizes))}-10, errors on the test set in per cent")
    print(f"{'labels':>8} {'from the stack':>16} {'from noise':>16} {'rectifiers':>16} {'seconds each':>14}")
    for number in args.labels:
        errors, seconds = {start: [] for start in STARTS}, time.process_time()
        repeats = 1 if number >= len(data.labels) else args.repeats
        for seed in range(repeats):
            chosen = balanced(data.labels, number, rng=torch.Generator().manual_seed(seed))
            for start in STARTS:
                rng = torch.Generator().manual_seed(100 + seed)
                model = network(dbn, start, rng=rng)
                updates = NUM_UPDATES.get(number, 1000)
                train(model, data.images[chosen], data.labels[chosen], num_updates=updates, rng=rng)
                errors[start].append(100 * test_error(model, test.images, test.labels))
        seconds = (time.process_time() - seconds) / (len(STARTS) * repeats)
        columns = " ".join(f"{spread(errors[start]):>16}" for start in STARTS)
        print(f"{number:>8} {columns} {seconds:>14.0f}", flush=True)


def spread(values: list[float]) -> str:
    """Mean, and the standard deviation if there is one."""
    deviation = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{deviation}"


if __name__ == "__main__":
    main()
