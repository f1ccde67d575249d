"""The latent square: a finger in the plane of codes, the picture under it, films, and pictures of one's own."""

from ui.component import define


def mount(models: list[dict], *, chosen: str, parts: str = "all", terms: dict | None = None, key: str = "latent_square"):
    """Draw the square, or (``parts="live"``) the plane, the picture and the two terms of the bound, for weights that
    change while one watches.

    models: {"id", "label", "url" (weights), "images" (URL of test images and labels, or None), "names" (of the ten
    classes)} each, VAEs of two latents; ``chosen`` is the id to begin with. terms: {"kl", "reconstruction" (so far, nats),
    "weight" (of the KL, now)}.
    """
    return define("vae/square")({"models": models, "chosen": chosen, "parts": parts, "terms": terms}, key=key)
