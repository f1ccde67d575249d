"""Live numbers for the VAE page's mathematics: the terms of the bound for one picture, divergences from the prior."""

import math

import streamlit as st

from ui import assets

NUM_DRAWS = 4000


@st.cache_data(show_spinner="Doing the integral over the whole square …", max_entries=200)
def bounds(weights: str, data: str, index: int) -> dict[str, float]:
    """The terms of (34), tighter bounds and log p(x) of one binarised test picture."""
    from deepgen import checkpoint, datasets

    vae, _ = checkpoint.load(assets.PRETRAINED / f"{weights}.safetensors")
    return bounds_of(vae, datasets.binarised_test(data)[index : index + 1])


def bounds_of(vae, x) -> dict[str, float]:
    """The same for x (1, num_visible). All bounds are made of the same draws, so they come in order for certain."""
    import torch

    from deepgen.marginal import log_likelihood_quadrature
    from deepgen.vae import kl_to_prior, log_importance_weights

    with torch.no_grad():
        log_w = log_importance_weights(vae, x, num_samples=NUM_DRAWS, rng=torch.Generator().manual_seed(1))[:, 0]
        kl = kl_to_prior(*vae.encode(x)).item()
    means = {k: (log_w.view(-1, k).logsumexp(1) - math.log(k)).mean().item() for k in (1, 10, 100)}
    log_p = log_likelihood_quadrature(vae, x, limit=4.5, num_points=320).item()
    return {
        "reconstruction": means[1] + kl, "kl": kl, "elbo": means[1],
        "IWAE_10": means[10], "IWAE_100": means[100], "log_likelihood": log_p,
    }  # fmt: skip


def show_bounds(weights: str = "vae-mnist", data: str = "mnist") -> None:
    """Choose a test picture; read every quantity of the equations."""
    index = st.slider("Test picture", 0, 999, 3, key="vae_picture", bind="query-params")
    st.image(_picture(data, index), f"Test picture {index}, its pixels drawn once", width=112)
    found = bounds(weights, data, index)
    gap = found["log_likelihood"] - found["elbo"]
    st.latex(
        rf"\underbrace{{{found['reconstruction']:.2f}}}_{{\mathbb E_q[\log p(\mathbf x \mid \mathbf z)]}} \;-\;"
        rf"\underbrace{{{found['kl']:.2f}}}_{{D_\mathrm{{KL}}(q \| p(\mathbf z))}} \;=\;"
        rf"\underbrace{{{found['elbo']:.2f}}}_{{\text{{ELBO}}}}"
    )
    st.latex(
        rf"\le\; \underbrace{{{found['IWAE_10']:.2f}}}_{{10 \text{{ weights}}}} \;\le\;"
        rf"\underbrace{{{found['IWAE_100']:.2f}}}_{{100 \text{{ weights}}}} \;\le\;"
        rf"\underbrace{{{found['log_likelihood']:.2f}}}_{{\log p(\mathbf x)}}"
    )
    st.markdown(
        f"The gap of **{gap:.2f} nats** *is* the divergence of $q(\\mathbf z \\mid \\mathbf x)$ from the true "
        "posterior. Importance weights (Burda et al. 2016) close it as far as draws from the encoder's ellipse reach. "
        "Of 200 test pictures half lose less than 1 nat; for one in ten the encoder looks in the wrong place and the "
        "gap is above 9: only the integral over the whole square sees the other place."
    )


def _picture(data: str, index: int):
    """One binarised test picture as ink on paper, eight pixels for one; in the dark the other way round."""
    import numpy as np

    from deepgen import datasets

    ink = datasets.binarised_test(data)[index].numpy().reshape(28, 28) > 0.5
    dark = st.context.theme.type == "dark"
    return np.kron(np.where(ink != dark, 20, 250).astype(np.uint8), np.ones((8, 8), np.uint8))


def divergences(mean: float, deviation: float) -> tuple[float, float]:
    """KL(N(mean, deviation^2), N(0, 1)) in closed form, the Jensen-Shannon divergence of the two by summation, nats."""
    kl = 0.5 * (mean**2 + deviation**2 - 1) - math.log(deviation)
    step, js = 0.001, 0.0
    for i in range(-12_000, 12_001):
        x = i * step
        q = math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * math.sqrt(2 * math.pi))
        p = math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        js += 0.5 * step * sum(a * math.log(2 * a / (a + b)) for a, b in ((q, p), (p, q)) if a > 1e-300)
    return kl, js


def show_divergences() -> None:
    """Two sliders, two divergences."""
    left, right = st.columns([1, 1], gap="large")
    mean = left.slider("Mean of q", -4.0, 4.0, 3.0, 0.1, key="vae_mean", bind="query-params")
    deviation = left.slider("Deviation of q", 0.05, 3.0, 0.1, 0.05, key="vae_deviation", bind="query-params")
    kl, js = divergences(mean, deviation)
    right.metric("KL(q, prior), unbounded", f"{kl:.2f} nats")
    right.metric("Jensen-Shannon, at most 0.693", f"{js:.3f} nats")
