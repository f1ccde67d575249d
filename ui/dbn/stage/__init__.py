"""The DBN stage: ten chains dream in the top pair and fall through the layers; a drawing rises and is recognised."""

from ui.component import define


def mount(models: list[dict], *, chosen: str, images: str, key: str = "dbn_stage"):
    """Draw the stage.

    models: {"id", "label", "url"} each, DBN checkpoints to choose from; ``chosen`` is the id to begin with.
    images: URL of test images (assets.images_url) to recognise.
    """
    return define("dbn/stage")({"models": models, "chosen": chosen, "images": images}, key=key)
