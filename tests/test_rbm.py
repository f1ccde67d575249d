"""The machine: its conditionals are those of the joint table, its kernel leaves its distribution alone."""

import math

import pytest
import torch

from deepgen.chains import Chains, Clamp
from deepgen.likelihood import all_states
from deepgen.rbm import RBM, RBMConfig


def random_rbm(num_visible=4, num_hidden=3, scale=1.0, **config) -> RBM:
    rng = torch.Generator().manual_seed(0)
    model = RBM(RBMConfig(num_visible, num_hidden, **config)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    return model.requires_grad_(False)


def joint_table(model: RBM, beta: float = 1.0):
    """Visible states, hidden states and p(v, h) over all of them; (2^num_visible, 2^num_hidden)."""
    v = torch.cat(list(all_states(model.config.num_visible)))
    h = torch.cat(list(all_states(model.config.num_hidden)))
    energy = model.energy(v.repeat_interleave(len(h), 0), h.repeat(len(v), 1))
    return v, h, torch.softmax(-beta * energy, 0).view(len(v), len(h))


@pytest.mark.parametrize("beta", [1.0, 0.5, 0.0])
def test_conditionals_are_those_of_the_joint_table(beta):
    model = random_rbm()
    v, h, joint = joint_table(model, beta)
    given_v = (joint / joint.sum(1, keepdim=True)) @ h
    given_h = (joint / joint.sum(0, keepdim=True)).T @ v
    torch.testing.assert_close(model.mean_hidden(v, beta=beta), given_v, rtol=0, atol=1e-12)
    torch.testing.assert_close(model.mean_visible(h, beta=beta), given_h, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
def test_free_energy_sums_out_the_hidden_units(kind):
    model = random_rbm(visible=kind)
    v = torch.randn(5, 4, generator=torch.Generator().manual_seed(1)).double()
    v = v if kind == "gaussian" else (v > 0).double()
    h = torch.cat(list(all_states(3)))
    energy = model.energy(v.repeat_interleave(len(h), 0), h.repeat(len(v), 1)).view(len(v), len(h))
    torch.testing.assert_close(model.free_energy(v), -(-energy).logsumexp(1), rtol=0, atol=1e-12)


def test_gaussian_conditionals_complete_the_square():
    """-E(v, h) as a function of v is a parabola with its top at E[v | h] and the curvature of 1 / sigma^2."""
    model = random_rbm(visible="gaussian", learn_variance=True)
    h = torch.tensor([[1.0, 0.0, 1.0]]).double()
    top = model.mean_visible(h)
    sigma = model.visible.log_sigma.exp()
    for i in range(4):
        shifted = top.clone()
        shifted[0, i] += 0.7
        gap = float(model.energy(shifted, h) - model.energy(top, h))
        assert gap == pytest.approx(0.5 * (0.7 / float(sigma[i])) ** 2, abs=1e-10)


def kernel(model: RBM, beta: float) -> torch.Tensor:
    """p(v' | v) of one sweep, summed over the hidden states in between; (states, states)."""
    _, _, joint = joint_table(model, beta)
    return (joint / joint.sum(1, keepdim=True)) @ (joint / joint.sum(0, keepdim=True)).T


@pytest.mark.parametrize("beta", [1.0, 0.4])
def test_the_gibbs_kernel_is_stationary_and_reversible(beta):
    model = random_rbm()
    p, T = joint_table(model, beta)[2].sum(1), kernel(model, beta)
    torch.testing.assert_close(p @ T, p, rtol=0, atol=1e-12)
    flow = p[:, None] * T
    torch.testing.assert_close(flow, flow.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("beta", [1.0, 0.4])
def test_a_sweep_moves_by_the_kernel(beta):
    """Transitions of gibbs_step, counted from one state, against the kernel's row."""
    model, n = random_rbm(), 40000
    T = kernel(model, beta)[5]
    v = torch.cat(list(all_states(4)))[5].expand(n, -1)
    after = model.gibbs_step(Chains((v, v.new_zeros(n, 3))), rng=torch.Generator().manual_seed(0), beta=beta).layers[0]
    found = histogram(after)
    assert ((found - T).abs() < 4.5 * (T * (1 - T) / n).sqrt() + 1e-9).all()


def histogram(v: torch.Tensor) -> torch.Tensor:
    code = (v @ (2.0 ** torch.arange(v.shape[1] - 1, -1, -1)).to(v)).long()
    return torch.bincount(code, minlength=2 ** v.shape[1]) / len(v)


def test_chains_started_at_the_distribution_stay_there():
    model, n, rng = random_rbm(scale=1.5), 20000, torch.Generator().manual_seed(1)
    v, _, joint = joint_table(model)
    p = joint.sum(1)
    chains = Chains((v[torch.multinomial(p, n, replacement=True, generator=rng)], v.new_zeros(n, 3)))
    floor = 0.5 * (2 * p * (1 - p) / (math.pi * n)).sqrt().sum()  # expected distance of n independent draws
    for _ in range(100):
        chains = model.gibbs_step(chains, rng=rng)
    distance = 0.5 * (histogram(chains.layers[0]) - p).abs().sum()
    assert distance < floor + 4 * 0.5 / math.sqrt(n)  # one draw moves it by 1/n: its spread is below 1 / (2 sqrt n)


def test_at_beta_zero_all_units_are_fair_coins():
    model = random_rbm(scale=3.0)
    chains = model.init_chains(20000, rng=torch.Generator().manual_seed(0))
    after = model.gibbs_step(chains, rng=torch.Generator().manual_seed(1), beta=0.0)
    states = torch.cat(after.layers, 1)
    assert ((states.mean(0) - 0.5).abs() < 4 * 0.5 / math.sqrt(20000)).all()
    correlations = torch.corrcoef(torch.cat([chains.layers[0], states], 1).T) - torch.eye(11)
    assert correlations[4:].abs().max() < 5 / math.sqrt(20000)


def test_init_chains_know_the_biases_alone():
    model, n = random_rbm(), 20000
    v, h = model.init_chains(n, rng=torch.Generator().manual_seed(0)).layers
    assert v.shape == (n, 4) and h.shape == (n, 3)
    mean = torch.sigmoid(model.visible.bias)
    assert ((v.mean(0) - mean).abs() < 4 * (mean * (1 - mean) / n).sqrt()).all()


def test_clamped_units_never_move_and_the_others_follow_their_conditional():
    model, n, rng = random_rbm(), 20000, torch.Generator().manual_seed(0)
    mask = torch.tensor([True, False, False, True])
    clamp = Clamp(mask, torch.tensor([1.0, 0.0, 0.0, 0.0]).double())
    chains = model.init_chains(n, rng=rng)
    for _ in range(40):
        chains = model.gibbs_step(chains, rng=rng, clamp=clamp)
        assert (chains.layers[0][:, mask] == clamp.values[mask]).all()
    v, _, joint = joint_table(model)
    possible = (v[:, mask] == clamp.values[mask]).all(1)
    p = joint.sum(1) * possible
    p = p / p.sum()
    assert ((histogram(chains.layers[0]) - p).abs() < 4.5 * (p * (1 - p) / n).sqrt() + 1e-9).all()


def test_every_chain_may_have_its_own_clamp():
    model, rng = random_rbm(), torch.Generator().manual_seed(0)
    values = torch.eye(4).double()
    mask = torch.eye(4).bool()
    chains = model.init_chains(4, rng=rng)
    for _ in range(10):
        chains = model.gibbs_step(chains, rng=rng, clamp=Clamp(mask, values))
        assert (chains.layers[0].diagonal() == 1).all()


def test_samples_are_as_many_sweeps_from_the_biases_as_asked():
    model, rng = random_rbm(), torch.Generator().manual_seed(0)
    chains = model.init_chains(6, rng=rng)
    for _ in range(3):
        chains = model.gibbs_step(chains, rng=rng)
    found = model.sample(6, num_steps=3, rng=torch.Generator().manual_seed(0))
    assert torch.equal(found, model.mean_visible(chains.layers[1]))


def test_samples_are_means_in_data_units():
    binary = random_rbm().sample(6, num_steps=3, rng=torch.Generator().manual_seed(0))
    assert binary.shape == (6, 4) and binary.min() >= 0 and binary.max() <= 1
    real = random_rbm(visible="gaussian").sample(6, num_steps=3, rng=torch.Generator().manual_seed(0))
    assert real.shape == (6, 4) and real.min() < 0


@pytest.mark.parametrize(("sizes", "kind"), [((0, 3), "bernoulli"), ((3, 0), "bernoulli"), ((3, 3), "poisson")])
def test_impossible_architectures_are_refused(sizes, kind):
    with pytest.raises(ValueError, match="got"):
        RBMConfig(*sizes, visible=kind)
