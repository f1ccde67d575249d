"""The race on the screen: three machines dream from one noise, their mixing measured live, their training as curves."""

import json

from .. import assets
from ..component import define

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
    """What the last epoch teaches, with its numbers; of a bracket the side that argues against it."""
    epochs = max(row["epoch"] for row in rows)
    last = {row["name"]: row for row in rows if row["epoch"] == epochs}
    mirror = min(last, key=lambda name: last[name]["reconstruction_error"])
    model = max(last, key=lambda name: last[name]["log_likelihood_reverse_ais"])
    best, other = last[model], last[mirror]
    if mirror == model:
        return (
            f"After {epochs} epochs {model} reconstructs best and is also the best model: {_error(best)} and at least "
            f"{_nats(best['log_likelihood_reverse_ais'])}. The first number did not have to tell the second."
        )
    at_most, at_least = other["log_likelihood_ais"], best["log_likelihood_reverse_ais"]
    gain = at_least - at_most
    verdict = f"a test digit is at least {gain:.0f} nats likelier" if gain > 0 else "their brackets still overlap"
    return (
        f"**The best reconstruction is not the best model.** After {epochs} epochs {mirror} reconstructs best, with "
        f"{_error(other)} against {_error(best)} of {model}; but it is worth {_nats(at_most)} at most, "
        f"and {model} {_nats(at_least)} at least: {verdict}."
    )


def mount(*, key: str = "rbm_race"):
    """Draw the race; all files must be there."""
    lanes = [{"name": name, "about": about, "url": assets.weights_url(file)} for name, (file, about) in LANES.items()]
    return define("rbm_race")({"lanes": lanes, "judge": assets.weights_url(JUDGE), "history": history()}, key=key)


def _error(row: dict) -> str:
    return f"{row['reconstruction_error']:.4f} a pixel"


def _nats(value: float) -> str:
    return f"{value:.1f} nats an image".replace("-", "−")
