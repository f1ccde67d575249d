"""Variational autoencoders (Kingma & Welling 2014): a decoder with a prior, and the encoder that goes with it."""

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .units import Bernoulli, Gaussian


@dataclass(frozen=True)
class VAEConfig:
    """The architecture: encoder num_visible-num_hidden-2 x num_latents, and the decoder its mirror image."""

    num_visible: int
    num_hidden: tuple[int, ...] = (512,)
    num_latents: int = 2
    visible: Literal["bernoulli", "gaussian"] = "bernoulli"

    def __post_init__(self):
        object.__setattr__(self, "num_hidden", tuple(self.num_hidden))  # a list, when it comes from a card
        if min(self.num_visible, self.num_latents, *self.num_hidden) < 1:
            raise ValueError(
                "a VAE needs at least one unit in every layer, got "
                f"{self.num_visible} visible, {self.num_hidden} hidden and {self.num_latents} latent"
            )
        if self.visible not in ("bernoulli", "gaussian"):
            raise ValueError(f"visible units are 'bernoulli' or 'gaussian', got {self.visible!r}")


class Elbo(NamedTuple):
    """The two terms of equation (34), each (batch,), nats: E_q[log p(x | z)] and KL(q(z | x), p(z))."""

    reconstruction: Tensor
    kl: Tensor

    @property
    def value(self) -> Tensor:
        """The bound on log p(x) itself; (batch,), nats."""
        return self.reconstruction - self.kl


class VAE(nn.Module):
    """p(x) = integral of p(x | z) N(z; 0, I) dz, with q(z | x) = N(mean(x), exp(log_var(x))) beside it.

    Decoder and encoder are perceptrons of rectified linear units. All weights are zero until ``initialise``,
    which the trainer calls on an untrained model with its own ``rng``.
    """

    family: ClassVar[str] = "vae"

    def __init__(self, config: VAEConfig):
        super().__init__()
        self.config = config
        sizes = (config.num_visible, *config.num_hidden)
        top = sizes[-1]
        self.encoder = nn.ModuleList(linear(i, o) for i, o in itertools.pairwise(sizes))
        self.mean = linear(top, config.num_latents)
        self.log_var = linear(top, config.num_latents)
        up = (config.num_latents, *config.num_hidden[::-1])
        self.decoder = nn.ModuleList(linear(i, o) for i, o in itertools.pairwise(up))
        self.output = linear(up[-1], config.num_visible, bias=False)
        self.visible = (Gaussian if config.visible == "gaussian" else Bernoulli)(config.num_visible)

    @torch.no_grad()
    def initialise(self, data: Tensor, *, rng: torch.Generator) -> None:
        """Random weights scaled for rectified units (He et al. 2015); without z the picture is the mean of ``data``."""
        for layer in (*self.encoder, *self.decoder):
            layer.weight.normal_(0, math.sqrt(2 / layer.in_features), generator=rng)
        for layer in (self.mean, self.log_var, self.output):
            layer.weight.normal_(0, math.sqrt(1 / layer.in_features), generator=rng)
        mean = data.mean(0)
        if self.config.visible == "bernoulli":
            mean = mean.clamp(0.001, 0.999).logit()  # a pixel that is never on keeps a finite bias
        self.visible.bias.copy_(mean)

    @property
    def is_trained(self) -> bool:
        """False while the weights are the zeros that the constructor leaves."""
        return bool(self.output.weight.any())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z | x), equation (33); (batch, num_visible) -> two of (batch, num_latents)."""
        for layer in self.encoder:
            x = F.relu(layer(x))
        return self.mean(x).type_as(self.visible.bias), self.log_var(x).type_as(self.visible.bias)

    def inputs_to_visible(self, z: Tensor) -> Tensor:
        """What the latents tell the visible units: logits less bias; (..., num_latents) -> (..., num_visible)."""
        for layer in self.decoder:
            z = F.relu(layer(z))
        return self.output(z)

    def decode(self, z: Tensor) -> Tensor:
        """E[x | z], the means of the visible units (not their logits); (..., num_latents) -> (..., num_visible)."""
        return self.visible.mean(self.inputs_to_visible(z))

    def log_likelihood_given(self, z: Tensor, x: Tensor) -> Tensor:
        """log p(x | z), nats, shapes broadcast; linear in x for Bernoulli units: the cross-entropy of grey values."""
        inputs = self.inputs_to_visible(z).to(x.dtype)
        with torch.autocast("cpu", enabled=False):  # sums over hundreds of pixels want all their digits
            return (x * inputs).sum(-1) - self.visible.energy(x) - self.visible.log_partition(inputs)

    def elbo(self, x: Tensor, *, rng: torch.Generator) -> Elbo:
        """Equation (34) with one reparameterised draw of z; x (batch, num_visible) -> two terms (batch,), nats."""
        mean, log_var = self.encode(x)
        return Elbo(self.log_likelihood_given(sample_latents(mean, log_var, rng=rng), x), kl_to_prior(mean, log_var))

    @torch.no_grad()
    def sample(self, num_samples: int, *, rng: torch.Generator) -> Tensor:
        """Means of the visible units for z drawn from the prior; (num_samples, num_visible), data units."""
        bias = self.visible.bias
        return self.decode(torch.randn(num_samples, self.config.num_latents, generator=rng, dtype=bias.dtype))


def linear(num_in: int, num_out: int, bias: bool = True) -> nn.Linear:
    """A linear layer that is all zeros, without touching anybody's random numbers."""
    layer = nn.utils.skip_init(nn.Linear, num_in, num_out, bias=bias, device=torch.get_default_device())
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def kl_to_prior(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)), N(0, I)) in closed form; (batch, num_latents) -> (batch,), nats."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(-1)


def sample_latents(mean: Tensor, log_var: Tensor, *, rng: torch.Generator, num_samples: int | None = None) -> Tensor:
    """z = mean + sigma * epsilon, equation (35); like ``mean``, or (num_samples, *mean.shape)."""
    shape = mean.shape if num_samples is None else (num_samples, *mean.shape)
    return mean + (0.5 * log_var).exp() * torch.randn(shape, generator=rng, dtype=mean.dtype)


def log_importance_weights(
    vae: VAE, x: Tensor, *, num_samples: int, rng: torch.Generator, kl_weight: float = 1.0
) -> Tensor:
    """log p(x | z) + kl_weight * (log p(z) - log q(z | x)) for draws z ~ q(z | x); (num_samples, batch), nats."""
    mean, log_var = vae.encode(x)
    z = sample_latents(mean, log_var, rng=rng, num_samples=num_samples)
    standardised = (z - mean) * (-0.5 * log_var).exp()
    log_ratio = 0.5 * (standardised.square() + log_var - z.square()).sum(-1)  # the 2 pi's of p and q cancel
    return vae.log_likelihood_given(z, x) + kl_weight * log_ratio


def latent_grid(num_cells: int, *, limit: float | None = None) -> Tensor:
    """The picture of figure 12: square latents row by row, top left first; (num_cells^2, 2).

    Evenly spaced in [-limit, limit], or, without a limit, at the quantiles of the prior: cells of equal probability.
    """
    if limit is None:
        levels = torch.special.ndtri((torch.arange(num_cells) + 0.5) / num_cells)
    else:
        levels = torch.linspace(-limit, limit, num_cells)
    return torch.cartesian_prod(levels.flip(0), levels).flip(1)
