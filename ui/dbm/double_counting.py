"""Double counting by number: the same small machine composed from layers that were pretrained in two ways."""

import streamlit as st

from ui import figures


@st.cache_data(show_spinner="Training four small machines, and summing over all their states.", max_entries=20)
def _compositions(seed: int):
    from deepgen.double_counting import double_counting

    return tuple(double_counting(seed=seed))


def mount() -> None:
    """A seed; exact log-likelihoods as bars and as numbers."""
    import plotly.graph_objects as go

    left, right = st.columns([2, 3], gap="large")
    with left:
        seed = int(st.number_input("Seed", 0, 9999, 0, key="dbm_double_seed", bind="query-params"))
        doubled, plain, doubled_joint, plain_joint, best = _compositions(seed)
        st.metric("Inputs doubled, then composed", f"{doubled:.2f} nats", f"{doubled - plain:+.2f} against not doubled")
        st.metric("Not doubled, then composed", f"{plain:.2f} nats")
        st.caption(
            f"The best that any model can do is {best:.2f}, the entropy of 14 equally likely pictures "
            "(3 x 3 bars and stripes). 9 visible, 8 and 6 hidden units: every likelihood is a sum over all states."
        )
    with right:
        names = [
            "not doubled",
            "not doubled, then joint training",
            "doubled",
            "doubled, then joint training",
            "the data's entropy",
        ]
        values = [plain, plain_joint, doubled, doubled_joint, best]
        hues = [figures.HUES[hue] for hue in ("gray", "gray", "violet", "violet", "blue")]
        figure = go.Figure(
            go.Bar(
                x=values,
                y=names,
                orientation="h",
                marker_color=hues,
                text=[f"{v:.2f}" for v in values],
                textposition="auto",
            )
        )
        figure.update_layout(
            height=300, margin={"l": 0, "r": 0, "t": 10, "b": 40}, xaxis_title="exact log-likelihood, nats a picture",
            yaxis={"autorange": "reversed"},
        )  # fmt: skip
        st.plotly_chart(figure, key="dbm_double_chart", theme="streamlit")
