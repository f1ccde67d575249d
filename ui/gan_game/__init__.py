"""The two-dimensional game: both players trained live in the visitor's browser, and the theatre of collapse."""

from ..component import define


def mount(*, key: str = "gan_game"):
    """Draw the game; all of it happens in the browser, its settings live in the address."""
    return define("gan_game")({}, key=key)
