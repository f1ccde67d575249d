"""Core seconds for an epoch of the paper's VAE (784-512-2): deepgen, a plain PyTorch loop, the matrix products alone.

    OMP_NUM_THREADS=1 python -m benchmarks.vae

The plain loop is that of PyTorch's own example (pytorch/examples, vae/main.py) with this network's sizes, its pictures
already in memory. Seconds are the core's own, so that they mean the same on a busy machine; all take turns in one
process, and each keeps its fastest turn.
"""

import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from deepgen import datasets
from deepgen.vae import VAE, VAEConfig
from deepgen.variational_training import VariationalTraining

BATCH, TURNS, SHARE = 128, 4, 12_800  # of the 60 000 images, to be scaled up


class PlainVAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(784, 512), nn.Linear(512, 2), nn.Linear(512, 2)
        self.fc3, self.fc4 = nn.Linear(2, 512), nn.Linear(512, 784)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


def plain_epoch(batches):
    model = PlainVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    train_loss = 0.0
    for data in batches:
        optimizer.zero_grad()
        recon, mu, logvar = model(data)
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        loss = F.binary_cross_entropy(recon, data, reduction="sum") + kl
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
    return train_loss / SHARE


def with_loader(images):
    return plain_epoch(batch for (batch,) in DataLoader(TensorDataset(images), batch_size=BATCH, shuffle=True))


def with_slices(images):
    return plain_epoch(images[torch.randperm(len(images))].split(BATCH))


def deepgen_epoch(images, **options):
    trainer = VariationalTraining(num_epochs=1, batch_size=BATCH, **options)
    for _ in trainer.steps(VAE(VAEConfig(784, (512,), 2)), images, rng=torch.Generator().manual_seed(0)):
        pass


def matrix_products(images, dtype=torch.float32):
    """The five large products of an update: two forward, two for the weights, one back down."""
    x, h, W, V = (torch.randn(s).to(dtype) for s in ((BATCH, 784), (BATCH, 512), (784, 512), (512, 784)))
    for _ in range(len(images) // BATCH):
        x @ W, h @ V, x.T @ h, h.T @ x, x @ V.T


COMPETITORS = {
    "PyTorch's example, DataLoader": with_loader,
    "PyTorch's example, sliced tensor": with_slices,
    "deepgen, grey as there": lambda images: deepgen_epoch(images, binarise=False),
    "deepgen, binarised every batch": deepgen_epoch,
    "deepgen, binarised, bfloat16": lambda images: deepgen_epoch(images, precision="bfloat16"),
    "its matrix products alone": matrix_products,
    "the same in bfloat16": lambda images: matrix_products(images, torch.bfloat16),
}


def main():
    torch.manual_seed(0)
    images = datasets.load("mnist").images[:SHARE]
    seconds = {name: [] for name in COMPETITORS}
    for _ in range(TURNS):
        for name, run in COMPETITORS.items():
            start = time.process_time()
            run(images)
            seconds[name].append((time.process_time() - start) * 60_000 / SHARE)
    best = {name: min(turns) for name, turns in seconds.items()}
    print(f"core seconds for 60 000 images, {torch.get_num_threads()} thread(s); the share of the products' own rate")
    for name, value in best.items():
        print(f"{name:34} {value:6.2f} s {best['its matrix products alone'] / value:7.0%}")


if __name__ == "__main__":
    main()
