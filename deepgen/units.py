"""Layers of stochastic units.

A layer answers four questions about itself, given the total input that it receives from its neighbours:
its energy, its log partition function, its mean and a sample. Every Boltzmann machine here is made of such layers.
At inverse temperature ``beta`` the distribution is proportional to exp(-beta * energy).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Bernoulli(nn.Module):
    """Binary units x in {0, 1} with biases: p(x | inputs) proportional to exp(beta * x . (inputs + bias))."""

    def __init__(self, num_units: int):
        super().__init__()
        self.num_units = num_units
        self.bias = nn.Parameter(torch.zeros(num_units))

    def energy(self, x: Tensor) -> Tensor:
        """-x . bias, without the neighbours' share; x (batch, num_units) -> (batch,), nats."""
        return -(x @ self.bias)

    def log_partition(self, inputs: Tensor, *, beta: float = 1.0) -> Tensor:
        """log of the sum over all states of exp(beta * x . (inputs + bias)); (batch, num_units) -> (batch,), nats."""
        return F.softplus(beta * (inputs + self.bias)).sum(-1)

    def mean(self, inputs: Tensor, *, beta: float = 1.0) -> Tensor:
        """p(x = 1 | inputs), shaped like ``inputs``."""
        return torch.sigmoid(beta * (inputs + self.bias))

    def sample(self, inputs: Tensor, *, rng: torch.Generator, beta: float = 1.0) -> Tensor:
        """One draw of every unit given its input, shaped like ``inputs``."""
        return torch.bernoulli(self.mean(inputs, beta=beta), generator=rng)


class Gaussian(nn.Module):
    """Real units with a bias and a standard deviation each.

    energy(x) = sum((x - bias)^2 / (2 sigma^2)); the input of the neighbours enters as -x . inputs / sigma, so that
    p(x | inputs) = N(bias + sigma * inputs, sigma^2 / beta): with sigma = 1 equation (11) of the paper.
    The logarithm of the standard deviation is a parameter only if ``learn_variance``.
    """

    def __init__(self, num_units: int, *, learn_variance: bool = False):
        super().__init__()
        self.num_units = num_units
        self.bias = nn.Parameter(torch.zeros(num_units))
        self.log_sigma = nn.Parameter(torch.zeros(num_units), requires_grad=learn_variance)

    def energy(self, x: Tensor) -> Tensor:
        """Half the squared, scaled distance from the bias; (batch, num_units) -> (batch,), nats."""
        return 0.5 * ((x - self.bias) / self.log_sigma.exp()).square().sum(-1)

    def log_partition(self, inputs: Tensor, *, beta: float = 1.0) -> Tensor:
        """log of the integral of exp(-beta * (energy(x) - x . inputs / sigma)); (batch, num_units) -> (batch,), nats."""
        sigma = self.log_sigma.exp()
        quadratic = beta * (inputs * self.bias / sigma + 0.5 * inputs.square())
        return (quadratic + 0.5 * math.log(2 * math.pi / beta) + self.log_sigma).sum(-1)

    def mean(self, inputs: Tensor, *, beta: float = 1.0) -> Tensor:
        """bias + sigma * inputs, whatever the temperature; shaped like ``inputs``."""
        return self.bias + self.log_sigma.exp() * inputs

    def sample(self, inputs: Tensor, *, rng: torch.Generator, beta: float = 1.0) -> Tensor:
        """One draw of every unit given its input, shaped like ``inputs``."""
        noise = torch.randn(inputs.shape, generator=rng, dtype=inputs.dtype)
        return self.mean(inputs) + self.log_sigma.exp() * noise / math.sqrt(beta)
