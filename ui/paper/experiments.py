"""The paper's four experiments: as printed beside as it should be, measured by `python -m benchmarks.experiments`."""

import importlib
import json
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from ui import assets
from ui.paper import sheet

RESULTS = "experiments.json"  # in pretrained/, beside a folder of the same name with the sheets
SIDES = {"printed": "As printed", "corrected": "As it should be"}
WIDEST = 5.0  # nats: two estimates that are farther apart than this are no number


@dataclass(frozen=True)
class Experiment:
    """What one experiment says of itself; the texts are filled in with figures."""

    family: str
    title: str
    printed: str
    corrected: str
    lesson: str
    lacks: str  # what the training room will not do wrong
    printed_room: dict[str, Any] = field(default_factory=dict)
    corrected_room: dict[str, Any] = field(default_factory=dict)


@cache
def index() -> dict[str, Experiment]:
    """The experiments by title, in the paper's order."""
    content = tomllib.loads(Path(__file__).with_name("paper.toml").read_text())
    return {entry["title"]: Experiment(**entry) for entry in content["experiment"]}


def results() -> dict | None:
    """What the benchmark wrote; None if it has not been run."""
    path = assets.PRETRAINED / RESULTS
    return json.loads(path.read_text()) if path.is_file() else None


def made(found: dict | None) -> list[str]:
    """The titles of the experiments of which both sides have been measured."""
    return [title for title, experiment in index().items() if found and len(found.get(experiment.family, {})) == len(SIDES)]


def sheet_url(family: str, side: str) -> tuple[str, int]:
    """Where the browser finds the pictures of one side, and how many rows of ten they are."""
    import numpy as np
    from PIL import Image

    with Image.open(assets.PRETRAINED / "experiments" / f"{family}-{side}.png") as picture:
        pixels = np.asarray(picture.convert("L"))
    tiles = pixels.reshape(-1, 28, 10, 28).swapaxes(1, 2)
    return assets.publish(tiles.tobytes(), owner=f"sheet {family} {side}", suffix=".bin"), len(tiles)


def rows_of(family: str, side: str, count: int) -> list[dict]:
    """What the rows of a sheet show."""
    who = f"{SIDES[side].lower()}: the {family.upper()}"
    samples = [("Samples", f"Ten samples, {who}"), ("", f"Ten more samples, {who}")]
    mirrored = [("Training images", "The first ten training images"), ("Their reconstructions", f"The same ten, reconstructed, {who}")]
    return [{"title": title, "description": text} for title, text in (mirrored + samples)[-count:]]


def settings(experiment: Experiment, side: str) -> dict[str, str]:
    """The address of the training room with this side's settings filled in: every control has its say."""
    page = experiment.family
    chosen = experiment.printed_room if side == "printed" else experiment.corrected_room
    controls = importlib.import_module(f"ui.{page}.training").CONTROLS
    if unknown := set(chosen) - {control.name for control in controls}:
        raise LookupError(f"the training room of the {page.upper()} has no {', '.join(sorted(unknown))}")
    room = {f"{page}_train_{control.name}": control.written(chosen.get(control.name, control.default)) for control in controls}
    return {f"{page}_section": "Train", **room}


def lesson(experiment: Experiment, found: dict) -> str:
    """What the figures teach, with the figures."""
    printed, corrected = (found[experiment.family][side]["figures"] for side in SIDES)
    bests = [printed[name] for name in ("log_likelihood_ais", "log_likelihood_reverse_ais", "bound_ais", "bound_reverse_ais") if name in printed]
    more = {"printed_best": max(bests, default=0.0), "corrected_loss": -corrected.get("elbo_of_grey_values", 0.0)}
    return experiment.lesson.format(printed=printed, corrected=corrected, real=found["real"], **more).replace(" -", " −").replace("\n-", "\n−")


