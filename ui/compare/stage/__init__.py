"""All families side by side in the browser: the same test digit, the same seed, three questions."""

from ui.component import define


def mount(models: list[dict], *, images: str, key: str = "compare_stage"):
    """Draw the comparison. models: {"id", "title", "url"} each; images: URL of test images (assets.images_url)."""
    return define("compare/stage")({"models": models, "images": images}, key=key)
