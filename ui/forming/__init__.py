"""What forms while a model learns: its dreams and its filters as pictures, drawn by the browser."""

import numpy as np

from .. import assets, figures
from ..component import define

MAX_PICTURES = 100


def mount(snapshot, config, *, owner: str, particles: str, filters: tuple[str, str] | None, key: str) -> None:
    """Draw the pictures of a job's snapshot, as far as there are any. filters: (title, name of a tensor)."""
    dreams = _particles(snapshot.particles, particles, owner)
    looked_for = None
    shape = figures.square_shape(getattr(config, "num_visible", 0) or _first_size(config))
    if filters is not None and snapshot.weights and shape:
        title, tensor = filters
        url = assets.publish(snapshot.weights, owner=owner)
        looked_for = {
            "title": title,
            "tensor": tensor,
            "url": url,
            "count": MAX_PICTURES,
            "rows": shape[0],
            "columns": shape[1],
        }
    if dreams or looked_for:
        define("forming")({"particles": dreams, "filters": looked_for}, key=key)


def _particles(particles: np.ndarray | None, title: str, owner: str) -> dict | None:
    shape = None if particles is None or not title else figures.square_shape(particles.shape[1])
    if shape is None:
        return None
    shown = particles[:MAX_PICTURES]
    url = assets.publish(figures.grey(shown), owner=f"{owner} particles", suffix=".bin")
    return {"title": title, "url": url, "count": len(shown), "rows": shape[0], "columns": shape[1]}


def _first_size(config) -> int:
    return getattr(config, "layer_sizes", (0,))[0]
