"""What samples are worth: modes, label shares and distances in a digit classifier's features; exact divergences in 2-D.

None of these numbers means much alone: show beside each what as many real, held-out examples score.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .mixtures import Mixture

CONFIDENT = 0.9  # a sample whose likeliest label has at least this probability counts as confident


class Score(NamedTuple):
    """Image samples as a classifier of the same data sees them."""

    modes: int  # labels that at least one in a thousand samples shows with confidence
    kl_labels: float  # KL(label shares of the samples, label shares of the data), nats; 0 is perfect
    confident: float  # share of samples whose likeliest label has probability >= 0.9
    classifier_score: float  # exp E KL(p(y|x), p(y)), like the inception score: from 1 to the number of labels
    frechet: float  # squared Frechet distance between Gaussians fitted to the features; 0 is perfect
    label_shares: tuple[float, ...]  # of the samples, by likeliest label


@torch.no_grad()
def score_images(classifier, samples: Tensor, reference: Tensor, *, batch_size: int = 1000) -> Score:
    """Measure ``samples`` against the real ``reference`` images, both (n, num_visible), with the classifier's eyes.

    ``classifier`` answers logits(x) -> (batch, num_labels) and features(x) -> (batch, num_features).
    """
    sample_logits, sample_features = classify(classifier, samples, batch_size)
    real_logits, real_features = classify(classifier, reference, batch_size)
    num_labels = sample_logits.shape[1]
    probabilities = sample_logits.softmax(-1)
    confidence, label = probabilities.max(-1)
    shares = torch.bincount(label, minlength=num_labels) / len(samples)
    real_shares = torch.bincount(real_logits.argmax(-1), minlength=num_labels) / len(reference)
    sure = torch.bincount(label[confidence >= CONFIDENT], minlength=num_labels) / len(samples)
    return Score(
        modes=int((sure >= 0.001).sum()),
        kl_labels=kl_divergence(shares, real_shares),
        confident=(confidence >= CONFIDENT).double().mean().item(),
        classifier_score=classifier_score(probabilities),
        frechet=frechet_distance(sample_features, real_features),
        label_shares=tuple(shares.tolist()),
    )


def classify(classifier, images: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    """Logits and features of many images, in double precision."""
    batches = images.split(batch_size)
    logits = torch.cat([classifier.logits(batch) for batch in batches])
    return logits.double(), torch.cat([classifier.features(batch) for batch in batches]).double()


def kl_divergence(p: Tensor, q: Tensor) -> float:
    """KL(p, q) of two discrete distributions of one shape, nats; infinite where p has mass and q has none."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum().item()


def jensen_shannon(p: Tensor, q: Tensor) -> float:
    """The Jensen-Shannon divergence of two discrete distributions, nats: from 0 to log 2."""
    middle = (p + q) / 2
    return (kl_divergence(p, middle) + kl_divergence(q, middle)) / 2


