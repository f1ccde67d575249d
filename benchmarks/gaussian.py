"""Gaussian-Bernoulli RBM against a diagonal Gaussian and factor analysis with as many parameters.

    python -m benchmarks.gaussian [--data mnist] [--num-hidden 15 100 500] [--num-epochs 5]

Held-out log-likelihood in nats per test image on standardised pixels. No model may have a standard deviation below
e^-2: pixels that are always black would otherwise be worth any number. Factor analysis is fitted by EM, which needs the
covariance only.
"""

import argparse
import math
import time

import torch
from torch import Tensor

from deepgen import datasets
from deepgen.contrastive_divergence import ContrastiveDivergence
from deepgen.likelihood import bracket, log_likelihood, log_partition_exact
from deepgen.phases import MIN_LOG_SIGMA
from deepgen.rbm import RBM, RBMConfig
from deepgen.training import fit

FLOOR = math.exp(2 * MIN_LOG_SIGMA)  # of variances


def gaussian_log_likelihood(x: Tensor, mean: Tensor, covariance: Tensor) -> float:
    """Mean of log N(x; mean, covariance)."""
    distribution = torch.distributions.MultivariateNormal(mean, covariance_matrix=covariance)
    return float(distribution.log_prob(x).mean())


def factor_analysis(covariance: Tensor, num_factors: int, *, num_iterations: int = 300) -> Tensor:
    """Covariance W W^T + diag(noise) fitted to ``covariance`` by EM (Rubin & Thayer 1982)."""
    noise = 0.5 * covariance.diagonal().clamp(min=FLOOR)
    values, vectors = torch.linalg.eigh(covariance)
    W = vectors[:, -num_factors:] * values[-num_factors:].clamp(min=1e-6).sqrt()
    eye = torch.eye(num_factors, dtype=W.dtype)
    for _ in range(num_iterations):
        scaled = W / noise[:, None]
        posterior = torch.linalg.inv(eye + W.T @ scaled)
        to_factors = posterior @ scaled.T  # E[z | x] = to_factors (x - mean)
        cross = covariance @ to_factors.T
        second = posterior + to_factors @ cross
        W = torch.linalg.solve(second, cross.T).T
        noise = (covariance.diagonal() - (W * cross).sum(1)).clamp(min=FLOOR)
    return W @ W.T + torch.diag(noise)


def gaussian_rbm(train: Tensor, test: Tensor, num_hidden: int, num_epochs: int, learn_variance: bool) -> str:
    """Train and measure one machine; its line of the table."""
    rng, start = torch.Generator().manual_seed(1), time.process_time()
    model = RBM(RBMConfig(train.shape[1], num_hidden, visible="gaussian", learn_variance=learn_variance))
    trainer = ContrastiveDivergence(num_epochs, learning_rate=0.01, precision="bfloat16")
    fit(trainer, model, train, rng=rng)
    seconds = time.process_time() - start
    model.requires_grad_(False)
    if num_hidden <= 15:
        value = f"{float(log_likelihood(model, test, log_partition_exact(model)).mean()):9.2f} (exact)"
    else:
        both = bracket(model, test, data=train, num_betas=2000, rng=rng)
        value = f"{both.lower:9.2f} .. {both.upper:.2f} (reverse AIS, AIS)"
    return f"{value}  {seconds:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--num-hidden", type=int, nargs="+", default=[15, 100, 500])
    parser.add_argument("--num-epochs", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images = datasets.load(arguments.data).images
    statistics = datasets.statistics(images)
    train = datasets.standardise(images, statistics)
    test = datasets.standardise(datasets.load(arguments.data, "test").images, statistics)
    mean, wide = train.double().mean(0), train.double()
    covariance = torch.cov(wide.T, correction=0)
    unit = gaussian_log_likelihood(test.double(), mean, torch.eye(len(mean)).double())
    diagonal = gaussian_log_likelihood(test.double(), mean, torch.diag(covariance.diagonal().clamp(min=FLOOR)))
    print(f"{'diagonal Gaussian, unit variance':50} {unit:9.2f}")
    print(f"{'diagonal Gaussian':50} {diagonal:9.2f}", flush=True)
    for n in arguments.num_hidden:
        fitted = gaussian_log_likelihood(test.double(), mean, factor_analysis(covariance, n))
        print(f"{f'factor analysis, {n} factors':50} {fitted:9.2f}", flush=True)
        for learn_variance in (False, True):
            name = f"Gaussian RBM, {n} hidden units, {'learned' if learn_variance else 'unit'} variance"
            print(f"{name:50} {gaussian_rbm(train, test, n, arguments.num_epochs, learn_variance)}", flush=True)


if __name__ == "__main__":
    main()
