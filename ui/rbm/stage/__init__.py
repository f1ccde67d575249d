"""The RBM stage: a pad to draw on, parallel Gibbs chains that dream the rest, and the machine's inside."""

from ui import assets
from ui.component import define

DATA = ("mnist", "fashion")


def mount(models: list[dict], *, chosen: str, key: str = "rbm_stage"):
    """Draw the stage.

    models: {"id", "label", "url"} each, the checkpoints to choose from; ``chosen`` is the id to begin with. Each
    is shown with the test images of the data that its card names, where they are on this machine.
    """
    return define("rbm/stage")({"models": models, "chosen": chosen, "data": _data()}, key=key)


def _data() -> dict[str, dict]:
    found = {}
    for name in DATA:
        try:
            found[name] = {"images": assets.images_url(name), "statistics": assets.statistics_url(name)}
        except ValueError:  # Fashion-MNIST is not on every machine
            continue
    return found
