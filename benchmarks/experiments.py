"""The paper's four experiments (sections 2.4, 3.3, 5.2 and 6.3), as its notebook has them and as they should be.

    python -m benchmarks.experiments [--out pretrained] [--only corrected]

Trains the notebook's four models again and measures them with the very functions that made the cards of pretrained/;
beside each stands the file of pretrained/ that does the same experiment right. With --out it writes experiments.json (all
figures) and experiments/FAMILY-SIDE.png (rows of ten pictures), which the page about the paper shows. --only corrected
leaves the trainings out and measures the files anew, for when one of them was made again.

What is rebuilt of the notebook's RBM: weights and biases uniform in (0, 1), one sweep from the data, probabilities
handed on where samples belong, the outer product of batch means in the place of the mean of outer products. Batch, rate
and passes are not on our record of it: those here are ours. Its DBN is three such machines, each trained on the
probabilities of the one below. The VAE is that of `benchmarks.mismatched_kl`, the GAN that of `benchmarks.notebook_gan`.
"""

import argparse
import hashlib
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import mismatched_kl, notebook_gan
from deepgen import checkpoint, datasets, evaluation
from deepgen.annealing import base_rates
from deepgen.dbn import DBN, DBNConfig
from deepgen.evaluation import PRETRAINED
from deepgen.gan import GAN, GANConfig
from deepgen.metrics import score_images
from deepgen.rbm import RBM, RBMConfig
from deepgen.training import minibatches
from deepgen.vae import VAE, VAEConfig

FILES = {  # family: the files that may stand for the corrected experiment; the first that is there does
    "rbm": ("rbm-1000-mnist",),
    "dbn": ("dbn-paper-mnist", "dbn-mnist"),
    "vae": ("vae-paper-mnist",),
    "gan": ("gan-mnist",),
}
BATCH, RATE = 100, 0.1
RBM_EPOCHS, VAE_EPOCHS, GAN_EPOCHS = 5, 10, 20  # the first of every RBM, those of the stack too
NUM_SAMPLES, NUM_SWEEPS = 1000, 500  # that the classifier judges; of Gibbs sampling for each


@torch.no_grad()
def train_rbm(rbm: RBM, data: Tensor, *, num_epochs: int, rng: torch.Generator) -> None:
    """The notebook's contrastive divergence."""
    for parameter in rbm.parameters():
        parameter.copy_(torch.rand(parameter.shape, generator=rng))
    for _ in range(num_epochs):
        for v in minibatches(data, BATCH, rng=rng):
            h = rbm.mean_hidden(v)
            v_1 = rbm.mean_visible(h)
            h_1 = rbm.mean_hidden(v_1)
            rbm.W += RATE * (torch.outer(v.mean(0), h.mean(0)) - torch.outer(v_1.mean(0), h_1.mean(0)))
            rbm.visible.bias += RATE * (v - v_1).mean(0)
            rbm.hidden.bias += RATE * (h - h_1).mean(0)


@torch.no_grad()
def train_dbn(dbn: DBN, data: Tensor, *, num_epochs: int, rng: torch.Generator) -> None:
    """Three of them, one on top of the other."""
    for rbm in dbn.rbms:
        train_rbm(rbm, data, num_epochs=num_epochs, rng=rng)
        data = rbm.mean_hidden(data)


def as_printed(family: str, images: Tensor, *, rng: torch.Generator) -> tuple[torch.nn.Module, dict]:
    """The notebook's model, trained, and what only its own loss can say."""
    loss = {}
    if family == "rbm":
        train_rbm(model := RBM(RBMConfig(784, 1000)), images, num_epochs=RBM_EPOCHS, rng=rng)
    elif family == "dbn":
        train_dbn(model := DBN(DBNConfig((784, 500, 500, 1000))), images, num_epochs=RBM_EPOCHS, rng=rng)
    elif family == "vae":
        model = VAE(VAEConfig(784, (512,), 2))
        mismatched_kl.train_mismatched(model, images, num_epochs=VAE_EPOCHS, rng=rng)
        loss = printed_loss(model, rng=rng)
        for parameter in model.log_var.parameters():  # from here on it is what it samples: log sigma^2 = 2 log sigma
            parameter.data.mul_(2)
    else:
        model = GAN(GANConfig(784, generator_layers=(256, 256, 256)), rng=rng)
        notebook_gan.train(model, images, num_epochs=GAN_EPOCHS, rng=rng)
    return model, loss


@torch.no_grad()
def reconstruct(model, v: Tensor, *, rng: torch.Generator) -> Tensor | None:
    """Up and down once, as the paper's figures show it; a GAN has no way up."""
    if model.family == "rbm":
        return model.mean_visible(model.sample_hidden(v, rng=rng))
    if model.family == "dbn":
        h = model.up_pass(v, rng=rng)[-1]
        return model.down_pass(model.top.mean_visible(model.top.sample_hidden(h, rng=rng)), rng=rng)[0]
    return model.decode(model.encode(v)[0]) if model.family == "vae" else None


