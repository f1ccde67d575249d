"""Two-dimensional worlds: the density integrates to one, samples follow it, modes are counted as the eye does."""

import math

import pytest
import torch

from deepgen.mixtures import Mixture, drawn, grid, ring, two_moons

WORLDS = [ring(), grid(), two_moons()]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_density_integrates_to_one(world):
    line = torch.linspace(-world.bound, world.bound, 301, dtype=torch.float64)
    density = world.log_density(torch.cartesian_prod(line, line)).exp()
    assert density.sum().item() * (line[1] - line[0]).item() ** 2 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_cells_hold_the_integral_of_the_density_and_samples_fall_into_them(world):
    edges = torch.linspace(-world.bound, world.bound, 13, dtype=torch.float64)
    masses = world.cell_masses(edges)
    assert masses.sum().item() == pytest.approx(1, abs=1e-9)
    fine = torch.linspace(0, 1, 121, dtype=torch.float64)
    middle = (fine[1:] + fine[:-1]) / 2 * 2 * world.bound - world.bound  # 10 x 10 middles per cell
    density = world.log_density(torch.cartesian_prod(middle, middle)).exp() * (2 * world.bound / 120) ** 2
    assert torch.allclose(density.view(12, 10, 12, 10).sum((1, 3)), masses, atol=2e-3)
    n = 20_000
    x = world.sample(n, rng=torch.Generator().manual_seed(0)).double()
    shares = torch.histogramdd(x, bins=[edges, edges]).hist / n
    assert ((shares - masses).abs() <= 5 * (masses * (1 - masses) / n).sqrt() + 2 / n).all()


def test_modes():
    assert [world.num_modes for world in WORLDS] == [8, 25, 2]
    assert ring(5).num_modes == 5 and grid(3).num_modes == 9
    assert torch.allclose(ring().means.norm(dim=1), torch.tensor(2.0))


def test_one_component_is_the_normal_density():
    world = Mixture("one", torch.zeros(1, 2), 0.5, torch.zeros(1, dtype=torch.int64))
    found = world.log_density(torch.tensor([[0.3, 0.4]], dtype=torch.float64)).item()
    assert found == pytest.approx(-math.log(2 * math.pi * 0.25) - 0.5)


def test_drawn_strokes_become_modes():
    stroke = torch.stack([torch.linspace(0, 2, 12), torch.zeros(12)], -1)
    two = torch.cat([stroke, stroke + torch.tensor([0.0, 1.5])])
    two = two[torch.randperm(24, generator=torch.Generator().manual_seed(0))]
    world = drawn(two)
    assert world.num_modes == 2
    assert len(set(world.modes[two[:, 1] < 1].tolist())) == 1, "a stroke is one mode, however long"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (torch.zeros(9, 2), "9 points are too few to learn from: draw at least 10"),
        (torch.zeros(20, 3), "pairs of numbers"),
        (torch.full((20, 2), float("nan")), "not a finite number"),
    ],
)
def test_bad_drawings_are_refused_with_a_sentence(points, said):
    with pytest.raises(ValueError, match=said):
        drawn(points)