def table(family: str, found: dict) -> str:
    """The figures of both sides, and beside them what they are to be held against."""
    from deepgen.checkpoint import card_of
    from ui.compare.numbers import seconds

    printed, corrected, real = found[family]["printed"], found[family]["corrected"], found["real"]
    lines = ["| | as printed | as it should be | to hold against |", "|---|---|---|---|"]

    def add(name: str, show, against: str = "") -> None:
        cells = [show(side["figures"]) for side in (printed, corrected)]
        if any(cells):
            lines.append(f"| {name} | {cells[0] or 'not printed'} | {cells[1] or ''} | {against} |".replace("| -", "| −").replace(" to -", " to −"))

    def one(metric: str, form: str):
        return lambda figures: format(figures[metric], form) if figures.get(metric) is not None else ""

    floor = f"{real['independent_pixels']:.1f}: pixels drawn alone" if "independent_pixels" in real else ""
    mean = f"{real['mean_image_error']:.4f}: the mean image" if "mean_image_error" in real else ""
    add("reconstruction error, squared, a pixel", one("reconstruction_error", ".4f"), mean)
    add("log p(v), nats, from both sides", lambda f: bracket(f, "log_likelihood_reverse_ais", "log_likelihood_ais"), floor)
    add("bound on log p(v), nats, log Z from both sides", lambda f: bracket(f, "bound_reverse_ais", "bound_ais"), floor)
    if family == "vae":
        add("the notebook's loss, grey pixels", one("printed_loss", ".1f"))
        add("−ELBO, grey pixels", lambda f: f"{f.get('true_loss', -f['elbo_of_grey_values']):.1f}")
        add("log p(x) by quadrature, nats, binary pixels", one("log_likelihood", ".1f"), floor)
    if family == "gan":  # judged on ten times as many samples, as its card is
        judged, against, count = "{}", corrected["figures"], 10_000
        of_real = "{}_of_real_images"
    else:
        judged, against, count, of_real = "samples_{}", real, 1000, "samples_{}"
    for name, metric, form in (
        (f"digits that a classifier is sure to see among {count:,} samples", "modes", ".0f"),
        ("their classifier score, 1 to 10", "classifier_score", ".1f"),
        ("their Fréchet distance, 0 is perfect", "frechet", ".1f"),
    ):
        reference = against.get(of_real.format(metric))
        add(name, one(judged.format(metric), form), "" if reference is None else f"{reference:{form}}: real digits")
    file = assets.PRETRAINED / f"{corrected['file']}.safetensors"
    took = seconds(card_of(file.read_bytes())) or corrected["seconds"]
    lines.append(f"| training, core seconds | {printed['seconds']} | {took:.0f} | |")
    return "\n".join(lines)


def bracket(figures: dict, low: str, high: str) -> str:
    """Two estimates as one text; those that do not meet say so."""
    if low not in figures:
        return ""
    ends = sorted((figures[low], figures[high]))
    if ends[1] - ends[0] > WIDEST:
        return f"{ends[0]:.0f} to {ends[1]:.0f}: no number, the estimates do not meet"
    texts = dict.fromkeys(f"{end:.1f}" for end in ends)
    return " to ".join(texts)


def mount() -> None:
    """One experiment at a time, result beside result."""
    found = results()
    if found is None:
        st.info("The experiments have not been run here yet: `python -m benchmarks.experiments --out pretrained` runs them.")
        return
    titles = made(found)
    chosen = st.segmented_control("Experiment", titles, default=titles[0], key="paper_experiment", bind="query-params", label_visibility="collapsed")
    experiment = index()[chosen or titles[0]]
    family = experiment.family
    for column, side in zip(st.columns(2, gap="large"), SIDES, strict=True):
        with column.container(border=True, key=f"paper_{side}"):
            st.markdown(f"**{SIDES[side]}.** " + getattr(experiment, side).format(**found[family][side]))
            url, count = sheet_url(family, side)
            sheet.mount(rows_of(family, side, count), url=url, key=f"paper_sheet_{family}_{side}")
            st.page_link(f"../pages/{family}.py", label=f"Train it yourself, {SIDES[side].lower()}", icon=":material/arrow_forward:",
                         query_params=settings(experiment, side))  # fmt: skip
            if side == "printed":
                st.caption(experiment.lacks)
    st.markdown(lesson(experiment, found))
    st.markdown(table(family, found))
