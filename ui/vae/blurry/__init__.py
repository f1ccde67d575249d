"""Why the pictures are blurry: residuals, more latents, a mean against a sample, the average of the neighbours."""

from ui.component import define


def mount(few: dict, many: list[dict], *, images: str, key: str = "blurry"):
    """Draw the comparison.

    few: {"label", "url"} of a VAE of two latents; many: {"id", "label", "url"} of those of more, to choose from; images:
    URL of test pictures.
    """
    return define("vae/blurry")({"few": few, "many": many, "images": images}, key=key)
