"""Layers of units: each answer against the sum or the integral over the unit's states."""

import math

import pytest
import torch

from deepgen.units import Bernoulli, Gaussian

INPUTS = torch.tensor([[-2.0, 0.3, 1.5], [0.0, 40.0, -40.0]], dtype=torch.float64)
GRID = torch.arange(-40, 40, 0.01, dtype=torch.float64)


def layer(kind: str):
    units = {"bernoulli": Bernoulli, "gaussian": Gaussian}[kind](3).double()
    with torch.no_grad():
        units.bias.copy_(torch.tensor([0.5, -1.0, 0.2]))
        if kind == "gaussian":
            units.log_sigma.copy_(torch.tensor([0.4, -0.3, 0.0]))
    return units


def log_weights(units, inputs: torch.Tensor, states: torch.Tensor, beta: float) -> torch.Tensor:
    """-beta (energy(x) - x . inputs / sigma) unit by unit, for every state of one unit; (len(states), num_units)."""
    x = states[:, None]
    if isinstance(units, Bernoulli):
        return beta * x * (inputs + units.bias)
    sigma = units.log_sigma.exp()
    return beta * (x * inputs / sigma - 0.5 * ((x - units.bias) / sigma) ** 2)


@pytest.mark.parametrize("beta", [1.0, 0.3, 2.0])
@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
@torch.no_grad()
def test_log_partition_and_mean_are_sums_over_states(kind, beta):
    units, inputs = layer(kind), INPUTS[0]
    states, width = (torch.tensor([0.0, 1.0]).double(), 1.0) if kind == "bernoulli" else (GRID, 0.01)
    weights = log_weights(units, inputs, states, beta)
    log_z = weights.logsumexp(0) + math.log(width)
    assert float(units.log_partition(inputs[None], beta=beta)) == pytest.approx(float(log_z.sum()), abs=1e-9)
    mean = (weights - weights.logsumexp(0)).exp().mul(states[:, None]).sum(0)
    torch.testing.assert_close(units.mean(inputs[None], beta=beta)[0], mean, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
@torch.no_grad()
def test_energy_is_what_the_weights_are_made_of(kind):
    units = layer(kind)
    x = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]).double()
    for row, energy in zip(x, units.energy(x), strict=True):
        by_unit = [log_weights(units, torch.zeros(3).double(), value[None], 1.0)[0, i] for i, value in enumerate(row)]
        assert float(energy) == pytest.approx(-float(sum(by_unit)), abs=1e-12)


@pytest.mark.parametrize("beta", [1.0, 0.5])
@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
@torch.no_grad()
def test_samples_have_the_mean_and_the_spread(kind, beta):
    units, n = layer(kind), 20000
    inputs = INPUTS[:1].expand(n, -1)
    x = units.sample(inputs, rng=torch.Generator().manual_seed(0), beta=beta)
    mean = units.mean(inputs, beta=beta)[0]
    variance = mean * (1 - mean) if kind == "bernoulli" else (2 * units.log_sigma).exp() / beta
    assert ((x.mean(0) - mean).abs() < 4 * (variance / n).sqrt()).all()
    assert ((x.var(0) / variance - 1).abs() < 4 * math.sqrt(2 / n) + 0.05).all()
    assert x.dtype == torch.float64
    if kind == "bernoulli":
        assert set(x.unique().tolist()) == {0.0, 1.0}


@torch.no_grad()
def test_large_inputs_saturate_without_overflow():
    units = layer("bernoulli")
    inputs = torch.tensor([[1000.0, -1000.0, 0.0]]).double()
    assert units.mean(inputs)[0, :2].tolist() == [1.0, 0.0]
    assert float(units.log_partition(inputs)) == pytest.approx(1000.5 + math.log(1 + math.exp(0.2)), abs=1e-6)


def test_samples_follow_their_generator():
    units = layer("bernoulli")
    draws = [units.sample(torch.zeros(50, 3).double(), rng=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])


def test_the_variance_is_learnt_only_if_asked_for():
    assert not Gaussian(2).log_sigma.requires_grad
    assert Gaussian(2, learn_variance=True).log_sigma.requires_grad
