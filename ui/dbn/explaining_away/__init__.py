"""Explaining away: two causes of one effect, and the prior under which they stay independent."""

from ui.component import define


def mount(*, key: str = "explaining_away"):
    """Draw it; everything happens in the browser."""
    return define("dbn/explaining_away")({}, key=key)
