"""What a GAN in training shows beside its curves: the labels of its samples, how D judges, when the gradient leapt."""

import statistics
from collections.abc import Mapping, Sequence

from ui.component import define

NAMES = {
    "mnist": [str(digit) for digit in range(10)],
    "fashion": ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"],
}
NUM_BINS = 24


def mount(curves: Mapping, *, data: str, key: str = "gan_live"):
    """Draw it from a job's curves, metric -> (updates, values), as far as they are measured."""
    settings = {
        "names": NAMES.get(data, NAMES["mnist"]),
        "shares": _last(curves, "label", 10),
        "real": _last(curves, "real", NUM_BINS),
        "fake": _last(curves, "fake", NUM_BINS),
        "spikes": spikes(*curves.get("discriminator_gradient", ((), ()))),
        "modes": _latest(curves, "modes"),
        "kl": _latest(curves, "kl_labels"),
        "score": _latest(curves, "classifier_score"),
    }
    return define("gan/live")(settings, key=key)


def _latest(curves: Mapping, name: str) -> float | None:
    return float(curves[name][1][-1]) if name in curves and len(curves[name][1]) else None


def _last(curves: Mapping, name: str, count: int) -> list[float] | None:
    values = [_latest(curves, f"{name} {i}") for i in range(count)]
    return None if None in values else values


def spikes(updates: Sequence[float], values: Sequence[float], *, window: int = 20, times: float = 4.0) -> list[int]:
    """The updates at which a gradient was several times the median of the points before it; the last six."""
    values = [float(value) for value in values]
    found = [
        int(updates[i])
        for i in range(window, len(values))
        if values[i] > times * statistics.median(values[i - window : i])
    ]
    return found[-6:]
