"""The two-dimensional game: both players trained live in the visitor's browser, and the theatre of collapse."""

from ui.component import define


def mount(*, follow: dict | None = None, key: str = "gan_game"):
    """Draw the game; all of it happens in the browser, its settings live in the address.

    follow: {"updates", "loss", "k", "freezeD", "freezeG"} of a training elsewhere: then the game keeps its clock and rules.
    """
    return define("gan/game")({"follow": follow}, key=key)
