"""Why the pictures are blurry: residuals, more latents, a mean against a sample, the average of the neighbours."""

from ui.component import define


def mount(few: dict, many: dict | None, *, images: str, key: str = "blurry"):
    """Draw the comparison. few, many: {"label", "url"} of VAEs of two latents and of more; images: test pictures."""
    return define("vae/blurry")({"few": few, "many": many, "images": images}, key=key)
