"""The race on the screen: three machines dream from one noise, their mixing measured live, their training as curves."""

import json
import math

from ui import assets
from ui.component import define

CURVES = "race-mnist.json"  # written by benchmarks/race.py
JUDGE = "classifier-mnist"
LANES = {
    "CD-1": ("rbm-cd1-mnist", "negative examples one sweep from the data"),
    "CD-10": ("rbm-cd10-mnist", "negative examples ten sweeps from the data"),
    "PCD-1": ("rbm-pcd1-mnist", "negative examples from chains that never restart"),
}


def missing() -> list[str]:
    """The files of pretrained/ that the race needs and that are not there."""
    names = [f"{name}.safetensors" for name in (*(file for file, _ in LANES.values()), JUDGE)]
    return [name for name in (*names, CURVES) if not (assets.PRETRAINED / name).is_file()]


def history() -> list[dict]:
    """A row for every epoch and contestant, as `python -m benchmarks.race` writes them."""
    return json.loads((assets.PRETRAINED / CURVES).read_text())


def lesson(rows: list[dict]) -> str:
    """What the last epoch teaches, with its numbers."""
    epochs = max(row["epoch"] for row in rows)
    error = {row["name"]: row["reconstruction_error"] for row in rows if row["epoch"] == epochs}
    nats = {row["name"]: _middle(row) for row in rows if row["epoch"] == epochs}
    mirror, best, worst = min(error, key=error.get), max(nats, key=nats.get), min(nats, key=nats.get)
    gap = nats[best] - nats[worst]
    title = "The best reconstruction is not the best model" if mirror != best else "Reconstruction tells models badly apart"
    return (
        f"**{title}.** After {epochs} epochs the reconstruction errors lie within "
        f"{100 * (max(error.values()) / min(error.values()) - 1):.0f} % of each other, {mirror}’s the lowest with "
        f"{error[mirror]:.4f} a pixel and {worst}’s {error[worst]:.4f}. But {best} gives a test digit "
        f"{_nats(nats[best])} nats and {worst} {_nats(nats[worst])}: {gap:.0f} nats, "
        f"about 10{_raised(gap / math.log(10))} times the probability. The dreams show it at a glance."
    )


def mount(*, key: str = "rbm_race"):
    """Draw the race; all files must be there."""
    lanes = [{"name": name, "about": about, "url": assets.weights_url(file)} for name, (file, about) in LANES.items()]
    return define("rbm/race")({"lanes": lanes, "judge": assets.weights_url(JUDGE), "history": history()}, key=key)


def _middle(row: dict) -> float:
    return (row["log_likelihood_reverse_ais"] + row["log_likelihood_ais"]) / 2


def _raised(exponent: float) -> str:
    return f"{exponent:.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _nats(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
