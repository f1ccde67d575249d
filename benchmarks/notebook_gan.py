"""The paper's notebook GAN, run again as it stands, measured beside pretrained/gan-mnist and beside real images.

    python benchmarks/notebook_gan.py [--epochs 20]

As it stands: generator 256-256-256 with batch normalisation and tanh, discriminator 512-256, Adam 2e-4 (0.5, 0.999), no
averaging; and D is shown fakes made with the running statistics of batch normalisation, while G is trained on fakes
made with those of the batch. The notebook itself prints no measure of quality.
"""

import argparse
import time

import torch

from deepgen import checkpoint, datasets
from deepgen.adversarial_training import discriminator_loss, generator_loss
from deepgen.evaluation import PRETRAINED
from deepgen.gan import GAN, GANConfig
from deepgen.metrics import Score, score_images
from deepgen.training import minibatches

BATCH = 64


def train(gan: GAN, data: torch.Tensor, *, num_epochs: int, rng: torch.Generator) -> None:
    """The notebook's loop."""
    G, D = gan.generator, gan.discriminator
    for norm in G.norms:
        norm.momentum, norm.eps = 0.01, 1e-3  # what its library calls 0.99
    G_adam, D_adam = (
        torch.optim.Adam(player.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True) for player in (G, D)
    )
    for _ in range(num_epochs):
        for real in minibatches(data, BATCH, rng=rng):
            with torch.no_grad():
                fake = G.eval()(gan.sample_latents(BATCH, rng=rng))  # running statistics ...
            D_adam.zero_grad()
            discriminator_loss(D(real), D(fake), "non-saturating").backward()
            D_adam.step()
            G_adam.zero_grad()
            generator_loss(
                D(G.train()(gan.sample_latents(BATCH, rng=rng))), "non-saturating"
            ).backward()  # ... of the batch
            G_adam.step()


def line(name: str, score: Score, seconds: float | None = None) -> str:
    """One row of the table."""
    spent = "" if seconds is None else f"{seconds:9.0f}"
    return (
        f"{name:28}{score.modes:6}{score.kl_labels:10.4f}{score.confident:11.3f}"
        f"{score.classifier_score:8.2f}{score.frechet:9.2f}{spent}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(1)
    classifier, _ = checkpoint.load(PRETRAINED / "classifier-mnist.safetensors")
    train_images, reference = datasets.load("mnist").images, datasets.load("mnist", "test").images
    print(f"{'':28}{'modes':>6}{'KL':>10}{'confident':>11}{'score':>8}{'Frechet':>9}{'core s':>9}")
    print(line("real, training images", score_images(classifier, train_images[:10_000], reference)))
    ours, card = checkpoint.load(PRETRAINED / "gan-mnist.safetensors")
    print(line("gan-mnist", score_images(classifier, ours.sample(10_000, rng=rng), reference), card.seconds))
    notebook = GAN(GANConfig(784, generator_layers=(256, 256, 256)), rng=rng)
    began = time.process_time()
    train(notebook, train_images, num_epochs=arguments.epochs, rng=rng)
    seconds = time.process_time() - began
    print(
        line("notebook, as it stands", score_images(classifier, notebook.sample(10_000, rng=rng), reference), seconds)
    )
