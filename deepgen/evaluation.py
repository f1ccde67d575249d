"""What a trained model is worth on the test set, family by family: the numbers that its card shows."""

import inspect
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from . import checkpoint, datasets
from .annealed_dbm import AnnealedDBM
from .annealing import ais, linear_betas, reverse_ais
from .chains import Chains, run_chains
from .classifier import accuracy
from .likelihood import (
    MAX_STATES,
    Bracket,
    bracket,
    log_likelihood,
    log_partition_exact,
    pseudo_log_likelihood_estimate,
)
from .marginal import importance_weighted_bound, log_likelihood_quadrature, num_active_latents
from .metrics import score_images
from .rbm import RBM, RBMConfig

PRETRAINED = Path(__file__).parent.parent / "pretrained"


@torch.no_grad()
def evaluate(model: nn.Module, data: str, *, seed: int = 0, **effort: int) -> dict[str, float]:
    """The metrics of ``model`` on the test set of ``data``; ``effort`` goes to the family's own function below."""
    measure = FAMILIES[model.family]
    if unknown := set(effort) - set(inspect.signature(measure).parameters):
        raise ValueError(f"a {model.family} is evaluated without {', '.join(sorted(unknown))}")
    return measure(model, data, rng=torch.Generator().manual_seed(seed), **effort)


def held_out_images(data: str, visible: str, num_examples: int | None = None) -> Tensor:
    """Test images as the visible units take them: the one binarisation, or standardised as the training set was."""
    if visible == "gaussian":
        statistics = datasets.statistics(datasets.load(data).images)
        return datasets.standardise(datasets.load(data, "test").images, statistics)[:num_examples]
    return datasets.binarised_test(data)[:num_examples]


def training_images(data: str, visible: str) -> Tensor:
    """Training images, standardised for Gaussian units."""
    images = datasets.load(data).images
    return datasets.standardise(images, datasets.statistics(images)) if visible == "gaussian" else images


def evaluate_rbm(
    model, data: str, *, num_betas: int = 4000, num_chains: int = 100, num_examples: int = 10_000, rng: torch.Generator
) -> dict[str, float]:
    """log p(v) between reverse AIS and AIS, or exactly where the smaller side has 20 units or fewer.

    Binary units are measured on the one binarisation, real ones on standardised pixels (a density).
    """
    visible, binary = model.config.visible, model.config.visible == "bernoulli"
    test = held_out_images(data, visible, num_examples)
    if min(model.config.num_hidden, model.config.num_visible if binary else MAX_STATES) <= 20:
        return {"log_likelihood": log_likelihood(model, test, log_partition_exact(model)).mean().item()}
    train = training_images(data, visible)
    found = bracket(model, test, data=train, num_chains=num_chains, num_betas=num_betas, rng=rng)
    metrics = {"log_likelihood_reverse_ais": found.lower, "log_likelihood_ais": found.upper} | reliability(found)
    if binary:
        metrics["pseudo_log_likelihood"] = pseudo_log_likelihood_estimate(model, test, rng=rng).mean().item()
    return metrics


