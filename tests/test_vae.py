import copy
import math

import pytest
import torch

from deepgen.datasets import bars_and_stripes
from deepgen.marginal import log_likelihood_quadrature, num_active_latents
from deepgen.training import Diverged, fit
from deepgen.vae import VAE, VAEConfig, kl_to_prior, latent_grid, log_importance_weights, sample_latents
from deepgen.variational_training import VariationalTraining


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def random_vae(seed=0, **config):
    """A tiny model in float64 whose encoder hardly leaves the prior, so that no importance weight is enormous."""
    vae = VAE(VAEConfig(**{"num_visible": 6, "num_hidden": (5,)} | config)).double()
    for name, parameter in vae.named_parameters():
        scale = 0.2 if name.startswith(("mean", "log_var")) else 0.7
        torch.nn.init.normal_(parameter, 0, scale, generator=rng(seed))
    return vae


def patterns(num_visible=6):
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * num_visible)


def test_kl_is_the_mean_log_ratio():
    mean, log_var = torch.tensor([[1.0, -2.0]], dtype=torch.float64), torch.tensor([[0.5, -3.0]], dtype=torch.float64)
    z = sample_latents(mean, log_var, rng=rng(), num_samples=100_000)
    q = torch.distributions.Normal(mean, (0.5 * log_var).exp())
    log_ratio = (q.log_prob(z) - torch.distributions.Normal(0, 1).log_prob(z)).sum(-1)
    error = 4 * log_ratio.std() / math.sqrt(len(z))
    assert abs(log_ratio.mean() - kl_to_prior(mean, log_var)) < error < 0.05  # log sigma for log variance: off by nats


def test_kl_is_unbounded():
    mean, log_var = torch.tensor([[3.0]]), torch.tensor([[2 * math.log(0.1)]])
    assert kl_to_prior(mean, log_var).item() == pytest.approx(6.31, abs=0.01)  # the paper says "up to one"


def test_reparameterised_gradient_is_the_score_function_gradient():
    vae, x = random_vae(), patterns()[[21]]
    mean, log_var = (t.detach().requires_grad_() for t in vae.encode(x))
    z = sample_latents(mean, log_var, rng=rng(), num_samples=100_000)
    f = vae.log_likelihood_given(z, x)
    per_draw = torch.autograd.grad(f.sum(), z, retain_graph=True)[0][:, 0]
    sigma = (0.5 * log_var).exp().detach()
    reparameterised = torch.stack([per_draw, per_draw * 0.5 * (z - mean)[:, 0].detach()], -1).flatten(1)
    epsilon = ((z - mean) / sigma)[:, 0].detach()
    score = torch.stack([epsilon / sigma[0], 0.5 * (epsilon.square() - 1)], -1).flatten(1)
    score_function = (f - f.mean()).detach() * score
    error = 4 * (reparameterised.var(0) + score_function.var(0)).div(len(z)).sqrt()
    assert ((reparameterised.mean(0) - score_function.mean(0)).abs() < error).all()
    exact = torch.cat(torch.autograd.grad(f.mean(), (mean, log_var))).T.flatten()
    torch.testing.assert_close(exact, reparameterised.mean(0))  # autograd takes the path through z, equation (35)
    assert (error < 0.2 * exact.abs().max()).all()


def test_elbo_is_reconstruction_less_kl_and_the_mean_log_weight():
    vae, x = random_vae(), patterns()[[5, 40]]
    draws = [vae.elbo(x, rng=rng(seed)).value for seed in range(3000)]
    elbo = torch.stack(draws)
    log_w = log_importance_weights(vae, x, num_samples=3000, rng=rng(9))
    error = 4 * (elbo.var(0) + log_w.var(0)).div(3000).sqrt()
    assert ((elbo.mean(0) - log_w.mean(0)).abs() < error).all()


def test_decode_gives_the_means_of_the_pixels():
    vae, z, x = random_vae(), torch.randn(4, 2, generator=rng(), dtype=torch.float64), patterns()
    mean = vae.decode(z)
    log_p = vae.log_likelihood_given(z[:, None], x)  # (4, 64)
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(4, dtype=torch.float64))
    torch.testing.assert_close(log_p.exp() @ x, mean)


def test_grey_cross_entropy_is_the_expectation_over_binarised_pixels():
    vae, x = random_vae(), patterns()
    z = torch.randn(1, 2, generator=rng(), dtype=torch.float64)
    grey = torch.rand(6, generator=rng(), dtype=torch.float64)
    probability = (grey * x + (1 - grey) * (1 - x)).prod(1)
    torch.testing.assert_close(probability @ vae.log_likelihood_given(z, x), vae.log_likelihood_given(z, grey)[0])


