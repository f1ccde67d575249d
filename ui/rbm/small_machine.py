"""The mathematics of an RBM on a machine of four visible and three hidden units, set by hand."""

from math import exp

import streamlit as st


def _machine(seed: int, scale: float):
    import torch

    from deepgen.rbm import RBM, RBMConfig

    rng = torch.Generator().manual_seed(seed)
    machine = RBM(RBMConfig(4, 3)).double()
    for parameter in machine.parameters():
        parameter.data = torch.randn(parameter.shape, generator=rng, dtype=torch.float64) * scale
    return machine.requires_grad_(False)


def mount() -> None:
    """Switches for the units, a seed and a scale for the weights; every quantity of equations (1)-(6) beside them."""
    import torch

    from deepgen.likelihood import log_partition_exact

    left, right = st.columns([2, 3], gap="large")
    with left:
        on_v = st.pills(
            "Visible units that are on", [1, 2, 3, 4], selection_mode="multi", default=[1, 2], key="rbm_small_v",
            bind="query-params",
        )
        on_h = st.pills(
            "Hidden units that are on", [1, 2, 3], selection_mode="multi", default=[1], key="rbm_small_h",
            bind="query-params",
        )
        scale = st.slider(
            "Standard deviation of weights and biases", 0.0, 3.0, 1.0, 0.1, key="rbm_small_scale", bind="query-params"
        )
        seed = st.number_input("Seed of the weights", 1, 9999, 1, key="rbm_small_seed", bind="query-params")
    machine = _machine(int(seed), scale)
    v = torch.tensor([[float(i in on_v) for i in (1, 2, 3, 4)]], dtype=torch.float64)
    h = torch.tensor([[float(j in on_h) for j in (1, 2, 3)]], dtype=torch.float64)
    energy, free_energy = machine.energy(v, h).item(), machine.free_energy(v).item()
    log_partition = log_partition_exact(machine)
    given_v, given_h = machine.mean_hidden(v)[0].tolist(), machine.mean_visible(h)[0].tolist()
    with right:
        st.latex(
            r"\begin{aligned}"
            rf"E(\mathbf v, \mathbf h) &= {energy:.3f} \\ F(\mathbf v) &= {free_energy:.3f} \\"
            rf"Z &= e^{{{log_partition:.3f}}} = {exp(log_partition):.4g}\quad \text{{({2**7} states)}} \\"
            rf"p(\mathbf v, \mathbf h) &= e^{{{-energy:.3f}}} / Z = {exp(-energy - log_partition):.4f} \\"
            rf"p(\mathbf v) &= e^{{{-free_energy:.3f}}} / Z = {exp(-free_energy - log_partition):.4f} \\"
            rf"p(h_j = 1 \mid \mathbf v) &= {_row(given_v)} \\ p(v_i = 1 \mid \mathbf h) &= {_row(given_h)}"
            r"\end{aligned}"
        )


def _row(probabilities: list[float]) -> str:
    return "(" + r",\; ".join(f"{p:.3f}" for p in probabilities) + ")"
