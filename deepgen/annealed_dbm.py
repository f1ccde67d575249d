"""The path from independent units to a deep Boltzmann machine on which annealed importance sampling finds its log Z."""

import copy
import math

import torch
from torch import Tensor

from .chains import Chains
from .dbm import DBM
from .noise import Noise
from .units import Bernoulli


class AnnealedDBM:
    """p_beta over the odd layers, the even ones (the visible among them) summed out: most of the units, in closed form.

    Weights and hidden biases are multiplied by beta, the visible biases lead from ``base`` to the model's own.
    A state is (v, odd layers, inputs of the even layers); v was drawn on the way and is only there to be looked at.
    """

    def __init__(self, model: DBM, *, base: Tensor | None = None, rng: torch.Generator):
        self.model = model
        self.b = model.layers[0].bias.detach()
        self.base = self.b if base is None else base.to(self.b)
        self.visible = copy.deepcopy(model.layers[0]).requires_grad_(False)  # its bias follows beta
        self.noise = Noise(rng=rng, dtype=self.b.dtype)

    def log_partition_start(self) -> float:
        """Visible units with the base rates, and hidden ones that are fair coins."""
        zero = self.b.new_zeros(1, len(self.b))
        visible = self.visible_at(0.0).log_partition(zero)
        return float(visible) + sum(self.model.config.layer_sizes[1:]) * math.log(2)

    def start(self, num_chains: int) -> tuple:
        odd = [(self.noise.uniform(num_chains, size) < 0.5).to(self.b) for size in self.model.config.layer_sizes[1::2]]
        return self.beside(self.draw(self.visible_at(0.0), self.b.new_zeros(num_chains, len(self.b)), 1.0), odd)

    def at(self, chains: Chains) -> tuple:
        """The state of chains of the model, to go back from."""
        return self.beside(chains.layers[0], list(chains.layers[1::2]))

    def beside(self, v: Tensor, odd: list[Tensor]) -> tuple:
        layers = [None] * self.model.num_layers
        layers[1::2] = odd
        return v, odd, [self.model.inputs(i, layers) for i in range(0, self.model.num_layers, 2)]

    def visible_at(self, beta: float):
        torch.lerp(self.base, self.b, beta, out=self.visible.bias.data)
        return self.visible

    def log_unnormalised(self, state: tuple, beta: float) -> Tensor:
        """log of the sum over the even layers of p*_beta; (num_chains,)."""
        _, odd, inputs = state
        total = self.visible_at(beta).log_partition(beta * inputs[0])
        for layer, below in zip(self.model.layers[2::2], inputs[1:], strict=True):
            total += layer.log_partition(below, beta=beta)
        for layer, x in zip(self.model.layers[1::2], odd, strict=True):
            total -= beta * layer.energy(x)
        return total

    def step(self, state: tuple, beta: float) -> tuple:
        """The even layers given the odd, then the odd given the even, at ``beta``."""
        _, odd, inputs = state
        layers = [None] * self.model.num_layers
        layers[0] = self.draw(self.visible_at(beta), beta * inputs[0], 1.0)
        for i in range(2, self.model.num_layers, 2):
            layers[i] = self.draw(self.model.layers[i], inputs[i // 2], beta)
        odd = [
            self.draw(self.model.layers[i], self.model.inputs(i, layers), beta)
            for i in range(1, self.model.num_layers, 2)
        ]
        return self.beside(layers[0], odd)

    def draw(self, layer, inputs: Tensor, beta: float) -> Tensor:
        mean = layer.mean(inputs, beta=beta)
        if isinstance(layer, Bernoulli):
            return torch.lt(self.noise.uniform(*mean.shape), mean, out=torch.empty_like(mean))
        return mean + self.noise.normal(*mean.shape) * layer.log_sigma.exp()
