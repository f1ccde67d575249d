"""A stack so small that every probability is a finite sum: the tied start, the bound and its gap, by number."""

from functools import lru_cache

import streamlit as st

from ui import figures

PATTERNS = {"three pictures": (3, 12, 5), "four pictures": (3, 12, 5, 10), "bars and stripes": (0, 3, 12, 5, 10, 15)}
NUM_VISIBLE = 4


@lru_cache(maxsize=32)
def _stack(patterns: str, num_hidden: int, bottom_steps: int, spare: int, top_steps: int, swapped: bool, seed: int):
    """(p(v) of the RBM, p(v) of the stack at its start, the bounds over the training of its top), as plain lists."""
    import torch

    from deepgen.dbn import DBN, DBNConfig
    from deepgen.dbn_exact import bound, fit_bottom, fit_top, states_of
    from deepgen.greedy_layerwise import tied_start
    from deepgen.likelihood import log_likelihood, log_partition_exact
    from deepgen.rbm import RBM, RBMConfig

    rng, v = torch.Generator().manual_seed(seed), states_of(NUM_VISIBLE)
    data = v[list(PATTERNS[patterns])]
    rbm = RBM(RBMConfig(NUM_VISIBLE, num_hidden)).double().requires_grad_(False)
    rbm.W.copy_(torch.randn(rbm.W.shape, generator=rng, dtype=torch.float64))
    fit_bottom(rbm, data, num_steps=bottom_steps, rate=2.0)
    dbn = DBN(DBNConfig((NUM_VISIBLE, num_hidden, NUM_VISIBLE + spare))).double().requires_grad_(False)
    dbn.layers[0].load_state_dict(rbm.state_dict())
    tied_start(rbm, dbn.top)
    if not swapped:  # what the paper's equation (22) says: the weights, and nothing about the biases
        dbn.top.visible.bias.zero_()
        dbn.top.hidden.bias.zero_()
    alone = log_likelihood(rbm, v, log_partition_exact(rbm)).exp()
    stacked = bound(dbn, v).log_likelihood.exp()
    start = bound(dbn, data)
    if spare:  # zero weights that are alike would stay alike
        dbn.top.W[:, NUM_VISIBLE:] = 0.1 * torch.randn(num_hidden, spare, generator=rng, dtype=torch.float64)
    steps = [start, *list(fit_top(dbn, data, num_steps=top_steps, rate=0.25))[1:]]
    curve = [tuple(float(side.mean()) for side in step) for step in steps]
    return alone.tolist(), stacked.tolist(), curve, len(data)


def _draw_distributions(alone: list[float], stacked: list[float]) -> None:
    import plotly.graph_objects as go

    names = [f"{i:04b}" for i in range(2**NUM_VISIBLE)]
    figure = go.Figure([
        go.Bar(x=names, y=alone, name="the RBM alone", marker_color=figures.HUES["orange"]),
        go.Bar(x=names, y=stacked, name="the stack at its start", marker_color=figures.HUES["violet"]),
    ])  # fmt: skip
    figure.update_layout(
        height=280, margin=dict(l=8, r=8, t=34, b=8), yaxis_title="p(v)", xaxis_title="v, four pixels", xaxis_type="category",
        legend=dict(orientation="h", y=-0.35, x=0),
    )  # fmt: skip
    st.plotly_chart(figure, key="dbn_tied_p", theme="streamlit", config={"displaylogo": False})


def _draw_bound(curve: list[tuple[float, float, float]], ideal: float) -> None:
    import plotly.graph_objects as go

    steps, (log_p, bound, _) = list(range(len(curve))), list(zip(*curve, strict=True))
    figure = go.Figure([
        go.Scatter(x=steps, y=bound, name="bound", line=dict(color=figures.HUES["violet"], width=3)),
        go.Scatter(x=steps, y=log_p, name="log p(v)", line=dict(color=figures.HUES["blue"], width=3), fill="tonexty", fillcolor="rgba(31,95,191,0.15)"),
        go.Scatter(x=[0, len(curve) - 1], y=[ideal, ideal], name="as good as can be", line=dict(color=figures.HUES["gray"], dash="dot")),
    ])  # fmt: skip
    figure.update_layout(
        height=320, margin=dict(l=8, r=8, t=34, b=8), yaxis_title="nats a picture", xaxis_title="exact gradient steps of the new top",
        legend=dict(orientation="h", y=-0.3, x=0),
    )  # fmt: skip
    st.plotly_chart(figure, key="dbn_tied_bound", theme="streamlit", config={"displaylogo": False})


def mount() -> None:
    """Controls, the two distributions, the bound over the training of the top."""
    from math import log

    left, right = st.columns([2, 5], gap="large")
    with left:
        patterns = st.selectbox("Data", list(PATTERNS), key="dbn_tied_data", bind="query-params")
        num_hidden = st.slider("Units of h¹", 1, 6, 3, key="dbn_tied_hidden", bind="query-params")
        bottom_steps = st.slider("Steps that the RBM has learnt", 0, 400, 100, 20, key="dbn_tied_bottom", bind="query-params")
        spare = st.slider("Spare units of zero weight in h²", 0, 6, 0, key="dbn_tied_spare", bind="query-params")
        swapped = st.toggle("Swap the biases, too", True, key="dbn_tied_swapped", bind="query-params")
        top_steps = st.slider("Steps of the new top", 0, 200, 80, 10, key="dbn_tied_top", bind="query-params")
        seed = st.number_input("Seed", 1, 9999, 1, key="dbn_tied_seed", bind="query-params")
    alone, stacked, curve, size = _stack(patterns, num_hidden, bottom_steps, spare, top_steps, swapped, int(seed))
    apart = max(abs(a - b) for a, b in zip(alone, stacked, strict=True))
    with right:
        _draw_distributions(alone, stacked)
        verdict = "the same distribution, to the last digit" if apart < 1e-12 else "**another distribution**"
        st.markdown(f"Largest difference between the two: ${_scientific(apart)}$: {verdict}. Gap at the start: ${_scientific(curve[0][2])}$ nats.")
        _draw_bound(curve, -log(size))
        st.markdown(
            f"Bound {curve[0][1]:.3f} → **{curve[-1][1]:.3f}**, log p(v) {curve[0][0]:.3f} → **{curve[-1][0]:.3f}**, "
            f"gap KL(q, posterior) {abs(curve[0][2]):.3f} → {curve[-1][2]:.3f} nats: log p(v) rises by at least as much as the bound."
            if swapped else "Without the swap the theorem has lost its start: the bound begins below what the RBM had reached."
        )  # fmt: skip
        st.download_button("Save table", _csv(curve), f"dbn-tied-start-seed-{seed}.csv", "text/csv", on_click="ignore", key="dbn_tied_csv")


def _csv(curve: list[tuple[float, float, float]]) -> str:
    rows = [f"{step},{log_p!r},{bound!r},{gap!r}" for step, (log_p, bound, gap) in enumerate(curve)]
    return "\n".join(["step,log_p,bound,gap", *rows]) + "\n"


def _scientific(x: float) -> str:
    if abs(x) >= 1e-3:
        return f"{x:.3f}"
    mantissa, exponent = f"{abs(x):.1e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if abs(x) > 0 else "0"
