"""Stacking as a film (figure 4): one RBM, its copy upside down, the copy trained, and once more; every scene runs."""

from ui import assets
from ui.component import define


def mount(model: str, *, images: str, numbers: dict[str, float], key: str = "dbn_film"):
    """Draw the film.

    model: URL of a DBN of three RBMs. images: URL of test images, where the chains begin.
    numbers: what is known in nats per test image, "rbm" and "stack", to be told where it belongs.
    """
    return define("dbn/film")({"model": model, "images": images, "numbers": numbers}, key=key)


def known_numbers() -> dict[str, float]:
    """The worse side of each bracket, from the cards of pretrained/: log p(v) of the RBM, the bound of the stack on it."""
    from deepgen.checkpoint import card_of

    found = {}
    for name, file, metric in (("rbm", "rbm-mnist", "log_likelihood"), ("stack", "dbn-mnist", "bound")):
        if assets.has_weights(file):
            metrics = card_of((assets.PRETRAINED / f"{file}.safetensors").read_bytes()).metrics
            sides = [metrics[f"{metric}_{side}"] for side in ("ais", "reverse_ais") if f"{metric}_{side}" in metrics]
            if sides:
                found[name] = min(sides)
    return found
