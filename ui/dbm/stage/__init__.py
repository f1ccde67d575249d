"""The DBM stage: a pad, chains in which all layers live, the tower of layers, and one very long chain."""

from ui.component import define


def mount(models: list[dict], *, chosen: str, images: str, key: str = "dbm_stage"):
    """Draw the stage.

    models: {"id", "label", "url"} each, the checkpoints to choose from; ``chosen`` is the id to begin with.
    images: URL of test images (assets.images_url) with labels: where chains start, and what their digits are judged by.
    """
    return define("dbm/stage")({"models": models, "chosen": chosen, "images": images}, key=key)
