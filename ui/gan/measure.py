"""What the worker that trains a GAN measures now and then: what its samples show, how D judges. No streamlit."""

from functools import cache

import torch

from deepgen import checkpoint, datasets
from deepgen.evaluation import PRETRAINED
from deepgen.metrics import classifier_score, kl_divergence
from deepgen.training import Diverged

NUM_SAMPLES = 500
NUM_BINS = 24


@cache
def eyes(data: str):
    """The classifier of a data set and 500 of its test images, on which D is judged too."""
    classifier, _ = checkpoint.load(PRETRAINED / f"classifier-{data}.safetensors")
    return classifier.requires_grad_(False), datasets.load(data, "test").images[:NUM_SAMPLES]


@torch.no_grad()
def measure(model, *, data: str, rng: torch.Generator) -> dict[str, float]:
    """Label shares of 500 samples, what follows from them, and two histograms of D's verdicts."""
    samples = model.sample(NUM_SAMPLES, rng=rng)
    if not torch.isfinite(samples).all():
        raise Diverged("a sample is no longer a number: lower the learning rate")
    found = {}
    if (PRETRAINED / f"classifier-{data}.safetensors").exists():
        probabilities = eyes(data)[0].logits(samples).double().softmax(-1)
        shares = torch.bincount(probabilities.argmax(-1), minlength=10) / len(samples)
        found = {f"label {label}": share for label, share in enumerate(shares.tolist())}
        found["modes"] = float((shares >= 0.01).sum())
        found["kl_labels"] = kl_divergence(shares.double(), torch.full((10,), 0.1, dtype=torch.float64))
        found["classifier_score"] = classifier_score(probabilities)
    real = datasets.load(data, "test").images[:NUM_SAMPLES] if not found else eyes(data)[1]
    for name, x in (("real", real), ("fake", samples)):
        verdicts = torch.sigmoid(model.discriminator(x))
        bins = torch.histc(verdicts, bins=NUM_BINS, min=0, max=1) / len(x)
        found |= {f"{name} {bin}": share for bin, share in enumerate(bins.tolist())}
    return found
