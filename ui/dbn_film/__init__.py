"""Stacking as a film (figure 4): one RBM, its copy upside down, the copy trained, and once more; every scene runs."""

from ..component import define


def mount(model: str, *, images: str, numbers: dict[str, float], key: str = "dbn_film"):
    """Draw the film.

    model: URL of a DBN of three RBMs. images: URL of test images, where the chains begin.
    numbers: what is known in nats per test image, "rbm" and "stack", to be told where it belongs.
    """
    return define("dbn_film")({"model": model, "images": images, "numbers": numbers}, key=key)