def classifier_score(probabilities: Tensor) -> float:
    """exp E_x KL(p(y|x), p(y)) (Salimans et al. 2016) of the rows p(y|x); sure and varied samples score high."""
    marginal = probabilities.mean(0)
    divergence = (torch.xlogy(probabilities, probabilities) - torch.xlogy(probabilities, marginal)).sum(-1)
    return divergence.mean().exp().item()


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) of two sets of features, each (n, num_features)."""
    if min(len(a), len(b)) < 2:
        raise ValueError(f"a Frechet distance needs two examples on each side, got {len(a)} and {len(b)}")
    C_a, C_b = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(C_a)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # tr (C_a C_b)^(1/2) = tr (root C_b root)^(1/2), and that matrix is symmetric
    cross = torch.linalg.eigvalsh(root @ C_b @ root).clamp(min=0).sqrt().sum()
    return ((a.mean(0) - b.mean(0)).square().sum() + C_a.trace() + C_b.trace() - 2 * cross).clamp(min=0).item()


class Coverage(NamedTuple):
    """Two-dimensional samples against the mixture they should come from."""

    modes: int  # modes that hold at least a quarter of their due in high-quality samples
    num_modes: int
    high_quality: float  # share of samples within 3 sigma of a component; a perfect generator: 0.989 in one Gaussian


def coverage(samples: Tensor, mixture: Mixture) -> Coverage:
    """Count the modes that ``samples`` (n, 2) reach."""
    distance, component = torch.cdist(samples, mixture.means.to(samples.dtype)).min(-1)
    good = distance <= 3 * mixture.sigma
    counts = torch.bincount(mixture.modes[component[good]], minlength=mixture.num_modes)
    due = torch.bincount(mixture.modes, minlength=mixture.num_modes) / len(mixture.modes) * len(samples)
    return Coverage(int((counts >= 0.25 * due).sum()), mixture.num_modes, good.double().mean().item())


@torch.no_grad()
def jensen_shannon_2d(gan, mixture: Mixture, *, num_cells: int = 60, num_points: int = 200_000) -> float:
    """JS divergence between the mixture and the generator's distribution over ``num_cells``^2 cells of the plane, nats.

    No sampling: the mixture's mass in a cell is exact, the generator's is the latent Gaussian's, pushed through G on a
    Fibonacci lattice of points that carry equal mass. What falls outside the square is one more cell. Finer cells see
    finer differences: the value rises towards the divergence of the densities.
    """
    if gan.config.num_latents != 2:
        raise ValueError(f"the quadrature runs over two latents, this GAN has {gan.config.num_latents}")
    index = torch.arange(num_points, dtype=torch.float64) + 0.5
    uniform = torch.stack([index / num_points, index * ((math.sqrt(5) - 1) / 2) % 1], -1)
    z = torch.special.ndtri(uniform).to(gan.generator.layers[0].weight.dtype)
    training = gan.generator.training
    x = torch.cat([gan.generator.eval()(batch) for batch in z.split(20_000)]).double()
    gan.generator.train(training)
    edges = torch.linspace(-mixture.bound, mixture.bound, num_cells + 1, dtype=torch.float64)
    return jensen_shannon(with_outside(histogram(x, edges)), with_outside(mixture.cell_masses(edges)))


def histogram(x: Tensor, edges: Tensor) -> Tensor:
    """Shares of the points x (n, 2) in the cells of a square grid; (cells, cells), x first."""
    counts = torch.histogramdd(x, bins=[edges, edges]).hist
    return counts / len(x)


def with_outside(masses: Tensor) -> Tensor:
    """The cells' masses and, last, what they leave."""
    return torch.cat([masses.flatten(), (1 - masses.sum()).clamp(min=0)[None]])


def value_of_optimal_discriminator(p: Tensor, q: Tensor) -> float:
    """V(D*, G) of equation (36) with D* = p / (p + q), over cells: E_p log D* + E_q log(1 - D*) = -log 4 + 2 JSD."""
    D = p / (p + q).clamp(min=math.ulp(0.0))
    return (torch.xlogy(p, D) + torch.xlogy(q, 1 - D)).sum().item()


def nearest_examples(x: Tensor, examples: Tensor, *, chunk: int = 5000) -> tuple[Tensor, Tensor]:
    """Euclidean distance to, and index of, the nearest of ``examples``, to tell what is new from what is memorised.

    x (batch, num_visible) in [0, 1]; examples (num_examples, num_visible), floats in [0, 1] or bytes -> (batch,) each.
    """
    best = torch.full((len(x),), math.inf), torch.zeros(len(x), dtype=torch.int64)
    for start in range(0, len(examples), chunk):
        part = examples[start : start + chunk]
        part = part.float() / 255 if part.dtype == torch.uint8 else part
        distance, index = torch.cdist(x, part).min(-1)
        nearer = distance < best[0]
        best = torch.where(nearer, distance, best[0]), torch.where(nearer, index + start, best[1])
    return best
