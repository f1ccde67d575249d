from itertools import islice

import pytest
import torch

from deepgen.dbm import DBM, DBMConfig
from deepgen.enumeration import log_marginal, log_partition_exact, posterior
from deepgen.likelihood import all_states
from deepgen.variational_pcd import _WorkingCopy

SIZES = [(4, 3), (4, 3, 2), (3, 4, 3, 2), (3, 3, 2, 2, 2)]


def machine(sizes, seed=0, scale=1.0, visible="bernoulli"):
    rng = torch.Generator().manual_seed(seed)
    model = DBM(DBMConfig(sizes, visible)).double()
    for parameter in model.parameters():
        parameter.data = scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
    return model.requires_grad_(False)


def visible_states(model):
    return torch.cat(list(all_states(model.config.layer_sizes[0])))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_bound_never_exceeds_the_log_likelihood(sizes, scale):
    model = machine(sizes, scale=scale)
    v = visible_states(model)
    log_z = log_partition_exact(model)
    exact = log_marginal(model, v) - log_z
    assert exact.exp().sum().item() == pytest.approx(1)
    for layers in islice(model.mean_field_steps(v), 30):  # not only at the fixed point
        assert (model.bound(layers) - log_z <= exact + 1e-10).all()
    assert (model.log_likelihood_bound(v, log_z, num_iterations=50) <= exact + 1e-10).all()


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("damping", [0.0, 0.6])
@pytest.mark.parametrize("start", ["doubled", "random"])
def test_bound_rises_monotonically_to_a_stationary_point(sizes, damping, start):
    model = machine(sizes, seed=1, scale=2.0)
    v = visible_states(model)
    rng = torch.Generator().manual_seed(0)
    random = [v, *(torch.rand(len(v), n, generator=rng, dtype=torch.float64) for n in sizes[1:])]
    steps = model.mean_field_steps(v, damping=damping, start=random if start == "random" else None)
    bounds = torch.stack([model.bound(layers) for layers in islice(steps, 400)])
    assert (bounds[1:] - bounds[:-1] >= -1e-11).all()
    means = [mean.requires_grad_() for mean in next(steps)[1:]]
    slopes = torch.autograd.grad(model.bound([v, *means]).sum(), means)
    for mean, slope in zip(means, slopes, strict=True):  # in the means' logits, where no border interferes
        assert (slope * mean * (1 - mean)).abs().max() < 1e-6


def test_bound_is_exact_without_weights_between_hidden_layers():
    model = machine((4, 3, 3))
    model.weights[1].data.zero_()
    v = visible_states(model)
    log_z = log_partition_exact(model)
    torch.testing.assert_close(model.log_likelihood_bound(v, log_z), log_marginal(model, v) - log_z)


def test_gap_is_the_divergence_from_the_true_posterior():
    model = machine((4, 3, 2), seed=3, scale=1.5)
    v = visible_states(model)[5]
    (h1, h2), p = posterior(model, v)
    means = model.mean_field(v[None], num_iterations=100)
    log_q = sum(
        (torch.xlogy(h, m) + torch.xlogy(1 - h, 1 - m)).sum(1) for h, m in zip((h1, h2), means[1:], strict=True)
    )
    divergence = (log_q.exp() * (log_q - p.log())).sum()
    assert divergence > 1e-3
    torch.testing.assert_close(log_marginal(model, v[None])[0] - model.bound(means)[0], divergence)


def test_one_hidden_layer_is_a_restricted_machine():
    model = machine((5, 4))
    v = visible_states(model)
    torch.testing.assert_close(model.mean_field(v)[1], torch.sigmoid(v @ model.weights[0] + model.layers[1].bias))
    torch.testing.assert_close(model.bound(model.mean_field(v)), -model.free_energy([v, None]))


def test_multimodal_posterior_makes_mean_field_take_a_side():
    """Two explanations that exclude each other: the truth is even-handed, mean field is not."""
    model = DBM(DBMConfig((1, 2, 1))).double().requires_grad_(False)
    model.weights[1].copy_(torch.tensor([[8.0], [-8.0]]))
    model.layers[1].bias.copy_(torch.tensor([-4.0, 4.0]))
    v = torch.ones(1, 1, dtype=torch.float64)
    (_, h2), p = posterior(model, v[0])
    assert (p * h2[:, 0]).sum().item() == pytest.approx(0.5, abs=1e-9)
    sides = []
    for lean in (0.4, 0.6):
        start = [v, torch.full((1, 2), 0.5).double(), torch.full((1, 1), lean).double()]
        layers = model.mean_field(v, start=start, num_iterations=100)
        sides.append(layers[2].item())
        gap = log_marginal(model, v) - model.bound(layers)
        assert gap.item() == pytest.approx(0.6931, abs=0.01)  # log 2: one of two equal modes is missed
    assert sides[0] < 0.05 and sides[1] > 0.95


def test_a_start_gives_the_means_and_damping_the_share_of_them_that_stays():
    model = machine((4, 3, 2))
    v, other = visible_states(model)[:1], visible_states(model)[9:10]
    start = model.mean_field(other)
    before, after = islice(model.mean_field_steps(v, start=start, damping=0.25), 2)
    assert torch.equal(before[0], v) and torch.equal(after[0], v)  # the picture is the new one
    torch.testing.assert_close(after[1], 0.25 * start[1] + 0.75 * model.mean(1, [v, None, start[2]]))
    torch.testing.assert_close(after[2], 0.25 * start[2] + 0.75 * model.mean(2, [v, after[1], None]))


def test_tolerance_stops_early_and_damping_is_checked():
    model = machine((4, 3, 2), scale=0.3)
    v = visible_states(model)
    settled = model.mean_field(v, num_iterations=1000)
    stopped = model.mean_field(v, num_iterations=1000, tolerance=1e-6)
    assert max((a - b).abs().max() for a, b in zip(settled, stopped, strict=True)) < 1e-5
    assert not torch.equal(settled[1], model.mean_field(v, num_iterations=1)[1])
    with pytest.raises(ValueError, match="damping"):
        next(model.mean_field_steps(v, damping=1.0))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_the_trainer_settles_like_the_model(sizes, visible):
    model = machine(sizes, visible=visible)
    if visible == "gaussian":
        model.layers[0].log_sigma.data.zero_()
    v = visible_states(model)
    for mine, models in zip(
        _WorkingCopy(model, torch.float64).mean_field(v, 7), model.mean_field(v, num_iterations=7), strict=True
    ):
        torch.testing.assert_close(mine, models)
