"""Deep Boltzmann machines (Salakhutdinov & Hinton 2009): undirected layers, each of which hears both its neighbours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from .chains import Chains, Clamp
from .units import Bernoulli, Gaussian


@dataclass(frozen=True)
class DBMConfig:
    """The architecture: numbers of units from the visible layer up, and what kind the visible ones are."""

    layer_sizes: tuple[int, ...]
    visible: Literal["bernoulli", "gaussian"] = "bernoulli"

    def __post_init__(self):
        object.__setattr__(self, "layer_sizes", tuple(self.layer_sizes))  # a card brings back a list
        if len(self.layer_sizes) < 2 or min(self.layer_sizes) < 1:
            raise ValueError(f"a DBM needs two layers or more of at least one unit each, got {self.layer_sizes}")
        if self.visible not in ("bernoulli", "gaussian"):
            raise ValueError(f"visible units are 'bernoulli' or 'gaussian', got {self.visible!r}")


class DBM(nn.Module):
    """p(x_0, ..., x_L) = exp(-E) / Z, E = sum_i layers[i].energy(x_i) - sum_i x_i^T weights[i] x_(i+1) (equation 23).

    x_0 are the visible units, x_1 .. x_L the hidden layers. Given the odd layers the even ones are independent, and
    the other way round: sampling, mean field and annealing all rest on that.
    """

    family: ClassVar[str] = "dbm"

    def __init__(self, config: DBMConfig):
        super().__init__()
        self.config = config
        sizes = config.layer_sizes
        self.weights = nn.ParameterList([nn.Parameter(torch.zeros(a, b)) for a, b in pairwise(sizes)])
        visible = Gaussian if config.visible == "gaussian" else Bernoulli
        self.layers = nn.ModuleList([visible(sizes[0]), *(Bernoulli(size) for size in sizes[1:])])

    @property
    def num_layers(self) -> int:
        """Layers of units, the visible one counted."""
        return len(self.layers)

    def inputs_from_below(self, i: int, x: Tensor) -> Tensor:
        """What layer i - 1 in state ``x`` tells layer i; (batch, layer_sizes[i])."""
        if i == 1 and self.config.visible == "gaussian":
            x = x / self.layers[0].log_sigma.exp()
        return x @ self.weights[i - 1]

    def inputs(self, i: int, layers: Sequence[Tensor | None]) -> Tensor:
        """The total input of layer i from both its neighbours, without its bias; (batch, layer_sizes[i])."""
        below = self.inputs_from_below(i, layers[i - 1]) if i > 0 else 0.0
        above = layers[i + 1] @ self.weights[i].T if i + 1 < self.num_layers else 0.0
        return below + above

    def mean(self, i: int, layers: Sequence[Tensor | None], *, beta: float = 1.0) -> Tensor:
        """E[x_i | neighbours], equation (24); needs layers i - 1 and i + 1 only; (batch, layer_sizes[i])."""
        return self.layers[i].mean(self.inputs(i, layers), beta=beta)

    def sample_layer(
        self, i: int, layers: Sequence[Tensor | None], *, rng: torch.Generator, beta: float = 1.0
    ) -> Tensor:
        """x_i ~ p(x_i | neighbours); (batch, layer_sizes[i])."""
        return self.layers[i].sample(self.inputs(i, layers), rng=rng, beta=beta)

    def free_energy(self, layers: Sequence[Tensor | None]) -> Tensor:
        """-log of the sum of exp(-E) over the layers given as None, no two of them neighbours; (batch,), nats."""
        if any(a is None and b is None for a, b in pairwise(layers)):
            raise ValueError(
                "two neighbouring layers cannot be summed out in closed form: give a state for one of them"
            )
        total = 0.0
        for i, x in enumerate(layers):
            if x is None:
                total = total - self.layers[i].log_partition(self.inputs(i, layers))
                continue
            total = total + self.layers[i].energy(x)
            if i > 0 and layers[i - 1] is not None:
                total = total - (self.inputs_from_below(i, layers[i - 1]) * x).sum(-1)
        return total

    def energy(self, layers: Sequence[Tensor]) -> Tensor:
        """E(x_0, ..., x_L), equation (23); (batch,), nats."""
        return self.free_energy(layers)

    def bottom_up(self, v: Tensor) -> tuple[Tensor, ...]:
        """Means of all layers in one pass upwards, inputs doubled (but the top's) for want of those from above."""
        layers = [v]
        for i in range(1, self.num_layers):
            doubled = 1 if i == self.num_layers - 1 else 2
            layers.append(self.layers[i].mean(doubled * self.inputs_from_below(i, layers[-1])))
        return tuple(layers)

    def mean_field_steps(
        self, v: Tensor, *, start: Sequence[Tensor] | None = None, damping: float = 0.0
    ) -> Iterator[tuple[Tensor, ...]]:
        """The start, then one sweep of the mean-field equations (29, 30) after another, without end.

        A sweep renews the odd layers, then the even hidden ones. Each half is the exact maximum of the bound over its
        layers, and the bound is concave in them, so that it never falls, damped (a share of the old kept) or not.
        """
        if not 0.0 <= damping < 1.0:
            raise ValueError(
                f"damping is the share of the old value that is kept, from 0 up to but not 1; got {damping}"
            )
        layers = list(self.bottom_up(v) if start is None else start)
        layers[0] = v
        while True:
            yield tuple(layers)
            for first in (1, 2):
                for i in range(first, self.num_layers, 2):
                    layers[i] = torch.lerp(self.mean(i, layers), layers[i], damping)

    def mean_field(
        self,
        v: Tensor,
        *,
        num_iterations: int = 30,
        tolerance: float = 0.0,
        damping: float = 0.0,
        start: Sequence[Tensor] | None = None,
    ) -> tuple[Tensor, ...]:
        """v and the hidden means after ``num_iterations`` sweeps, or once none moves by more than ``tolerance``."""
        steps = self.mean_field_steps(v, start=start, damping=damping)
        layers = next(steps)
        for new in islice(steps, num_iterations):
            moved = (
                max((a - b).abs().max().item() for a, b in zip(new, layers, strict=True)) if tolerance else torch.inf
            )
            layers = new
            if moved <= tolerance:
                break
        return layers

    def bound(self, layers: Sequence[Tensor]) -> Tensor:
        """E_q[-E] plus the entropy of q, hidden units independent with means ``layers[1:]``; (batch,), nats.

        Equations (26) and (28) before log Z is taken off: for any q a lower bound of the log of the sum of exp(-E) over
        all hidden states, the highest at a fixed point of ``mean_field``.
        """
        entropy = sum(_entropy(mean) for mean in layers[1:])
        return entropy - self.energy(layers)

    def log_likelihood_bound(self, v: Tensor, log_partition: float, **mean_field) -> Tensor:
        """The mean-field lower bound on log p(v), equation (28); (batch,), nats."""
        return self.bound(self.mean_field(v, **mean_field)) - log_partition

    def init_chains(self, num_chains: int, *, rng: torch.Generator) -> Chains:
        """Chains that know only the biases: every layer drawn with no input from the others."""
        zeros = [self.weights[0].new_zeros(num_chains, size) for size in self.config.layer_sizes]
        return Chains(tuple(layer.sample(zero, rng=rng) for layer, zero in zip(self.layers, zeros, strict=True)))

    def gibbs_step(
        self, chains: Chains, *, rng: torch.Generator, beta: float = 1.0, clamp: Clamp | None = None
    ) -> Chains:
        """One sweep of block Gibbs sampling: the odd layers given the even, then the even given the odd (figure 8)."""
        layers = list(chains.layers)
        if clamp is not None:
            layers[0] = clamp.apply(layers[0])
        for first in (1, 0):
            for i in range(first, self.num_layers, 2):
                layers[i] = self.sample_layer(i, layers, rng=rng, beta=beta)
        if clamp is not None:
            layers[0] = clamp.apply(layers[0])
        return Chains(tuple(layers))

    @torch.no_grad()
    def sample(self, num_samples: int, *, num_steps: int = 1000, rng: torch.Generator) -> Tensor:
        """Means of the visible units after ``num_steps`` sweeps; (num_samples, num_visible), data units."""
        chains = self.init_chains(num_samples, rng=rng)
        for _ in range(num_steps):
            chains = self.gibbs_step(chains, rng=rng)
        return self.mean(0, chains.layers)


@torch.no_grad()
def begin_as_rbm(model: DBM, rbm, *, scale: float = 0.01, seed: int = 0) -> None:
    """The weights of a trained RBM at the foot, next to none above it: the deep machine then equals the RBM, and mean
    field is exact. The small random weights are there only so that the upper layers can learn different things.
    """
    rng = torch.Generator().manual_seed(seed)
    model.weights[0].copy_(rbm.W)
    for weight in model.weights[1:]:
        weight.normal_(0, scale, generator=rng)
    model.layers[0].load_state_dict(rbm.visible.state_dict())
    model.layers[1].bias.copy_(rbm.hidden.bias)
    for layer in model.layers[2:]:
        layer.bias.zero_()


def _entropy(mean: Tensor) -> Tensor:
    """Entropy of independent binary units, 0 log 0 = 0; (batch, num_units) -> (batch,), nats."""
    return -(torch.xlogy(mean, mean) + torch.xlogy(1 - mean, 1 - mean)).sum(-1)
