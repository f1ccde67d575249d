"""Figure 5, alive: Jensen's inequality with points and weights to drag, and the bound on log p(v) that it gives."""

from ui.component import define


def mount(*, key: str = "jensen"):
    """Draw it; everything happens in the browser."""
    return define("dbn/jensen")({}, key=key)
