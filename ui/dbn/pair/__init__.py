"""Before and after up-down: the same labels held, the same seed, side by side; and the test digits on which they differ."""

from ui.component import define


def mount(before: str, after: str, *, images: str, key: str = "dbn_pair"):
    """Draw the pair. before, after: URLs of two labelled DBNs; images: URL of test images."""
    return define("dbn/pair")({"models": [before, after], "images": images}, key=key)
