"""What a trained model is worth on the test set, family by family: the numbers that its card shows."""

from pathlib import Path

import torch
from torch import nn

from . import datasets
from .classifier import accuracy
from .marginal import importance_weighted_bound, log_likelihood_quadrature, num_active_latents

PRETRAINED = Path(__file__).parent.parent / "pretrained"


def evaluate(model: nn.Module, data: str, *, seed: int = 0, **effort) -> dict[str, float]:
    """The metrics of ``model`` on the test set of ``data``; ``effort`` goes to the family's own function below."""
    return FAMILIES[model.family](model, data, rng=torch.Generator().manual_seed(seed), **effort)


def evaluate_classifier(model, data: str, *, rng: torch.Generator) -> dict[str, float]:
    """Share of the test images whose likeliest label is the right one."""
    test = datasets.load(data, "test")
    return {"accuracy": accuracy(model, test.images, test.labels)}


@torch.no_grad()
def evaluate_vae(model, data: str, *, rng: torch.Generator, num_samples: int = 200) -> dict[str, float]:
    """The bound on grey pixels, as tutorials print it, and on the one binarisation; log p(x), integrated or bounded."""
    grey, binary = datasets.load(data, "test").images, datasets.binarised_test(data)
    on_grey, on_binary = (model.elbo(x, rng=rng) for x in (grey, binary))
    metrics = {
        "elbo_grey": on_grey.value.mean().item(),
        "kl_grey": on_grey.kl.mean().item(),
        "elbo": on_binary.value.mean().item(),
        "active_latents": num_active_latents(model, grey),
    }
    if model.config.num_latents == 2:
        metrics["log_likelihood"] = log_likelihood_quadrature(model, binary).mean().item()
    else:
        parts = [importance_weighted_bound(model, x, num_samples=num_samples, rng=rng) for x in binary.split(100)]
        metrics["importance_weighted_bound"] = torch.cat(parts).mean().item()
    return metrics


FAMILIES = {"classifier": evaluate_classifier, "vae": evaluate_vae}
