"""The visitor as discriminator: ten pairs, which of the two is real? The machine's discriminator answers too."""

from ui.component import define


def mount(models: list[dict], *, images: dict[str, str], key: str = "gan_judge"):
    """Draw the game.

    models: {"id", "label", "url", "data"} each; images: data set -> URL of its test images, the real ones.
    """
    return define("gan/judge")({"models": models, "images": images}, key=key)
