"""The latent square: a finger in the plane of codes, the picture under it, films, and pictures of one's own."""

from ui.component import define


def mount(models: list[dict], *, chosen: str, parts: str = "all", key: str = "latent_square"):
    """Draw the square, or (``parts="live"``) only the plane and the picture, for weights that change while one watches.

    models: {"id", "label", "url" (weights), "images" (URL of test images and labels, or None), "names" (of the ten
    classes)} each, VAEs of two latents; ``chosen`` is the id to begin with.
    """
    return define("vae/square")({"models": models, "chosen": chosen, "parts": parts}, key=key)
