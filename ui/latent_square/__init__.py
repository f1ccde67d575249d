"""The latent square: a finger in the plane of codes, the decoder's picture under it, films, and pictures of one's own."""

from ..component import define


def mount(models: list[dict], *, chosen: str, key: str = "latent_square"):
    """Draw the square.

    models: {"id", "label", "url" (weights), "images" (URL of test images and labels), "names" (of the ten classes)} each,
    VAEs of two latents; ``chosen`` is the id to begin with.
    """
    return define("latent_square")({"models": models, "chosen": chosen}, key=key)
