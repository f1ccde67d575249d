"""Pure: arrays in, a Plotly figure, a picture or a table out. Nothing here knows Streamlit or a model."""

import csv
import io
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

# Streamlit's Plotly theme stands these in for chartCategoricalColors, so that light and dark each get their own
HUES = {"blue": "#000001", "orange": "#000002", "violet": "#000003", "green": "#000004", "gray": "#000006"}


@dataclass(frozen=True)
class Line:
    """One metric in a plot. Hues have one meaning on every page, so they are given by name."""

    metric: str
    label: str
    hue: Literal["blue", "orange", "violet", "green", "gray"] = "blue"


@dataclass(frozen=True)
class Plot:
    """What belongs on one pair of axes."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    help: str = ""  # what it does and does not tell


def with_previous(plots, measured, previous):
    """(plots, curves) with the training before beside this one, in gray: the last line of each plot."""
    extended, both = [], dict(measured)
    for plot in plots:
        last = plot.lines[-1]
        if last.metric in previous:
            both[f"previous {last.metric}"] = previous[last.metric]
            line = Line(f"previous {last.metric}", f"{last.label}, training before", "gray")
            plot = replace(plot, lines=(*plot.lines, line))
        extended.append(plot)
    return extended, both


def thinned(updates, values, limit: int) -> tuple[list[float], list[float | None]]:
    """At most ``limit`` points, both ends among them, as JSON can say them: None where there is no number."""
    chosen = np.unique(np.linspace(0, len(updates) - 1, min(limit, len(updates))).round().astype(int))
    return (
        [round(float(updates[i]), 1) for i in chosen],
        [float(f"{values[i]:.6g}") if math.isfinite(values[i]) else None for i in chosen],
    )


def curves(plot: Plot, measured, phases=()):
    """One plot at rest, to be read: a Plotly figure. ``measured``: metric -> (updates, values)."""
    import plotly.graph_objects as go  # half a second that only a page with a figure at rest pays

    figure = go.Figure()
    for line in plot.lines:
        if line.metric in measured:
            updates, values = measured[line.metric]
            figure.add_scatter(
                x=updates, y=values, name=line.label, mode="lines" if len(updates) > 1 else "markers",
                line={"color": HUES[line.hue], "width": 2}, hovertemplate="%{y:.5g}",
            )  # fmt: skip
    for update, name in phases[1:]:
        figure.add_vline(update, line={"dash": "dot", "width": 1, "color": HUES["gray"]}, annotation_text=name)
    figure.update_layout(
        height=300, margin={"l": 10, "r": 10, "t": 30, "b": 10}, hovermode="x unified",
        xaxis_title="updates", yaxis_title=plot.unit, legend={"orientation": "h", "y": -0.25}, showlegend=True,
    )  # fmt: skip
    return figure


def curves_csv(measured) -> str:
    """All curves as one table, a row per update at which anything was measured; empty where a metric was not."""
    columns = {
        name: dict(zip(map(float, updates), map(float, values), strict=True))
        for name, (updates, values) in measured.items()
    }
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["update", *columns])
    for update in sorted(set().union(*columns.values())):
        cells = [column.get(update, math.nan) for column in columns.values()]
        table.writerow([f"{update:g}", *("" if math.isnan(value) else f"{value:.6g}" for value in cells)])
    return text.getvalue()


def grey(images: np.ndarray) -> bytes:
    """Intensities in [0, 1] as one byte a pixel; what is outside, and what is no number, goes to the nearest end."""
    return (np.nan_to_num(images, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1) * 255).round().astype(np.uint8).tobytes()


def square_shape(num_pixels: int) -> tuple[int, int] | None:
    """(rows, columns) of a square picture with so many pixels, or None if there is none."""
    side = math.isqrt(num_pixels)
    return (side, side) if side * side == num_pixels and side > 1 else None