def evaluate_dbn(
    model, data: str, *, num_chains: int = 100, num_betas: int | None = None, num_samples: int = 10, rng: torch.Generator
) -> dict[str, float]:
    """The bound with the top's log Z from both sides; with labels also the share of them recognised rightly.

    Without labels also what importance sampling finds above the bound, on the first 1000 test images.
    """
    visible, num_labels = model.config.visible, model.config.num_labels
    num_betas = num_betas or (1000 if num_labels else 5000)  # with labels ten machines are measured
    train, test = training_images(data, visible), held_out_images(data, visible)
    train = torch.bernoulli(train, generator=rng) if visible == "bernoulli" else train
    hidden = model.up_pass(train, rng=rng)[-1]
    labels = datasets.load(data).labels
    found = [
        bracket(
            rbm,
            hidden[:1],
            data=hidden if label is None else hidden[labels == label],
            num_chains=max(num_chains // max(num_labels, 1), 2),
            num_betas=num_betas,
            rng=rng,
        )
        for label, rbm in top_by_label(model)
    ]
    bias = model.top.visible.bias[-num_labels:].double() if num_labels else torch.zeros(1, dtype=torch.float64)
    sides = torch.tensor([[b.ais.value, b.reverse_ais.value] for b in found], dtype=torch.float64)
    log_partition, log_partition_reverse = (sides + bias[:, None]).logsumexp(0).tolist()
    bound = float(model.log_likelihood_bound(test, 0.0, num_samples=num_samples, rng=rng).double().mean())
    metrics = {"bound_ais": bound - log_partition, "bound_reverse_ais": bound - log_partition_reverse}
    if num_labels:
        images = datasets.load(data, "test")
        metrics["accuracy"] = float(model.classify(images.images).argmax(1).eq(images.labels).double().mean())
        return metrics
    estimate = model.log_likelihood_estimate(test[:1000], log_partition, num_samples=100, rng=rng).double().mean()
    above = estimate - model.log_likelihood_bound(test[:1000], log_partition, num_samples=100, rng=rng).double().mean()
    metrics["importance_estimate_above_bound"] = float(above)
    return metrics | reliability(found[0])


def top_by_label(model) -> Iterator[tuple[int | None, RBM]]:
    """The top pair as plain RBMs whose Z add up to its own: one for each label held on, but for that label's bias."""
    num_below, num_labels = model.config.layer_sizes[-2], model.config.num_labels
    if not num_labels:
        yield None, model.top
    for label in range(num_labels):
        rbm = RBM(RBMConfig(num_below, model.config.layer_sizes[-1])).to(model.top.W.dtype)
        rbm.W.copy_(model.top.W[:num_below])
        rbm.visible.bias.copy_(model.top.visible.bias[:num_below])
        rbm.hidden.bias.copy_(model.top.hidden.bias + model.top.W[num_below + label])
        yield label, rbm


def reliability(both: Bracket) -> dict[str, float]:
    """How much the two estimates of log Z are to be trusted."""
    return {
        "effective_sample_size": both.ais.effective_sample_size,
        "effective_sample_size_reverse": both.reverse_ais.effective_sample_size,
        "log_partition_std_error": both.ais.std_error,
    }


def evaluate_vae(
    model, data: str, *, num_examples: int = 10_000, num_samples: int = 100, rng: torch.Generator
) -> dict[str, float]:
    """The bound, the bound from ``num_samples`` importance samples, and for two latents the integral itself."""
    x = held_out_images(data, model.config.visible, num_examples)
    elbo = model.elbo(x, rng=rng)
    metrics = {"elbo": elbo.value.mean(), "kl": elbo.kl.mean()}
    if model.config.visible == "bernoulli":
        grey = datasets.load(data, "test").images[:num_examples]
        metrics["elbo_of_grey_values"] = model.elbo(grey, rng=rng).value.mean()
    bounds = [importance_weighted_bound(model, chunk, num_samples=num_samples, rng=rng) for chunk in x.split(500)]
    metrics[f"importance_weighted_bound_{num_samples}"] = torch.cat(bounds).mean()
    if model.config.num_latents == 2:
        metrics["log_likelihood"] = log_likelihood_quadrature(model, x).mean()
    metrics["active_latents"] = num_active_latents(model, x)
    return {name: float(value) for name, value in metrics.items()}


def evaluate_gan(model, data: str, *, num_samples: int = 10_000, rng: torch.Generator) -> dict[str, float]:
    """Samples as the pretrained classifier of the data sees them, against the test images; real ones beside them."""
    classifier, _ = checkpoint.load(PRETRAINED / f"classifier-{data}.safetensors")
    train, test = datasets.load(data).images, datasets.load(data, "test").images
    score = score_images(classifier, model.sample(num_samples, rng=rng), test)
    real = score_images(classifier, train[torch.randperm(len(train), generator=rng)[:num_samples]], test)
    metrics = score._asdict() | {f"{name}_of_real_images": value for name, value in real._asdict().items()}
    return {name: float(value) for name, value in metrics.items() if "label_shares" not in name}


def evaluate_classifier(model, data: str, *, rng: torch.Generator) -> dict[str, float]:
    """Share of the test images whose likeliest label is the right one."""
    test = datasets.load(data, "test")
    return {"accuracy": accuracy(model, test.images, test.labels)}


@torch.no_grad()
def evaluate_dbm(
    model, data: str, *, rng: torch.Generator, num_chains: int = 100, num_betas: int = 3000, num_sweeps: int = 1000
) -> dict[str, float]:
    """The mean-field bound on log p(v), log Z from both sides: AIS, and reverse AIS from long chains begun at data.

    And how many units of each hidden layer say anything of the picture (``speaking_units``).
    """
    train, test = datasets.load(data).images, datasets.binarised_test(data)
    base = train.mean(0).clamp(0.01, 0.99).logit() if model.config.visible == "bernoulli" else None
    path = AnnealedDBM(model, base=base, rng=rng)
    *_, forward = ais(path, num_chains=num_chains, betas=linear_betas(num_betas))
    chains = Chains(model.bottom_up(train[torch.randperm(len(train), generator=rng)[:num_chains]]))
    chains = next(islice(run_chains(model, chains, rng=rng), num_sweeps - 1, None))
    *_, backward = reverse_ais(path, path.at(chains), betas=linear_betas(num_betas))
    bound = torch.cat([model.log_likelihood_bound(v, 0.0, num_iterations=50) for v in test.split(1000)]).mean().item()
    return {
        "bound_ais": bound - forward.estimate.value,
        "bound_reverse_ais": bound - backward.estimate.value,
        "effective_sample_size": forward.estimate.effective_sample_size,
        "effective_sample_size_reverse": backward.estimate.effective_sample_size,
        "log_partition_ais": forward.estimate.value,
        "log_partition_std_error": forward.estimate.std_error,
    } | {f"speaking_units_{layer}": count for layer, count in enumerate(speaking_units(model, test[:1000]), start=1)}


def speaking_units(model, v: torch.Tensor, *, least: float = 0.02) -> list[int]:
    """For each hidden layer, the units whose mean-field mean varies over the examples v by more than ``least``.

    The others are coins of one bias whatever they are shown: layers full of them add nothing to those below.
    """
    return [int((mean.std(0) > least).sum()) for mean in model.mean_field(v, num_iterations=50)[1:]]


FAMILIES = {
    "rbm": evaluate_rbm,
    "dbn": evaluate_dbn,
    "dbm": evaluate_dbm,
    "vae": evaluate_vae,
    "gan": evaluate_gan,
    "classifier": evaluate_classifier,
}
