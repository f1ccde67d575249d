"""The home page's gallery: one living thumbnail per family, each a door."""

from ui.component import define


def mount(doors: list[dict], *, key: str = "gallery") -> str | None:
    """Draw the doors; returns the page that the visitor has just chosen, or None.

    doors: {"family", "title", "sentence", "url" (weights), "href" (of its page)} each, in the paper's order.
    """
    result = define("gallery")({"doors": doors}, key=key, on_open_change=lambda: None)
    return result.open
