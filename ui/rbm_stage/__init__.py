"""The RBM stage: a pad to draw on, parallel Gibbs chains that dream the rest, and the machine's inside."""

from ..component import define


def mount(models: list[dict], *, chosen: str, images: str, key: str = "rbm_stage"):
    """Draw the stage.

    models: {"id", "label", "url"} each, the checkpoints to choose from; ``chosen`` is the id to begin with.
    images: URL of test images (assets.images_url) to start from and to find out what a hidden unit looks for.
    """
    return define("rbm_stage")({"models": models, "chosen": chosen, "images": images}, key=key)
