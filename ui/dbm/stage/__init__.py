"""The DBM stage: a pad, chains in which all layers live, the tower of layers, and one very long chain."""

from ui import assets
from ui.component import define


def mount(models: list[dict], *, chosen: str, images: str, key: str = "dbm_stage"):
    """Draw the stage.

    models: {"id", "label", "url"} each, the checkpoints to choose from; ``chosen`` is the id to begin with.
    images: URL of test images (assets.images_url), where chains start.
    """
    return define("dbm/stage")({"models": models, "chosen": chosen, "images": images, "judge": assets.weights_url("classifier-mnist")}, key=key)
