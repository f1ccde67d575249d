"""Measures of samples: zero or full marks for the real thing, closed forms where there are any, collapse found out."""

import math

import pytest
import torch

from deepgen.gan import GAN, GANConfig
from deepgen.metrics import (
    classifier_score,
    coverage,
    frechet_distance,
    jensen_shannon,
    jensen_shannon_2d,
    kl_divergence,
    nearest_examples,
    score_images,
)
from deepgen.mixtures import Mixture, grid, ring


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Eyes:
    """A classifier that knows its four labels for sure: the brightest of the first four pixels."""

    def logits(self, x):
        return 20 * x[:, :4]

    def features(self, x):
        return x


def digits(n: int, labels: int = 4, seed: int = 0) -> torch.Tensor:
    label = torch.arange(n) % labels
    return torch.cat([torch.eye(4)[label], torch.rand(n, 3, generator=rng(seed))], 1)


def test_real_data_against_real_data():
    score = score_images(Eyes(), digits(4000), digits(4000, seed=1))
    assert score.modes == 4 and score.confident == 1 and score.kl_labels == pytest.approx(0, abs=1e-6)
    assert score.classifier_score == pytest.approx(4, abs=1e-4) and score.frechet < 0.01
    assert score.label_shares == (0.25,) * 4


def test_collapse_is_found_out():
    score = score_images(Eyes(), digits(4000, labels=2), digits(4000, seed=1))
    assert score.modes == 2 and score.kl_labels == pytest.approx(math.log(2), abs=1e-6)
    assert score.classifier_score == pytest.approx(2, abs=1e-4) and score.frechet > 0.1


def test_unsure_samples_cover_no_mode():
    score = score_images(Eyes(), torch.full((100, 7), 0.5), digits(4000))
    assert score.modes == 0 and score.confident == 0 and score.classifier_score == pytest.approx(1, abs=1e-6)


def test_divergences():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.25, 0.25, 0.5])
    assert kl_divergence(p, q) == pytest.approx(math.log(2)) and kl_divergence(q, p) == math.inf
    assert jensen_shannon(p, p) == 0 and jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p))
    assert jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])) == pytest.approx(math.log(2))


def test_classifier_score_by_hand():
    rows = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)
    middle = (0.6, 0.4)
    divergence = sum(p * math.log(p / m) for row in rows.tolist() for p, m in zip(row, middle, strict=True)) / 2
    assert classifier_score(rows) == pytest.approx(math.exp(divergence))


def test_frechet_distance_of_gaussians():
    x = torch.randn(500, 3, dtype=torch.float64, generator=rng())
    # now of sample mean 0 and covariance I exactly
    x = (x - x.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T
    y = x * torch.tensor([2.0, 1.0, 0.5]) + torch.tensor([1.0, 0.0, -2.0])
    assert frechet_distance(x, y) == pytest.approx(1 + 4 + 1 + 0 + 0.25, abs=1e-9)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    rotation = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=rng(1)))[0]
    assert frechet_distance(x @ rotation, y @ rotation) == pytest.approx(6.25, abs=1e-9)


def test_frechet_distance_needs_a_covariance():
    with pytest.raises(ValueError, match="two examples on each side"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))


@pytest.mark.parametrize("world", [ring(), grid()], ids=lambda world: world.name)
def test_coverage_of_the_truth_and_of_a_part(world):
    x = world.sample(2500, rng=rng())
    found = coverage(x, world)
    share = 1 - math.exp(-4.5)  # of a round Gaussian within three sigma
    assert found.modes == found.num_modes == world.num_modes
    assert found.high_quality == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 2500))
    assert coverage(x[x[:, 0] > 0.3], world).modes < world.num_modes
    assert coverage(torch.zeros(100, 2) + 0.3, world)[:1] == (0,)


def linear_gan(shift: float) -> GAN:
    """x = z / 2 + shift: q = N(shift, I / 4)."""
    gan = GAN(GANConfig(2, 2, (), (4,), batch_norm=False, output="linear")).double()
    with torch.no_grad():
        gan.generator.layers[0].weight.copy_(torch.eye(2) / 2)
        gan.generator.layers[0].bias.copy_(torch.tensor([shift, 0.0]))
    return gan


def gaussian(shift: float) -> Mixture:
    return Mixture("one", torch.tensor([[shift, 0.0]]), 0.5, torch.zeros(1, dtype=torch.int64))


def test_jensen_shannon_2d_is_that_of_the_densities():
    world, far = gaussian(0.0), gaussian(0.8)
    line = torch.linspace(-6, 6, 801, dtype=torch.float64)
    x = torch.cartesian_prod(line, line)
    cell = (line[1] - line[0]) ** 2
    exact = jensen_shannon(world.log_density(x).exp() * cell, far.log_density(x).exp() * cell)
    assert jensen_shannon_2d(linear_gan(0.8), world) == pytest.approx(exact, abs=3e-3)
    assert jensen_shannon_2d(linear_gan(0.0), world) < 1e-3
    assert jensen_shannon_2d(linear_gan(50.0), world) == pytest.approx(math.log(2), abs=1e-7)


def test_jensen_shannon_2d_needs_two_latents():
    with pytest.raises(ValueError, match="two latents"):
        jensen_shannon_2d(GAN(GANConfig(2, 3, (4,), (4,))), ring())


def test_nearest_examples_are_those_of_all_distances():
    examples = torch.randint(0, 256, (57, 6), generator=rng()).byte()
    x = torch.rand(9, 6, generator=rng(1))
    distance, index = nearest_examples(x, examples, chunk=10)
    all_distances = torch.cdist(x, examples / 255)
    assert torch.allclose(distance, all_distances.min(-1).values, atol=1e-5)
    assert torch.equal(index, all_distances.argmin(-1))
    assert torch.equal(nearest_examples(examples[40:43] / 255, examples)[1], torch.arange(40, 43))
