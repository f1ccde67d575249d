"""Partition functions: exact, from below, from above; pseudo-likelihoods."""

import math
from itertools import pairwise

import pytest
import torch

from deepgen.annealing import AnnealedRBM, ais, base_rates, estimate, linear_betas, walk
from deepgen.likelihood import (
    all_states,
    bracket,
    log_likelihood,
    log_partition_ais,
    log_partition_exact,
    log_partition_reverse_ais,
    pseudo_log_likelihood,
    pseudo_log_likelihood_estimate,
)
from deepgen.rbm import RBM, RBMConfig

KINDS = [{}, {"visible": "gaussian"}, {"visible": "gaussian", "learn_variance": True}]
NAMES = ["bernoulli", "gaussian", "learned variance"]


def generator(seed=0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_rbm(num_visible=6, num_hidden=4, scale=1.0, seed=0, **config) -> RBM:
    rng = generator(seed)
    model = RBM(RBMConfig(num_visible, num_hidden, **config)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    return model


def exact_samples(model: RBM, num_samples: int, *, rng: torch.Generator) -> torch.Tensor:
    """Independent visible states: h from its exact marginal, then v given h."""
    h = torch.cat(list(all_states(model.config.num_hidden)))
    log_p = model.visible.log_partition(model.inputs_to_visible(h)) - model.hidden.energy(h)
    chosen = torch.multinomial(torch.softmax(log_p.detach(), 0), num_samples, replacement=True, generator=rng)
    return model.sample_visible(h[chosen], rng=rng).detach()


def test_all_states_are_all_of_them_once():
    states = torch.cat(list(all_states(5, chunk=7)))
    assert states.shape == (32, 5)
    assert len(states.unique(dim=0)) == 32


def test_log_partition_by_joint_by_visible_and_by_hidden():
    model = random_rbm()
    v, h = (torch.cat(list(all_states(n))) for n in (6, 4))
    joint = -model.energy(v.repeat_interleave(len(h), 0), h.repeat(len(v), 1))
    by_visible = -model.free_energy(v)
    by_hidden = model.visible.log_partition(model.inputs_to_visible(h)) - model.hidden.energy(h)
    exact = log_partition_exact(model)
    for terms in (joint, by_visible, by_hidden):
        assert float(terms.detach().logsumexp(0)) == pytest.approx(exact, abs=1e-12)


def test_the_smaller_side_is_enumerated():
    wide, tall = random_rbm(40, 3), random_rbm(3, 40)
    flipped = RBM(RBMConfig(3, 40)).double()
    with torch.no_grad():
        flipped.W.copy_(wide.W.T)
        flipped.visible.bias.copy_(wide.hidden.bias)
        flipped.hidden.bias.copy_(wide.visible.bias)
    assert log_partition_exact(flipped) == pytest.approx(log_partition_exact(wide), abs=1e-10)
    assert math.isfinite(log_partition_exact(tall))


def test_enumeration_beyond_the_limit_says_what_to_use_instead():
    with pytest.raises(ValueError, match="log_partition_ais"):
        log_partition_exact(random_rbm(21, 21))
    with pytest.raises(ValueError, match="log_partition_ais"):
        log_partition_exact(random_rbm(5, 21, visible="gaussian"))


def test_probabilities_add_up_to_one():
    model = random_rbm()
    states = torch.cat(list(all_states(6)))
    assert float(log_likelihood(model, states, log_partition_exact(model)).exp().sum()) == pytest.approx(1, abs=1e-12)


def test_centred_and_plain_parameters_describe_one_distribution():
    """E = -(v - mu)^T W (h - lam) - b . v - c . h is the plain machine with b - W lam and c - W^T mu."""
    model = random_rbm()
    rng = generator(3)
    mu, lam = torch.rand(6, generator=rng, dtype=torch.float64), torch.rand(4, generator=rng, dtype=torch.float64)
    v, h = (torch.cat(list(all_states(n))) for n in (6, 4))
    v, h = v.repeat_interleave(len(h), 0), h.repeat(len(v), 1)
    W, b, c = model.W, model.visible.bias, model.hidden.bias
    centred = (((v - mu) @ W) * (h - lam)).sum(-1) + v @ b + h @ c
    plain = RBM(model.config).double()
    with torch.no_grad():
        plain.W.copy_(W)
        plain.visible.bias.copy_(b - W @ lam)
        plain.hidden.bias.copy_(c - W.T @ mu)
    torch.testing.assert_close(torch.softmax(centred, 0), torch.softmax(-plain.energy(v, h), 0), rtol=0, atol=1e-12)


def test_flipping_a_bit_of_data_and_model_leaves_the_likelihood_alone():
    """v_0 -> 1 - v_0 with W_0 -> -W_0, b_0 -> -b_0, c -> c + W_0: the same distribution, one unit read upside down."""
    model, flipped = random_rbm(), random_rbm()
    with torch.no_grad():
        flipped.W[0].neg_()
        flipped.visible.bias[0].neg_()
        flipped.hidden.bias.add_(model.W[0])
    states = torch.cat(list(all_states(6)))
    mirrored = states.clone()
    mirrored[:, 0] = 1 - mirrored[:, 0]
    torch.testing.assert_close(
        log_likelihood(flipped, mirrored, log_partition_exact(flipped)),
        log_likelihood(model, states, log_partition_exact(model)),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_a_gaussian_path_step_and_start_are_what_they_say(config):
    """beta = 0 is the base; log Z of every p_beta follows from the path's own numbers at beta = 1."""
    model = random_rbm(scale=0.6, **config)
    path = AnnealedRBM(model, base=torch.linspace(-1, 1, 6), rng=generator())
    state = path.at(exact_samples(model, 5, rng=generator(1)))
    torch.testing.assert_close(path.log_unnormalised(state, 1.0), -model.free_energy(state[0]).detach())
    independent = RBM(model.config).double()
    with torch.no_grad():
        independent.visible.bias.copy_(path.base)
        if config:
            independent.visible.log_sigma.copy_(model.visible.log_sigma)
    assert path.log_partition_start() == pytest.approx(log_partition_exact(independent), abs=1e-10)
    torch.testing.assert_close(path.log_unnormalised(state, 0.0), -independent.free_energy(state[0]).detach())


@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_a_step_of_the_path_leaves_its_distribution_alone(config, beta):
    """Moments before and after a step of chains that start exactly at p_beta."""
    model = random_rbm(scale=0.6, **config)
    path = AnnealedRBM(model, base=torch.linspace(-1, 1, 6), rng=generator())
    at_beta = RBM(model.config).double()
    with torch.no_grad():
        at_beta.W.copy_(beta * model.W)
        at_beta.hidden.bias.copy_(beta * model.hidden.bias)
        at_beta.visible.bias.copy_(torch.lerp(path.base, model.visible.bias, beta))
        if config:
            at_beta.visible.log_sigma.copy_(model.visible.log_sigma)
    n = 40000
    before = exact_samples(at_beta, n, rng=generator(5))
    after, inputs = path.step(path.at(exact_samples(at_beta, n, rng=generator(6))), beta)
    for moment in (lambda v: v, lambda v: v.square(), lambda v: v * v.roll(1, 1)):
        a, b = moment(before), moment(after)
        error = ((a.var(0) + b.var(0)) / n).sqrt()
        assert ((a.mean(0) - b.mean(0)).abs() < 5 * error + 1e-9).all()
    torch.testing.assert_close(inputs, path.at(after)[1])


@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_annealing_finds_the_exact_value_from_both_sides(config):
    model = random_rbm(scale=0.8, **config)
    exact = log_partition_exact(model)
    forward = log_partition_ais(model, num_chains=500, betas=linear_betas(100), rng=generator(1))
    samples = exact_samples(model, 500, rng=generator(2))
    backward = log_partition_reverse_ais(model, samples, betas=linear_betas(100), rng=generator(3))
    for found in (forward, backward):
        assert abs(found.value - exact) < 4 * found.std_error
        assert 0 < found.std_error < 0.2
        assert 100 < found.effective_sample_size <= 500


def test_single_chains_lie_on_their_sides():
    """Jensen: the mean of log w is below, the mean of the reverse ones above; few temperatures, so that it shows."""
    model = random_rbm(scale=1.5)
    exact = log_partition_exact(model)
    path, betas, n = AnnealedRBM(model, rng=generator(1)), linear_betas(5), 300
    with torch.no_grad():
        (*_, forward) = walk(path, path.start(n), betas, lambda log_w: log_w.clone())
        (*_, backward) = walk(path, path.at(exact_samples(model, n, rng=generator(2))), betas[::-1], torch.clone)
    below = path.log_partition_start() + forward.estimate
    above = path.log_partition_start() - backward.estimate
    for gap in (exact - below, above - exact):
        assert gap.mean() > 4 * gap.std() / math.sqrt(n)


def test_weights_are_unbiased_however_few_the_temperatures():
    model = random_rbm()
    exact = log_partition_exact(model)
    path = AnnealedRBM(model, rng=generator(4))
    found = list(ais(path, num_chains=20000, betas=[0.0, 0.5, 1.0]))[-1].estimate
    assert abs(math.exp(found.value - exact) - 1) < 4 * found.std_error
    assert found.std_error < 0.1


def test_a_page_can_watch():
    model = random_rbm()
    steps = list(ais(AnnealedRBM(model, rng=generator()), num_chains=7, betas=linear_betas(201)))
    assert len(steps) == 100
    assert steps[-1].step == steps[-1].num_steps == 200 and steps[-1].beta == 1
    assert all(a.beta < b.beta for a, b in pairwise(steps))
    assert steps[0].particles.shape == (7, 6)


def test_estimates_of_known_weights():
    found = estimate(torch.log(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)), 10.0)
    assert found.value == pytest.approx(10 + math.log(2))
    assert found.std_error == pytest.approx(0.5 / math.sqrt(3))
    assert found.effective_sample_size == pytest.approx(36 / 14)


@pytest.mark.parametrize("betas", [[0.0], [0.1, 1.0], [0.0, 0.9], [0.0, 0.5, 0.5, 1.0]])
def test_betas_that_lead_nowhere_are_refused(betas):
    with pytest.raises(ValueError, match="betas rise from 0 to 1"):
        log_partition_ais(random_rbm(), betas=betas, rng=generator())


def test_base_rates_reproduce_the_means():
    model = random_rbm()
    data = (torch.rand(500, 6, generator=generator(1)) < torch.linspace(0, 1, 6)).double()
    base = base_rates(model, data)
    assert base.isfinite().all()
    torch.testing.assert_close(torch.sigmoid(base), data.mean(0), rtol=0, atol=0.005)


@pytest.mark.parametrize("config", KINDS[:2], ids=NAMES[:2])
def test_the_bracket_holds_the_exact_log_likelihood(config):
    model = random_rbm(**config, scale=0.8).float()
    data = exact_samples(model.double(), 400, rng=generator(1)).float()
    exact = float(log_likelihood(model, data.double(), log_partition_exact(model)).mean())
    found = bracket(model.float(), data, data=data, num_betas=300, burn_in=20, num_chains=400, rng=generator(2))
    assert found.lower - 4 * found.reverse_ais.std_error < exact < found.upper + 4 * found.ais.std_error
    assert found.upper - found.lower < 0.5


def test_the_way_back_begins_at_samples_of_the_model():
    """In a single step, with nowhere to recover on the way, and from data that are nothing like the model."""
    model = random_rbm(scale=1.5)
    found = bracket(
        model, torch.zeros(1, 6).double(), data=torch.zeros(1, 6).double(), num_betas=2, burn_in=100, num_chains=4000,
        rng=generator(1),
    )  # fmt: skip
    assert abs(found.reverse_ais.value - log_partition_exact(model)) < 4 * found.reverse_ais.std_error < 0.4


def test_pseudo_log_likelihood_is_the_sum_of_the_conditionals():
    model = random_rbm()
    states = torch.cat(list(all_states(6)))
    joint = log_likelihood(model, states, log_partition_exact(model)).exp().view([2] * 6)
    expected = sum((joint / joint.sum(i, keepdim=True)).log() for i in range(6))
    torch.testing.assert_close(pseudo_log_likelihood(model, states), expected.flatten(), rtol=0, atol=1e-10)


def test_the_estimate_of_the_pseudo_log_likelihood_is_unbiased_and_seeded():
    model = random_rbm()
    v = torch.cat(list(all_states(6)))[17:18]
    exact = float(pseudo_log_likelihood(model, v))
    found = pseudo_log_likelihood_estimate(model, v.expand(20000, -1), num_bits=2, rng=generator(1))
    assert abs(float(found.mean()) - exact) < 4 * float(found.std()) / math.sqrt(len(found))
    again = pseudo_log_likelihood_estimate(model, v.expand(20000, -1), num_bits=2, rng=generator(1))
    assert torch.equal(found, again)
    everyone = pseudo_log_likelihood_estimate(model, v, num_bits=6, rng=generator(2))
    assert float(everyone) == pytest.approx(exact)
