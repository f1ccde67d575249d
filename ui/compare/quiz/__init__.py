"""Which one is real? Ten rounds against all families; the score stays in the browser and goes with the page."""

from ui.component import define


def mount(models: list[dict], *, images: str, key: str = "compare_quiz"):
    """Draw the game. models: {"id", "title", "url"} each; images: URL of test images (assets.images_url)."""
    return define("compare/quiz")({"models": models, "images": images}, key=key)
