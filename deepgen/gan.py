"""Generative adversarial networks (Goodfellow et al. 2014): two multilayer perceptrons that play against each other."""

import copy
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.2  # of the leaky rectifiers, below zero


@dataclass(frozen=True)
class GANConfig:
    """The architecture. The default sizes are the paper's; its notebook has generator_layers (256, 256, 256)."""

    num_visible: int
    num_latents: int = 100
    generator_layers: tuple[int, ...] = (256, 512, 1024)
    discriminator_layers: tuple[int, ...] = (512, 256)
    batch_norm: bool = True  # in the generator, between every dense layer and its rectifier
    output: Literal["tanh", "linear"] = "tanh"  # tanh: data in [0, 1]; linear: data anywhere
    minibatch_discrimination: int = 0  # similarity kernels beside the discriminator's last layer; 0: none

    def __post_init__(self):
        object.__setattr__(self, "generator_layers", tuple(self.generator_layers))
        object.__setattr__(self, "discriminator_layers", tuple(self.discriminator_layers))
        sizes = (self.num_visible, self.num_latents, *self.generator_layers, *self.discriminator_layers)
        if min(sizes) < 1:
            raise ValueError(f"every layer of a GAN needs at least one unit, got {sizes}")
        if not self.discriminator_layers:
            raise ValueError("a discriminator needs at least one hidden layer, got none")
        if self.output not in ("tanh", "linear"):
            raise ValueError(f"the output of a generator is 'tanh' or 'linear', got {self.output!r}")
        if self.minibatch_discrimination < 0:
            raise ValueError(f"the number of similarity kernels is 0 or more, got {self.minibatch_discrimination}")


def dense(num_inputs: int, num_outputs: int, *, rng: torch.Generator) -> nn.Linear:
    """A dense layer whose weights and biases are uniform in +-1/sqrt(num_inputs), drawn from ``rng``."""
    layer = nn.utils.skip_init(nn.Linear, num_inputs, num_outputs, device=torch.get_default_device())
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(num_inputs**-0.5), num_inputs**-0.5, generator=rng)
    return layer


class Generator(nn.Module):
    """x = G(z): dense layers with leaky rectifiers, batch-normalised if the configuration says so; data units."""

    def __init__(self, config: GANConfig, *, rng: torch.Generator):
        super().__init__()
        sizes = (config.num_latents, *config.generator_layers, config.num_visible)
        self.output = config.output
        self.layers = nn.ModuleList(dense(i, o, rng=rng) for i, o in pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(n) for n in config.generator_layers if config.batch_norm)

    def forward(self, z: Tensor) -> Tensor:
        """z (batch, num_latents) -> x (batch, num_visible)."""
        for index, layer in enumerate(self.layers[:-1]):
            z = layer(z)
            if self.norms:
                z = self.norms[index](z)
            z = F.leaky_relu(z, SLOPE)
        x = self.layers[-1](z)
        return (x.tanh() + 1) / 2 if self.output == "tanh" else x

    @torch.no_grad()
    def calibrate(self, z: Tensor) -> None:
        """Set the stored statistics of batch normalisation to those of many latents ``z`` under the present weights."""
        training = self.training
        self.eval()
        for layer, norm in zip(self.layers, self.norms, strict=False):
            z = layer(z)
            norm.running_mean.copy_(z.mean(0))
            norm.running_var.copy_(z.var(0))
            z = F.leaky_relu(norm(z), SLOPE)
        self.train(training)


