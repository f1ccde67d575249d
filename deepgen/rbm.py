"""Restricted Boltzmann machines (Smolensky 1986; Hinton 2002) and their training by contrastive divergence."""

from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from .chains import Chains, Clamp, run_chains
from .units import Bernoulli, Gaussian


@dataclass(frozen=True)
class RBMConfig:
    """The architecture: numbers of units, and what kind the visible ones are."""

    num_visible: int
    num_hidden: int
    visible: Literal["bernoulli", "gaussian"] = "bernoulli"
    learn_variance: bool = False  # Gaussian visible units only

    def __post_init__(self):
        if self.num_visible < 1 or self.num_hidden < 1:
            raise ValueError(f"an RBM needs at least one unit on each side, got {self.num_visible} and {self.num_hidden}")
        if self.visible not in ("bernoulli", "gaussian"):
            raise ValueError(f"visible units are 'bernoulli' or 'gaussian', got {self.visible!r}")


class RBM(nn.Module):
    """p(v, h) = exp(-E(v, h)) / Z with E(v, h) = visible.energy(v) + hidden.energy(h) - v^T W h (equations 1 and 2)."""

    family: ClassVar[str] = "rbm"

    def __init__(self, config: RBMConfig):
        super().__init__()
        self.config = config
        self.W = nn.Parameter(torch.zeros(config.num_visible, config.num_hidden))
        if config.visible == "gaussian":
            self.visible = Gaussian(config.num_visible, learn_variance=config.learn_variance)
        else:
            self.visible = Bernoulli(config.num_visible)
        self.hidden = Bernoulli(config.num_hidden)

    def inputs_to_hidden(self, v: Tensor) -> Tensor:
        """What the visible units tell the hidden ones; (batch, num_visible) -> (batch, num_hidden)."""
        if self.config.visible == "gaussian":
            v = v / self.visible.log_sigma.exp()
        return v @ self.W

    def inputs_to_visible(self, h: Tensor) -> Tensor:
        """What the hidden units tell the visible ones; (batch, num_hidden) -> (batch, num_visible)."""
        return h @ self.W.T

    def energy(self, v: Tensor, h: Tensor) -> Tensor:
        """E(v, h), equation (2); (batch,), nats."""
        return self.visible.energy(v) + self.hidden.energy(h) - (self.inputs_to_hidden(v) * h).sum(-1)

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) = -log of the sum over h of exp(-E(v, h)); log p(v) = -F(v) - log Z; (batch,), nats."""
        return self.visible.energy(v) - self.hidden.log_partition(self.inputs_to_hidden(v))

    def mean_hidden(self, v: Tensor, *, beta: float = 1.0) -> Tensor:
        """p(h_j = 1 | v), equation (5); (batch, num_hidden)."""
        return self.hidden.mean(self.inputs_to_hidden(v), beta=beta)

    def sample_hidden(self, v: Tensor, *, rng: torch.Generator, beta: float = 1.0) -> Tensor:
        """h ~ p(h | v); (batch, num_hidden)."""
        return self.hidden.sample(self.inputs_to_hidden(v), rng=rng, beta=beta)

    def mean_visible(self, h: Tensor, *, beta: float = 1.0) -> Tensor:
        """E[v | h], equation (6) for binary and (11) for Gaussian units; (batch, num_visible)."""
        return self.visible.mean(self.inputs_to_visible(h), beta=beta)

    def sample_visible(self, h: Tensor, *, rng: torch.Generator, beta: float = 1.0) -> Tensor:
        """v ~ p(v | h); (batch, num_visible)."""
        return self.visible.sample(self.inputs_to_visible(h), rng=rng, beta=beta)

    def init_chains(self, num_chains: int, *, rng: torch.Generator) -> Chains:
        """Chains that know only the biases: both layers drawn with no input from the other."""
        v = self.visible.sample(self.W.new_zeros(num_chains, self.config.num_visible), rng=rng)
        return Chains((v, self.sample_hidden(v, rng=rng)))

    def gibbs_step(
        self, chains: Chains, *, rng: torch.Generator, beta: float = 1.0, clamp: Clamp | None = None
    ) -> Chains:
        """One sweep of block Gibbs sampling: h ~ p(h | v), then v ~ p(v | h), held units put back."""
        v = chains.layers[0] if clamp is None else clamp.apply(chains.layers[0])
        h = self.sample_hidden(v, rng=rng, beta=beta)
        v = self.sample_visible(h, rng=rng, beta=beta)
        return Chains((v if clamp is None else clamp.apply(v), h))

    @torch.no_grad()
    def sample(self, num_samples: int, *, num_steps: int = 1000, rng: torch.Generator) -> Tensor:
        """Means of the visible units after ``num_steps`` sweeps; (num_samples, num_visible), data units."""
        chains = self.init_chains(num_samples, rng=rng)
        for chains in islice(run_chains(self, chains, rng=rng), num_steps):
            pass
        return self.mean_visible(chains.layers[1])
