"""Live curves on a canvas: cheap enough to be drawn anew several times a second, unlike a Plotly chart."""

from collections.abc import Sequence

from ui import figures
from ui.component import define

MAX_POINTS = 300  # a plot is a few hundred pixels wide


def mount(plots: Sequence[figures.Plot], curves, *, phases=(), key: str):
    """Draw ``plots`` of ``curves``: metric -> (updates, values), as a job's snapshot has them."""
    drawn = [
        {"title": plot.title, "unit": plot.unit, "series": [_series(line, curves) for line in plot.lines]}
        for plot in plots
    ]
    return define("training/curves")({"plots": drawn, "phases": [list(phase) for phase in phases]}, key=key)


def _series(line: figures.Line, curves) -> dict:
    updates, values = figures.thinned(*curves.get(line.metric, ((), ())), MAX_POINTS)
    return {"label": line.label, "hue": line.hue, "updates": updates, "values": values}