def test_training_starts_from_the_pixel_mean():
    data = torch.rand(50, 6, generator=rng()) * torch.linspace(0.1, 1, 6)
    vae = VAE(VAEConfig(6, (5,)))
    vae.initialise(data, rng=rng())
    assert vae.is_trained and not VAE(VAEConfig(6, (5,))).is_trained
    torch.testing.assert_close(vae.visible.bias.sigmoid(), data.mean(0))


def test_learns_bars_and_stripes():
    data = bars_and_stripes(2, 3).images
    vae = VAE(VAEConfig(6, (64, 64)))
    trainer = VariationalTraining(num_epochs=600, batch_size=100, learning_rate=1e-2)
    last = fit(trainer, vae, data.repeat(10, 1), rng=rng())  # every pattern ten times a batch
    log_p = log_likelihood_quadrature(vae, data).mean().item()
    assert last.step == last.num_steps == 600
    assert -0.5 < log_p + math.log(10) < 1e-3  # the entropy is the best there is; 0.36 nats away, 2.3 at first


def test_same_seed_same_weights_and_nobody_elses_random_numbers():
    data = torch.rand(40, 6, generator=rng())
    before, states = torch.get_rng_state(), []
    for _ in range(2):
        vae = VAE(VAEConfig(6, (5,), num_latents=3))
        fit(VariationalTraining(num_epochs=2, batch_size=10, num_importance_samples=3), vae, data, rng=rng(7))
        states.append(vae.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))
    assert torch.equal(before, torch.get_rng_state())


def test_kl_weight_warms_up_and_can_be_changed_while_training():
    data = torch.rand(40, 6, generator=rng())
    trainer = VariationalTraining(num_epochs=4, batch_size=10, kl_warm_up=2)
    steps = trainer.steps(VAE(VAEConfig(6, (5,))), data, rng=rng())
    weights = [next(steps).metrics["kl_weight"] for _ in range(9)]
    assert weights == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]
    step = steps.send(VariationalTraining(num_epochs=4, batch_size=10, kl_weight=5))
    assert step.metrics["kl_weight"] == 5 and step.step == 10 and step.epoch == 2.5


@pytest.mark.parametrize("settings", [{}, {"kl_weight": 3.0}, {"num_importance_samples": 4}], ids=str)
def test_the_first_update_is_adam_on_the_bound_that_autograd_differentiates(settings):
    """Its first step is the sign of the gradient, at the whole of the learning rate; drawn with the same numbers."""
    vae, data = random_vae(), patterns()
    reference, before = copy.deepcopy(vae), copy.deepcopy(vae.state_dict())
    trainer = VariationalTraining(1, batch_size=64, learning_rate=1e-3, **settings)
    next(trainer.steps(vae, data, rng=rng(5)))
    stream = rng(5)
    batch = torch.bernoulli(data[torch.randperm(64, generator=stream)], generator=stream)
    if "num_importance_samples" in settings:
        weights = log_importance_weights(reference, batch, num_samples=4, rng=stream).exp()
        objective = weights.mean(0).log().mean()
    else:
        reconstruction, kl = reference.elbo(batch, rng=stream)
        objective = (reconstruction - settings.get("kl_weight", 1.0) * kl).mean()
    (-objective).backward()
    for name, parameter in reference.named_parameters():
        adam = parameter.grad / (parameter.grad.abs() + 1e-8)
        torch.testing.assert_close(vae.state_dict()[name], before[name] - 1e-3 * adam, rtol=0, atol=1e-8, msg=name)


@pytest.mark.parametrize("binarise", [True, False])
def test_every_batch_is_drawn_afresh_or_left_grey(binarise, monkeypatch):
    seen, elbo = [], VAE.elbo

    def spy(vae, x, *, rng):
        seen.append(x)
        return elbo(vae, x, rng=rng)

    monkeypatch.setattr(VAE, "elbo", spy)
    grey = torch.linspace(0, 1, 6).repeat(4000, 1)
    fit(VariationalTraining(2, batch_size=4000, binarise=binarise), VAE(VAEConfig(6, (5,))), grey, rng=rng())
    if not binarise:
        assert all(torch.equal(x, grey) for x in seen)
        return
    assert not torch.equal(*seen)
    for x in seen:
        assert set(x.unique().tolist()) == {0.0, 1.0}
        assert ((x.mean(0) - grey[0]).abs() <= 4.5 * (grey[0] * (1 - grey[0]) / 4000).sqrt()).all()


