"""Two-dimensional worlds whose density is known everywhere: mixtures of round Gaussians, grouped into modes."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

MIN_POINTS = 10


class Mixture(NamedTuple):
    """p(x) = 1/K sum_k N(x; means_k, sigma^2 I). ``modes`` numbers the mode that each component belongs to, from 0."""

    name: str
    means: Tensor  # (K, 2)
    sigma: float
    modes: Tensor  # (K,) integers

    @property
    def num_modes(self) -> int:
        return int(self.modes.max()) + 1

    @property
    def bound(self) -> float:
        """Half the side of the centred square that holds all but a billionth of the probability, and some air."""
        return float(self.means.abs().max()) + max(6.5 * self.sigma, 0.5)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x); (n, 2) -> (n,), nats."""
        log_normal = -torch.cdist(x, self.means.to(x.dtype)).square() / (2 * self.sigma**2)
        return log_normal.logsumexp(-1) - math.log(2 * math.pi * self.sigma**2 * len(self.means))

    def sample(self, num_samples: int, *, rng: torch.Generator) -> Tensor:
        """(num_samples, 2) draws."""
        component = torch.randint(len(self.means), (num_samples,), generator=rng)
        return self.means[component] + self.sigma * torch.randn(num_samples, 2, generator=rng)

    def cell_masses(self, edges: Tensor) -> Tensor:
        """The exact probability of every cell of the square grid with these edges; (n + 1,) -> (n, n), x first."""
        distance = (edges - self.means.to(edges.dtype)[..., None]) / (self.sigma * math.sqrt(2))  # (K, 2, n + 1)
        strips = 0.5 * torch.erf(distance).diff(dim=-1)  # (K, 2, n): the normal distribution is a product
        return torch.einsum("kx,ky->xy", strips[:, 0], strips[:, 1]) / len(self.means)


def ring(num_modes: int = 8, *, radius: float = 2.0, sigma: float = 0.05) -> Mixture:
    """Gaussians at equal distances on a circle."""
    angle = torch.arange(num_modes) * (2 * math.pi / num_modes)
    return Mixture("ring", radius * torch.stack([angle.cos(), angle.sin()], -1), sigma, torch.arange(num_modes))


def grid(side: int = 5, *, spacing: float = 1.0, sigma: float = 0.05) -> Mixture:
    """Gaussians on a square grid."""
    line = spacing * (torch.arange(side) - (side - 1) / 2)
    return Mixture("grid", torch.cartesian_prod(line, line), sigma, torch.arange(side**2))


def two_moons(*, num_components: int = 64, sigma: float = 0.1) -> Mixture:
    """Two half circles that reach into each other, each a dense row of Gaussians; two modes."""
    angle = (torch.arange(num_components) + 0.5) * (math.pi / num_components)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], -1)
    lower = torch.stack([0.5 - angle.cos(), 0.25 - angle.sin()], -1)
    modes = torch.arange(2).repeat_interleave(num_components)
    return Mixture("two moons", 1.5 * torch.cat([upper, lower]), sigma, modes)


def drawn(points: Tensor, *, sigma: float = 0.08) -> Mixture:
    """A visitor's drawing: a Gaussian on every point; points nearer than 5 sigma, from hand to hand, are one mode."""
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"drawn points are pairs of numbers, got the shape {tuple(points.shape)}")
    if len(points) < MIN_POINTS:
        raise ValueError(f"{len(points)} points are too few to learn from: draw at least {MIN_POINTS}")
    if not torch.isfinite(points).all():
        raise ValueError("a drawn point is not a finite number: draw again")
    reachable = torch.cdist(points, points) < 5 * sigma
    for _ in range(max(len(points) - 1, 1).bit_length()):  # paths of twice the length each time
        reachable = (reachable.float() @ reachable.float()) > 0
    first = reachable.float().argmax(-1)  # the lowest number among the points of one mode
    return Mixture("drawn", points, sigma, first.unique(return_inverse=True)[1])


WORLDS = {"ring": ring, "grid": grid, "two moons": two_moons}
