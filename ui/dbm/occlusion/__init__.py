"""Half a digit, completed by a DBM, a DBN and an RBM beside each other: same held pixels, same seed; and the count over many."""

import json

import streamlit as st

from ui import assets, figures
from ui.component import define

COUNTED = "occlusion-mnist.json"
LINES = {  # column of the count: (name, hue, dash)
    "dbm": ("DBM", "violet", "solid"),
    "rbm": ("RBM", "blue", "solid"),
    "dbn again": ("DBN, again and again", "orange", "dash"),
    "dbn once": ("DBN, once up", "orange", "solid"),
}


def mount(machines: list[dict], *, images: str, key: str = "dbm_occlusion"):
    """machines: {"label", "text", "url", "once"}, column by column; images: URL of test images.

    once: this machine, a DBN, hears the held pixels only at the beginning.
    """
    return define("dbm/occlusion")(
        {"machines": machines, "images": images, "judge": assets.weights_url("classifier-mnist")}, key=key
    )


def count() -> dict | None:
    """What `python -m benchmarks.occlusion` found, None where its file is missing."""
    path = assets.PRETRAINED / COUNTED
    return json.loads(path.read_text()) if path.exists() else None


def average(found: dict, machine: str) -> list[float]:
    """The shares of a machine over the sweeps, averaged over the four halves."""
    halves = [half[machine] for half in found["halves"].values()]
    return [sum(column) / len(halves) for column in zip(*halves, strict=True)]


def draw_count(found: dict) -> None:
    """The shares over the sweeps as lines, and half by half after the last sweep as a table."""
    import plotly.graph_objects as go

    figure = go.Figure([
        go.Scatter(
            x=found["sweeps"], y=average(found, machine), name=name, mode="lines+markers",
            line={"color": figures.HUES[hue], "dash": dash, "width": 3},
        )
        for machine, (name, hue, dash) in LINES.items()
    ])  # fmt: skip
    blank = sum(half["blank"] for half in found["halves"].values()) / len(found["halves"])
    figure.add_hline(blank, line={"color": figures.HUES["gray"], "dash": "dot"}, annotation_text="half a digit and blank paper", annotation_position="top left")
    figure.add_hline(found["whole"], line={"color": figures.HUES["gray"], "dash": "dot"}, annotation_text="the whole digit", annotation_position="bottom right")
    figure.update_layout(
        height=330, margin={"l": 8, "r": 8, "t": 34, "b": 8}, legend={"orientation": "h", "y": -0.25},
        xaxis={"title": "sweeps", "type": "log", "tickvals": found["sweeps"], "ticktext": [str(n) for n in found["sweeps"]]},
        yaxis={"title": "read as the true digit", "tickformat": ".0%", "range": [0, 1.02]},
    )  # fmt: skip
    left, right = st.columns([3, 2], gap="large")
    left.plotly_chart(figure, key="dbm_occlusion_count", theme="streamlit", config={"displaylogo": False})
    heads = " | ".join(f"{half} held" for half in found["halves"])
    rows = [f"| after {found['sweeps'][-1]} sweeps | {heads} |", "|" + "---|" * (1 + len(found["halves"]))]
    for machine, (name, *_) in LINES.items():
        rows.append(f"| {name} | " + " | ".join(f"{100 * half[machine][-1]:.0f} %" for half in found["halves"].values()) + " |")
    right.markdown("\n".join(rows))
    right.caption(
        f"The first {found['num_examples']} test digits, one chain each, judged by a classifier that reads {100 * found['whole']:.1f} % of the "
        "whole ones. `python -m benchmarks.occlusion` counts again."
    )
