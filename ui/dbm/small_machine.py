"""The mathematics of a DBM on a machine of three, three and two units, set by hand."""

from math import exp

import streamlit as st


@st.cache_resource(max_entries=50)
def _machine(seed: int, scale: float):
    import torch

    from deepgen.dbm import DBM, DBMConfig

    rng = torch.Generator().manual_seed(seed)
    machine = DBM(DBMConfig((3, 3, 2))).double()
    for parameter in machine.parameters():
        parameter.data = torch.randn(parameter.shape, generator=rng, dtype=torch.float64) * scale
    return machine.requires_grad_(False)


def _vector(values) -> str:
    return "(" + r",\; ".join(f"{p:.3f}" for p in values) + ")"


def mount() -> None:
    """Switches for the units, a seed and a scale for the weights; every quantity of equations (23)-(30) beside them."""
    import torch

    from deepgen.enumeration import log_marginal, log_partition_exact

    left, right = st.columns([2, 3], gap="large")
    layers = []
    with left:
        for name, size, default in (("Visible units", 3, [1, 2]), ("h¹", 3, [1]), ("h²", 2, [2])):
            units = list(range(1, size + 1))
            on = st.pills(
                f"{name} that are on", units, selection_mode="multi", default=default, key=f"dbm_small_{len(layers)}", bind="query-params"
            )
            layers.append(torch.tensor([[float(i in on) for i in units]], dtype=torch.float64))
        scale = st.slider(
            "Standard deviation of weights and biases", 0.0, 3.0, 1.0, 0.1, key="dbm_small_scale", bind="query-params"
        )
        seed = st.number_input("Seed of the weights", 1, 9999, 1, key="dbm_small_seed", bind="query-params")
        sweeps = st.slider("Mean-field sweeps", 0, 20, 2, key="dbm_small_sweeps", bind="query-params")
    machine = _machine(int(seed), scale)
    v = layers[0]
    energy, log_partition = machine.energy(layers).item(), log_partition_exact(machine)
    exact = log_marginal(machine, v).item() - log_partition
    _, mu1, mu2 = means = machine.mean_field(v, num_iterations=sweeps)
    bound = machine.bound(means).item() - log_partition
    with right:
        st.latex(
            r"\begin{aligned}"
            rf"E(\mathbf v, \mathbf h^1, \mathbf h^2) &= {energy:.3f} \\"
            rf"\log Z &= {log_partition:.3f} \quad \text{{({2**8} states)}}"
            r"\end{aligned}"
        )
        st.latex(
            rf"p(\mathbf v, \mathbf h^1, \mathbf h^2) = \frac{{e^{{{-energy:.3f}}}}}{{Z}} "
            rf"= {exp(-energy - log_partition):.5f}"
        )
        for i, text in (
            (1, r"p(h^1_j = 1 \mid \mathbf v, \mathbf h^2)"),
            (2, r"p(h^2_k = 1 \mid \mathbf h^1)"),
            (0, r"p(v_i = 1 \mid \mathbf h^1)"),
        ):
            st.latex(text + " = " + _vector(machine.mean(i, layers)[0].tolist()))
        for l, mu in ((1, mu1), (2, mu2)):
            st.latex(rf"\boldsymbol\mu^{l} = {_vector(mu[0].tolist())}")
        st.latex(rf"\log p(\mathbf v) = {exact:.4f} \;\ge\; {bound:.4f}")
        st.latex(rf"\text{{gap }} {exact - bound:.4f} = \mathrm{{KL}}(q \,\|\, p(\mathbf h \mid \mathbf v))")
