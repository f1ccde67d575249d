"""What forms while a model learns: its dreams and its filters as pictures, drawn by the browser."""

import numpy as np

from ui import assets, figures
from ui.component import define

MAX_PICTURES = 100


def mount(snapshot, config, *, owner: str, particles: str, filters: tuple[str, str] | None, key: str) -> None:
    """Draw the pictures of a job's snapshot, as far as there are any. filters: (title, name of a tensor)."""
    dreams, looked_for = _particles(snapshot.particles, particles, owner), None
    shape = figures.square_shape(getattr(config, "num_visible", 0) or _first_size(config))
    if filters is not None and snapshot.weights and shape:
        looked_for = _filters(*filters, assets.publish(snapshot.weights, owner=owner), shape)
    if dreams or looked_for:
        define("training/forming")({"particles": dreams, "filters": looked_for}, key=key)


def preview(data: str, *, filters: tuple[str, str] | None, pretrained: str, key: str) -> None:
    """Draw, before anything is trained, what it will learn from, and where it leads: a pretrained model's filters."""
    try:
        examples = _pictures("Examples of what it learns from", assets.images_url(data), MAX_PICTURES, (28, 28))
    except ValueError:  # a data set that is not on this machine: the training says so
        examples = None
    looked_for = None
    if filters is not None and assets.has_weights(pretrained):
        title = f"{filters[0]}: the pretrained one"
        looked_for = _filters(title, filters[1], assets.weights_url(pretrained), (28, 28))
    if examples or looked_for:
        define("training/forming")({"particles": examples, "filters": looked_for}, key=key)


def _filters(title: str, tensor: str, url: str, shape: tuple[int, int]) -> dict:
    return {**_pictures(title, url, MAX_PICTURES, shape), "tensor": tensor}


def _pictures(title: str, url: str, count: int, shape: tuple[int, int]) -> dict:
    return {"title": title, "url": url, "count": count, "rows": shape[0], "columns": shape[1]}


def _particles(particles: np.ndarray | None, title: str, owner: str) -> dict | None:
    shape = None if particles is None or not title else figures.square_shape(particles.shape[1])
    if shape is None:
        return None
    shown = particles[:MAX_PICTURES]
    url = assets.publish(figures.grey(shown), owner=f"{owner} particles", suffix=".bin")
    return _pictures(title, url, len(shown), shape)


def _first_size(config) -> int:
    return getattr(config, "layer_sizes", (0,))[0]
