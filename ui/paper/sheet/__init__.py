"""Rows of ten small pictures each, in the theme's paper and ink."""

from ui.component import define


def mount(rows: list[dict], *, url: str, key: str):
    """Draw a sheet. rows: {"title", "description"} each; url: ten pictures for each row, 784 grey bytes a picture."""
    return define("paper/sheet")({"rows": rows, "url": url}, key=key)
