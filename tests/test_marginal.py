import math

import pytest
import torch
from test_vae import patterns, random_vae, rng

from deepgen.marginal import importance_weighted_bound, log_likelihood_quadrature, num_active_latents
from deepgen.vae import VAE, VAEConfig, log_importance_weights


def linear_gaussian():
    """x = W z + b + noise, the columns of W orthogonal: the posterior is a diagonal Gaussian, known to the encoder."""
    vae = VAE(VAEConfig(3, (), visible="gaussian")).double()
    W = torch.tensor([[1.0, 0.5], [2.0, -0.25], [0.0, 3.0]], dtype=torch.float64)
    b = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    precision = 1 + W.square().sum(0)
    with torch.no_grad():
        vae.output.weight.copy_(W)
        vae.visible.bias.copy_(b)
        vae.mean.weight.copy_(W.T / precision[:, None])
        vae.mean.bias.copy_(-(b @ W) / precision)
        vae.log_var.bias.copy_(-precision.log())
    return vae, torch.distributions.MultivariateNormal(b, torch.eye(3, dtype=torch.float64) + W @ W.T)


def test_with_the_true_posterior_every_weight_is_log_p():
    vae, marginal = linear_gaussian()
    x = marginal.mean + torch.randn(20, 3, generator=rng(), dtype=torch.float64)
    log_w = log_importance_weights(vae, x, num_samples=7, rng=rng())
    torch.testing.assert_close(log_w, marginal.log_prob(x).expand(7, 20), rtol=0, atol=1e-10)
    torch.testing.assert_close(importance_weighted_bound(vae, x, num_samples=130, rng=rng()), marginal.log_prob(x))


def test_samples_come_from_the_prior():
    """The pictures of a linear model, b + W z with z ~ N(0, I), have the covariance W W^T."""
    vae, marginal = linear_gaussian()
    x = vae.sample(40_000, rng=rng())
    torch.testing.assert_close(x.mean(0), marginal.mean, rtol=0, atol=0.05)
    torch.testing.assert_close(torch.cov(x.T), marginal.covariance_matrix - torch.eye(3).double(), rtol=0.05, atol=0.05)


def test_quadrature_integrates_the_linear_gaussian_model():
    vae, marginal = linear_gaussian()
    x = marginal.mean + torch.randn(20, 3, generator=rng(), dtype=torch.float64)
    torch.testing.assert_close(log_likelihood_quadrature(vae, x), marginal.log_prob(x), rtol=0, atol=1e-6)


def test_quadrature_is_a_normalised_distribution_over_pixels():
    vae = random_vae()
    assert log_likelihood_quadrature(vae, patterns()).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_bounds_rise_with_the_number_of_samples_to_the_integral():
    vae, x = random_vae(), patterns()[[3, 21, 60]]
    log_p = log_likelihood_quadrature(vae, x)
    log_w = log_importance_weights(vae, x, num_samples=64_000, rng=rng())
    below = None
    for k in (1, 2, 4, 8, 16):
        bounds = log_w.unflatten(0, (-1, k)).logsumexp(1) - math.log(k)
        bound, error = bounds.mean(0), 4 * bounds.std(0) / math.sqrt(len(bounds))
        assert (bound < log_p + error).all()
        assert below is None or (bound > below).all()  # the same draws, so Jensen holds for the estimates too
        below = bound


def test_quadrature_is_the_limit_of_importance_weighting():
    vae, x = random_vae(1), patterns()[[3, 21, 60]]
    log_w = log_importance_weights(vae, x, num_samples=5000, rng=rng())
    w = (log_w - log_w.max()).exp()
    error = 4 * w.std(0) / w.mean(0) / math.sqrt(5000)
    bound = importance_weighted_bound(vae, x, num_samples=5000, rng=rng())
    assert ((bound - log_likelihood_quadrature(vae, x)).abs() < error).all() and (error < 0.3).all()


def test_quadrature_wants_two_latents():
    with pytest.raises(ValueError, match="importance_weighted_bound"):
        log_likelihood_quadrature(random_vae(num_latents=3), patterns())


def test_a_latent_that_never_moves_is_not_active():
    vae = random_vae()
    assert num_active_latents(vae, patterns()) == 2
    torch.nn.init.zeros_(vae.mean.weight[0])
    assert num_active_latents(vae, patterns()) == 1
