"""Mean field settling: the hidden layers find their means sweep by sweep, and the bound rises."""

from ui.component import define


def mount(models: list[dict], *, chosen: str, images: str, key: str = "dbm_settle"):
    """models: {"id", "label", "url"} each; images: URL of test images (assets.images_url)."""
    return define("dbm/settle")({"models": models, "chosen": chosen, "images": images}, key=key)
