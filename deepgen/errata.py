"""Where the paper or its notebook says something that a small computation contradicts: the computations.

Each function returns the numbers that the page "Paper" shows; all are exact or seeded, and take milliseconds.
"""

import math

import torch

from .datasets import bars_and_stripes, load
from .dbn import DBN, DBNConfig
from .greedy_layerwise import tied_start
from .likelihood import all_states, log_likelihood, log_partition_exact
from .rbm import RBM, RBMConfig


def small_rbm(num_visible: int, num_hidden: int, *, scale: float = 1.0, seed: int = 0) -> RBM:
    """An RBM with normal weights and biases of standard deviation ``scale``, in float64."""
    rng = torch.Generator().manual_seed(seed)
    rbm = RBM(RBMConfig(num_visible, num_hidden)).double().requires_grad_(False)
    for parameter in rbm.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=torch.float64) * scale)
    return rbm


def outer_product_of_means(*, seed: int = 0) -> dict[str, float]:
    """The notebook multiplies batch means where equation (7) wants the mean of products: rank and relative error."""
    patterns, rbm = bars_and_stripes(3, 3).images.double(), small_rbm(9, 6, scale=0.5, seed=seed)
    h = rbm.mean_hidden(patterns)
    right = patterns.T @ h / len(patterns)
    wrong = torch.outer(patterns.mean(0), h.mean(0))
    return {
        "rank": int(torch.linalg.matrix_rank(right)),
        "rank_of_notebook": int(torch.linalg.matrix_rank(wrong)),
        "relative_error": float((right - wrong).norm() / right.norm()),
    }


def bias_of_contrastive_divergence(gibbs_steps: int, *, scale: float = 1.5, seed: int = 0) -> float:
    """|expected CD-k update - exact gradient| / |exact gradient| of W on bars and stripes, all expectations enumerated."""
    patterns, rbm = bars_and_stripes(3, 3).images.double(), small_rbm(9, 4, scale=scale, seed=seed)
    v = torch.cat(list(all_states(9, dtype=torch.float64)))
    h = torch.cat(list(all_states(4, dtype=torch.float64)))
    up = _bernoulli(rbm.mean_hidden(v), h)  # p(h | v): (512, 16)
    down = _bernoulli(rbm.mean_visible(h), v)  # p(v | h): (16, 512)
    after = (v[:, None] == patterns[None]).all(-1).double().mean(1)
    for _ in range(gibbs_steps):
        after = after @ up @ down
    model = log_likelihood(rbm, v, log_partition_exact(rbm)).exp()
    statistics = v[:, :, None] * rbm.mean_hidden(v)[:, None]  # (512, 9, 4)
    positive = (patterns[:, :, None] * rbm.mean_hidden(patterns)[:, None]).mean(0)
    exact = positive - torch.einsum("s,sij->ij", model, statistics)
    cd = positive - torch.einsum("s,sij->ij", after, statistics)
    return float((cd - exact).norm() / exact.norm())


def tied_start_with_and_without_swap(*, seed: int = 0) -> dict[str, float]:
    """Total variation between an RBM's p(v) and that of the stack on top of it, biases swapped (22) or left as printed."""
    below = small_rbm(6, 4, seed=seed)
    v, h = (torch.cat(list(all_states(n, dtype=torch.float64))) for n in (6, 4))
    p = log_likelihood(below, v, log_partition_exact(below)).exp()
    distances = {}
    for name in ("swapped", "printed"):
        dbn = DBN(DBNConfig((6, 4, 6))).double().requires_grad_(False)
        dbn.layers[0].load_state_dict(below.state_dict())
        tied_start(below, dbn.top)
        if name == "printed":  # weights transposed, biases as any new RBM has them
            dbn.top.visible.bias.zero_()
            dbn.top.hidden.bias.zero_()
        prior = log_likelihood(dbn.top, h, log_partition_exact(dbn.top)).exp()
        stack = prior @ _bernoulli(below.mean_visible(h), v)
        distances[name] = float((stack - p).abs().sum() / 2)
    return distances


def kl_is_unbounded() -> dict[str, float]:
    """KL(N(3, 0.1^2), N(0, 1)) in closed form, and the Jensen-Shannon divergence of the same pair by quadrature; nats."""
    x = torch.linspace(-10, 10, 400_001, dtype=torch.float64)
    log_p = -0.5 * ((x - 3) / 0.1).square() - math.log(0.1 * math.sqrt(2 * math.pi))
    log_q = -0.5 * x.square() - math.log(math.sqrt(2 * math.pi))
    log_mixture = torch.logaddexp(log_p, log_q) - math.log(2)
    halves = [(log.exp() * (log - log_mixture)).sum() * (x[1] - x[0]) / 2 for log in (log_p, log_q)]
    kl = 0.5 * (9 + 0.01 - 1 - math.log(0.01))
    return {"kl": kl, "jensen_shannon": float(sum(halves)), "bound": math.log(2)}


def slopes_in_the_logit(logit: float = -6.0) -> dict[str, float]:
    """What the generator feels through D's logit: the derivative of equation (37) and of (38)."""
    d = 1 / (1 + math.exp(-logit))
    return {"saturating": -d, "non_saturating": -(1 - d)}


def sigma_taken_for_variance(mean: float = 1.0, log_sigma: float = -1.5) -> dict[str, float]:
    """One latent's KL to the prior, and what the notebook computes by putting log sigma where log sigma^2 belongs; nats."""

    def kl(log_var: float) -> float:
        return 0.5 * (mean**2 + math.exp(log_var) - 1 - log_var)

    return {"true": kl(2 * log_sigma), "notebook": kl(log_sigma)}


def noise_of_binarisation() -> float:
    """Entropy of x ~ Bernoulli(grey), mean over the MNIST test images: what stochastic binarisation adds; nats an image."""
    p = load("mnist", "test").images.double()
    return float(-(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(1).mean())


def _bernoulli(means: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Probability of every state under every row of means; (rows, units), (states, units) -> (rows, states)."""
    return (means[:, None] - (1 - states)).abs().prod(-1)