def test_a_heavy_kl_collapses_the_posterior_and_it_shows():
    data = bars_and_stripes(3, 3).images
    vae = VAE(VAEConfig(9, (32,)))
    last = fit(VariationalTraining(num_epochs=400, batch_size=14, learning_rate=1e-2), vae, data, rng=rng())
    assert num_active_latents(vae, data) == 2 and last.metrics["kl"] > 1
    fit(VariationalTraining(num_epochs=400, batch_size=14, learning_rate=1e-2, kl_weight=20), vae, data, rng=rng())
    assert num_active_latents(vae, data) == 0 and vae.elbo(data, rng=rng()).kl.mean() < 0.02


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("num_importance_samples", [1, 5])
def test_every_objective_and_precision_improves_the_bound(precision, num_importance_samples):
    data = bars_and_stripes(2, 3).images
    vae = VAE(VAEConfig(6, (16,)))
    vae.initialise(data, rng=rng())
    before = log_likelihood_quadrature(vae, data).mean()
    options = {"precision": precision, "num_importance_samples": num_importance_samples}
    last = fit(VariationalTraining(num_epochs=200, batch_size=10, learning_rate=2e-2, **options), vae, data, rng=rng())
    assert log_likelihood_quadrature(vae, data).mean() > before + 0.1
    assert last.particles.shape == (100, 6) and last.particles.min() >= 0 and last.particles.max() <= 1


def test_gaussian_pixels_and_more_latents():
    data = torch.randn(60, 4, generator=rng()) * torch.tensor([2.0, 1, 1, 1]) + 3
    vae = VAE(VAEConfig(4, (8,), num_latents=3, visible="gaussian"))
    fit(VariationalTraining(num_epochs=20, batch_size=20), vae, data, rng=rng())
    sample = vae.sample(500, rng=rng())
    assert sample.shape == (500, 4) and (sample.mean(0) - 3).abs().max() < 1


def test_held_out_examples_are_measured_and_change_nothing():
    data, states = torch.rand(40, 6, generator=rng()), []
    others = torch.get_rng_state()
    for held_out in (None, torch.rand(30, 6, generator=rng(1))):
        vae = VAE(VAEConfig(6, (5,)))
        steps = VariationalTraining(num_epochs=2, batch_size=10).steps(vae, data, rng=rng(), held_out=held_out)
        last = list(steps)[-1]
        states.append(vae.state_dict())
    metrics = last.metrics
    assert metrics["held_out_elbo"] == pytest.approx(
        metrics["held_out_reconstruction"] - metrics["held_out_kl"], abs=1e-4
    )
    assert metrics["active_latents"] in (0, 1, 2)
    assert torch.equal(others, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (torch.rand(5, 7), r"\(num_examples, 6\)"),
        (torch.rand(5, 6) + 1, "rescale"),
        (torch.full((5, 6), torch.nan), "not finite"),
    ],
)
def test_data_that_cannot_be_learnt_are_refused_in_a_sentence(data, match):
    with pytest.raises(ValueError, match=match):
        fit(VariationalTraining(), VAE(VAEConfig(6, (5,))), data, rng=rng())


def test_divergence_is_a_sentence_and_leaves_finite_weights():
    vae = VAE(VAEConfig(6, (5,)))
    with pytest.raises(Diverged, match="lower the learning rate"):
        fit(VariationalTraining(num_epochs=5, batch_size=10, learning_rate=1e30), vae, torch.rand(40, 6), rng=rng())
    assert all(parameter.isfinite().all() for parameter in vae.parameters())


def test_latent_grid_is_laid_out_like_the_page():
    grid = latent_grid(3, limit=2.0)
    assert grid[0].tolist() == [-2, 2] and grid[2].tolist() == [2, 2] and grid[6].tolist() == [-2, -2]
    quantiles = latent_grid(4)[:4, 0]
    torch.testing.assert_close(torch.special.ndtr(quantiles), torch.tensor([0.125, 0.375, 0.625, 0.875]))


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: VAEConfig(0),
        lambda: VAEConfig(6, (0,)),
        lambda: VAEConfig(6, visible="poisson"),
        lambda: VariationalTraining(batch_size=0),
        lambda: VariationalTraining(learning_rate=0),
        lambda: VariationalTraining(kl_weight=-1),
        lambda: VariationalTraining(num_importance_samples=0),
        lambda: VariationalTraining(precision="float8"),
    ],
)
def test_mistakes_are_sentences(mistake):
    with pytest.raises(ValueError, match="got"):
        mistake()