class MinibatchDiscrimination(nn.Module):
    """How like the rest of its batch each example is, one number per kernel (Salimans et al. 2016, section 3.2).

    c_b(x_i, x_j) = exp(-|f(x_i) T_b - f(x_j) T_b|_1); the answer is its mean over j != i, so that it does not depend
    on the size of the batch. A generator that collapses gives itself away by it. A batch of one answers zero.
    """

    def __init__(self, num_features: int, num_kernels: int, *, num_dimensions: int = 5, rng: torch.Generator):
        super().__init__()
        T = torch.randn(num_features, num_kernels, num_dimensions, generator=rng)
        self.T = nn.Parameter(T / math.sqrt(num_features))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, num_features) -> (batch, num_kernels), in [0, 1]."""
        M = torch.einsum("nf,fbc->nbc", features, self.T)
        similarity = torch.exp(-(M[:, None] - M[None]).abs().sum(-1))  # (batch, batch, num_kernels)
        return (similarity.sum(1) - 1) / max(len(features) - 1, 1)


class Discriminator(nn.Module):
    """The logit of D(x), "x is real": dense layers with leaky rectifiers and no normalisation."""

    def __init__(self, config: GANConfig, *, rng: torch.Generator):
        super().__init__()
        sizes = (config.num_visible, *config.discriminator_layers)
        kernels = config.minibatch_discrimination
        self.centred = config.output == "tanh"
        self.layers = nn.ModuleList(dense(i, o, rng=rng) for i, o in pairwise(sizes))
        self.similarity = MinibatchDiscrimination(sizes[-1], kernels, rng=rng) if kernels else None
        self.verdict = dense(sizes[-1] + kernels, 1, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, num_visible), data units -> logits (batch,)."""
        x = 2 * x - 1 if self.centred else x
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
        if self.similarity is not None:
            x = torch.cat([x, self.similarity(x)], dim=-1)
        return self.verdict(x).squeeze(-1)


class GAN(nn.Module):
    """A generator G(z) with z ~ N(0, I) and a discriminator D(x), equation (36).

    ``generator`` is what is looked at, sampled and stored: after training with averaging, the moving average of the
    player. Weights are drawn at construction, from ``rng`` or from a generator with seed 0.
    """

    family: ClassVar[str] = "gan"

    def __init__(self, config: GANConfig, *, rng: torch.Generator | None = None):
        super().__init__()
        rng = torch.Generator().manual_seed(0) if rng is None else rng
        self.config = config
        self.generator = Generator(config, rng=rng)
        self.discriminator = Discriminator(config, rng=rng)

    def sample_latents(self, num_samples: int, *, rng: torch.Generator) -> Tensor:
        """z ~ N(0, I); (num_samples, num_latents)."""
        weight = self.generator.layers[0].weight
        return torch.randn(num_samples, self.config.num_latents, generator=rng, dtype=weight.dtype)

    @torch.no_grad()
    def sample(self, num_samples: int, *, rng: torch.Generator) -> Tensor:
        """G(z), z ~ N(0, I), with the generator's stored statistics; (num_samples, num_visible), data units."""
        training = self.generator.training
        self.generator.eval()
        x = self.generator(self.sample_latents(num_samples, rng=rng))
        self.generator.train(training)
        return x

    @torch.no_grad()
    def folded(self, *, rng: torch.Generator, num_latents: int = 4096) -> "GAN":
        """The same GAN with batch normalisation, calibrated afresh, multiplied into the dense layers: plain matrices.

        gamma (W z + b - mean) / s + beta = (gamma / s) W z + (gamma / s) (b - mean) + beta; s^2 = variance + epsilon.
        """
        if not self.config.batch_norm:
            return copy.deepcopy(self)
        generator = copy.deepcopy(self.generator).eval()
        generator.calibrate(self.sample_latents(num_latents, rng=rng))
        folded = GAN(replace(self.config, batch_norm=False)).to(generator.layers[0].weight.dtype)
        folded.discriminator.load_state_dict(self.discriminator.state_dict())
        folded.generator.layers.load_state_dict(generator.layers.state_dict())
        for layer, norm in zip(folded.generator.layers, generator.norms, strict=False):
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            layer.weight.mul_(scale[:, None])
            layer.bias.sub_(norm.running_mean).mul_(scale).add_(norm.bias)
        return folded


def initialise(model: GAN, data: Tensor, *, rng: torch.Generator) -> None:
    """Draw all weights of an untrained model afresh from ``rng``; the data have no say in it."""
    model.load_state_dict(GAN(model.config, rng=rng).state_dict())
