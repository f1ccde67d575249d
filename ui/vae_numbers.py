"""Live numbers for the VAE page's mathematics: the terms of the bound for one picture, divergences from the prior."""

import math

import streamlit as st

from . import assets

NUM_SAMPLES = (1, 10, 100, 1000)


@st.cache_data(show_spinner=False, max_entries=200)
def bounds(weights: str, data: str, index: int, seed: int) -> dict[str, float]:
    """The terms of (34) for one binarised test picture over a thousand draws, the tighter bounds, and log p(x)."""
    import torch

    from deepgen import checkpoint, datasets
    from deepgen.marginal import importance_weighted_bound, log_likelihood_quadrature
    from deepgen.vae import kl_to_prior, sample_latents

    vae, _ = checkpoint.load(assets.PRETRAINED / f"{weights}.safetensors")
    rng = torch.Generator().manual_seed(seed)
    x = datasets.binarised_test(data)[index : index + 1]
    with torch.no_grad():
        mean, log_var = vae.encode(x)
        z = sample_latents(mean, log_var, rng=rng, num_samples=1000)
        reconstruction = vae.log_likelihood_given(z, x).mean().item()
    kl = kl_to_prior(mean, log_var).item()
    tighter = {
        f"IWAE_{k}": importance_weighted_bound(vae, x.expand(200 if k < 1000 else 20, -1), num_samples=k, rng=rng)
        for k in NUM_SAMPLES[1:]
    }
    return {
        "reconstruction": reconstruction, "kl": kl, "elbo": reconstruction - kl,
        **{name: values.mean().item() for name, values in tighter.items()},
        "log_likelihood": log_likelihood_quadrature(vae, x).item(),
    }  # fmt: skip


def show_bounds(weights: str = "vae-mnist", data: str = "mnist") -> None:
    """Choose a test picture; read every quantity of the equations."""
    index = st.slider("Test picture", 0, 999, 3, key="vae_picture", bind="query-params")
    found = bounds(weights, data, index, seed=1)
    gap = found["log_likelihood"] - found["elbo"]
    st.latex(
        rf"\underbrace{{{found['reconstruction']:.2f}}}_{{\mathbb E_q[\log p(\mathbf x \mid \mathbf z)]}} \;-\;"
        rf"\underbrace{{{found['kl']:.2f}}}_{{D_\mathrm{{KL}}(q \| p(\mathbf z))}} \;=\;"
        rf"\underbrace{{{found['elbo']:.2f}}}_{{\text{{ELBO}}}} \;\le\;"
        rf"\underbrace{{{found['IWAE_10']:.2f}}}_{{10 \text{{ weights}}}} \;\le\;"
        rf"\underbrace{{{found['IWAE_100']:.2f}}}_{{100 \text{{ weights}}}} \;\le\;"
        rf"\underbrace{{{found['log_likelihood']:.2f}}}_{{\log p(\mathbf x) \text{{, the integral}}}}"
    )
    st.markdown(
        f"The gap of **{gap:.2f} nats** *is* the divergence of $q(\\mathbf z \\mid \\mathbf x)$ from the true "
        "posterior: how much this Gaussian of the encoder misses. With more importance weights (Burda et al. 2016) "
        "the bound closes in on the integral."
    )


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
