"""Training a variational autoencoder: stochastic gradient ascent on its bound (Kingma & Welling 2014)."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .marginal import num_active_latents
from .training import Diverged, TrainStep, minibatches
from .vae import VAE, latent_grid, log_importance_weights


@dataclass(frozen=True)
class VariationalTraining:
    """Stochastic gradient ascent on the bound (34) by the reparameterisation (35), with Adam.

    ``kl_weight`` other than 1 is the beta-VAE (Higgins et al. 2017); it rises from 0 over ``kl_warm_up`` epochs.
    ``num_importance_samples`` above 1 maximises the tighter bound of Burda et al. (2016).
    """

    num_epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 1e-3  # at the start; falls to 0 along a half cosine
    kl_weight: float = 1.0
    kl_warm_up: float = 0.0  # epochs
    num_importance_samples: int = 1
    binarise: bool = True  # fresh binary pixels from the grey values every batch, else the grey values themselves
    precision: Literal["float32", "bfloat16"] = "float32"  # of the matrix products; weights and sums stay float32

    def __post_init__(self):
        if self.num_epochs < 0 or self.batch_size < 1 or self.num_importance_samples < 1:
            raise ValueError(
                "training needs 0 or more epochs, and at least 1 example a batch and 1 importance sample, got "
                f"{self.num_epochs}, {self.batch_size} and {self.num_importance_samples}"
            )
        if not (self.learning_rate > 0 and self.kl_weight >= 0 and self.kl_warm_up >= 0):
            raise ValueError(
                "the learning rate must be above 0, the weight of the KL and its warm-up 0 or more, got "
                f"{self.learning_rate}, {self.kl_weight} and {self.kl_warm_up}"
            )
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision is 'float32' or 'bfloat16', got {self.precision!r}")

    def steps(
        self, model: VAE, data: Tensor, *, rng: torch.Generator, held_out: Tensor | None = None
    ) -> Generator[TrainStep, "VariationalTraining | None", None]:
        """One update per item; ``held_out`` examples are never learnt from, only measured, every hundred updates.

        Live: every setting but the numbers of epochs and of examples a batch.
        """
        check_data(model, data)
        if not model.is_trained:
            model.initialise(data, rng=rng)
        batches_per_epoch = max(len(data) // self.batch_size, 1)
        num_steps = self.num_epochs * batches_per_epoch
        optimiser = torch.optim.Adam(model.parameters(), lr=self.learning_rate, fused=True)
        trainer, step = self, 0
        for _ in range(self.num_epochs):
            for batch in minibatches(data, self.batch_size, rng=rng):
                epoch = step / batches_per_epoch
                warm_up = min(epoch / trainer.kl_warm_up, 1.0) if trainer.kl_warm_up else 1.0
                kl_weight = trainer.kl_weight * warm_up
                rate = trainer.learning_rate * 0.5 * (1 + math.cos(math.pi * step / num_steps))
                terms = trainer.update(model, batch, optimiser, rate, kl_weight, rng=rng)
                step += 1
                if terms is None:
                    raise Diverged(
                        f"training diverged at step {step}: a gradient is infinite or not a number; "
                        f"lower the learning rate ({trainer.learning_rate:g}); the weights are those of the step before"
                    )
                metrics = terms | {"kl_weight": kl_weight}
                if held_out is not None and (step % 100 == 0 or step in (1, num_steps)):
                    metrics |= measure(model, held_out[:1000])
                particles = show(model) if step % 20 == 0 or step in (1, num_steps) else None
                changed = yield TrainStep(step, num_steps, step / batches_per_epoch, metrics, particles=particles)
                trainer = changed or trainer

    def update(
        self, model: VAE, batch: Tensor, optimiser, learning_rate: float, kl_weight: float, *, rng: torch.Generator
    ) -> dict[str, float] | None:
        """One step up the gradient; the terms of the bound, nats, or None where the gradient is not finite."""
        if self.binarise and model.config.visible == "bernoulli":
            batch = torch.bernoulli(batch, generator=rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bfloat16"):
            if self.num_importance_samples == 1:
                reconstruction, kl = (term.mean() for term in model.elbo(batch, rng=rng))
                objective = reconstruction - kl_weight * kl
                terms = {"elbo": reconstruction - kl, "reconstruction": reconstruction, "kl": kl}
            else:
                k = self.num_importance_samples
                log_w = log_importance_weights(model, batch, num_samples=k, rng=rng, kl_weight=kl_weight)
                objective = (log_w.logsumexp(0) - math.log(k)).mean()
                terms = {"importance_weighted_bound": objective}
        optimiser.zero_grad()
        (-objective).backward()
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        if not torch.nn.utils.get_total_norm(gradients).isfinite():
            return None
        optimiser.param_groups[0]["lr"] = learning_rate
        optimiser.step()
        return {name: term.item() for name, term in terms.items()}


def check_data(model: VAE, data: Tensor) -> None:
    """Complain in a sentence about data that the model cannot learn."""
    if data.ndim != 2 or data.shape[1] != model.config.num_visible or not len(data):
        raise ValueError(f"data are (num_examples, {model.config.num_visible}) for this VAE, got {tuple(data.shape)}")
    if not bool(data.isfinite().all()):
        raise ValueError("data contain numbers that are not finite; remove or replace them before training")
    if model.config.visible == "bernoulli" and (data.min() < 0 or data.max() > 1):
        raise ValueError(
            f"binary pixels want intensities in [0, 1], got {data.min():g} to {data.max():g}; rescale them"
        )


@torch.no_grad()
def measure(model: VAE, x: Tensor) -> dict[str, float]:
    """The terms of the bound on examples that are not learnt from, and whether the latents are in use."""
    elbo = model.elbo(x, rng=torch.Generator().manual_seed(0))  # its own draws: measuring does not change the training
    return {
        "held_out_elbo": elbo.value.mean().item(),
        "held_out_reconstruction": elbo.reconstruction.mean().item(),
        "held_out_kl": elbo.kl.mean().item(),
        "active_latents": num_active_latents(model, x),
    }


@torch.no_grad()
def show(model: VAE) -> Tensor:
    """A glance at the model: the grid of figure 12 for two latents, else 100 fixed draws; means of the pixels."""
    if model.config.num_latents == 2:
        z = latent_grid(10).to(model.visible.bias.dtype)
    else:
        fixed = torch.Generator().manual_seed(0)
        z = torch.randn(100, model.config.num_latents, generator=fixed, dtype=model.visible.bias.dtype)
    return model.decode(z)