@torch.no_grad()
def measure(model, images: Tensor, *, num_samples: int, num_sweeps: int, rng: torch.Generator) -> tuple[dict, Tensor]:
    """What an evaluation leaves open, and rows of ten pictures: data, their reconstructions, two of samples."""
    sweeps = {"num_steps": num_sweeps} if model.family in ("rbm", "dbn") else {}
    samples = model.sample(num_samples, rng=rng, **sweeps)
    figures, shown, rows = judged(samples), images[:10], [samples[:20]]
    if (mirrored := reconstruct(model, torch.bernoulli(shown, generator=rng), rng=rng)) is not None:
        rows = [shown, mirrored, *rows]
        test = datasets.binarised_test("mnist")
        figures["reconstruction_error"] = float((reconstruct(model, test, rng=rng) - test).square().mean())
    return figures, torch.cat(rows)


def judged(samples: Tensor) -> dict[str, float]:
    """Samples as the classifier of the digits sees them."""
    classifier, _ = checkpoint.load(PRETRAINED / "classifier-mnist.safetensors")
    score = score_images(classifier, samples, datasets.load("mnist", "test").images)._asdict()
    return {f"samples_{name}": float(value) for name, value in score.items() if name != "label_shares"}


def without_a_model() -> dict[str, float]:
    """What knowing the mean of every pixel is worth: log p if each were drawn alone (nats an image), error of the mean image."""
    test = datasets.binarised_test("mnist")
    logits = base_rates(RBM(RBMConfig(784, 1)), datasets.load("mnist").images)
    log_p = (test * logits - torch.nn.functional.softplus(logits)).sum(1).double().mean()
    error = (test - logits.sigmoid()).square().double().mean()
    return {"independent_pixels": float(log_p), "mean_image_error": float(error)}


def corrected_file(family: str) -> str:
    """The file of pretrained/ that does this experiment right."""
    return next(name for name in FILES[family] if (PRETRAINED / f"{name}.safetensors").exists())


def tidy(figures: dict) -> dict:
    """Six digits of every finite figure."""
    return {name: float(f"{value:.6g}") if math.isfinite(value) else None for name, value in figures.items()}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", choices=["corrected"])
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    images = datasets.load("mnist").images
    path = arguments.out and arguments.out / "experiments.json"
    found = json.loads(path.read_text()) if arguments.only else {family: {} for family in FILES}
    some = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))[:NUM_SAMPLES]
    found["real"] = tidy(judged(images[some]) | without_a_model())
    for family in FILES:
        for side in ("printed", "corrected")[arguments.only == "corrected" :]:
            rng, began = torch.Generator().manual_seed(1), time.process_time()
            if side == "printed":
                model, loss = as_printed(family, images, rng=rng)
                about = {"seconds": round(time.process_time() - began)}
                metrics = loss | evaluation.evaluate(model, "mnist")
            else:
                file = PRETRAINED / f"{corrected_file(family)}.safetensors"
                model, card = checkpoint.load(file)
                about = {"file": file.stem, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
                about["seconds"], metrics = round(card.seconds), dict(card.metrics)
            figures, pictures = measure(model, images, num_samples=NUM_SAMPLES, num_sweeps=NUM_SWEEPS, rng=rng)
            found[family][side] = {**about, "figures": tidy(metrics | figures)}
            spent = time.process_time() - began
            print(
                f"{family} {side}, {spent:.0f} s of one core, measurements included: {found[family][side]}", flush=True
            )
            if arguments.out:
                (arguments.out / "experiments").mkdir(parents=True, exist_ok=True)
                save_rows(pictures, arguments.out / "experiments" / f"{family}-{side}.png")
                path.write_text(json.dumps(found, indent=1) + "\n")


def save_rows(pictures: Tensor, path: Path) -> None:
    """Pictures (a multiple of ten, 784) in rows of ten, as a PNG of their very pixels, 0 black and 1 white."""
    from PIL import Image

    rows = (pictures.clamp(0, 1) * 255).round().to(torch.uint8).reshape(-1, 10, 28, 28)
    Image.fromarray(rows.transpose(1, 2).reshape(-1, 280).numpy()).save(path, optimize=True)


@torch.no_grad()
def printed_loss(vae: VAE, *, rng: torch.Generator) -> dict[str, float]:
    """What the notebook would print as its loss, and what that loss is with the KL of the posterior that it samples."""
    grey = datasets.load("mnist", "test").images
    reconstruction, printed_kl, true_kl = (term.mean().item() for term in mismatched_kl.terms(vae, grey, rng=rng))
    return {"printed_loss": printed_kl - reconstruction, "true_loss": true_kl - reconstruction}


if __name__ == "__main__":
    main()
