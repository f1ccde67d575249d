"""The section "Experiments" of the page about the paper: figures from the file, doors that set the training rooms."""

import hashlib
import json

import pytest
from streamlit.testing.v1 import AppTest

from ui import assets
from ui.paper import contents, experiments

EXPERIMENTS = list(experiments.index().values())
FOUND = experiments.results()


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.family)
@pytest.mark.parametrize("side", experiments.SIDES)
def test_the_door_fills_in_the_training_room(experiment, side):
    app = AppTest.from_file(contents.ROOT / "ui" / "shell.py", default_timeout=60).run()
    for name, value in experiments.settings(experiment, side).items():
        app.query_params[name] = value
    app.switch_page(f"../pages/{experiment.family}.py").run()
    assert not app.exception
    chosen = getattr(experiment, f"{side}_room")
    page = experiment.family
    assert {name: app.session_state[f"{page}_train_{name}"] for name in chosen} == chosen


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.family)
def test_the_texts_are_filled_with_the_figures_of_the_file(experiment):
    text = experiments.lesson(experiment, FOUND) + experiments.table(experiment.family, FOUND)
    assert "{" not in text and "nan" not in text and "None" not in text
    for side in experiments.SIDES:
        url, count = experiments.sheet_url(experiment.family, side)
        assert url.endswith(".bin") and count >= 2
        assert len(experiments.rows_of(experiment.family, side, count)) == count


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.family)
def test_the_figures_are_those_of_the_files_that_are_here(experiment):
    side = FOUND[experiment.family]["corrected"]
    content = (assets.PRETRAINED / f"{side['file']}.safetensors").read_bytes()
    again = "measure them again: python -m benchmarks.experiments --out pretrained --only corrected"
    assert hashlib.sha256(content).hexdigest() == side["sha256"], again


def test_without_results_a_sentence_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "PRETRAINED", tmp_path)
    assert experiments.results() is None


def test_estimates_that_do_not_meet_are_no_number():
    assert "no number" in experiments.bracket({"low": -623.0, "high": -575.0}, "low", "high")
    assert experiments.bracket({"low": -85.55, "high": -85.2}, "low", "high") == "-85.5 to -85.2"
    assert experiments.bracket({}, "low", "high") == ""


def test_all_four_have_been_measured():
    assert experiments.made(FOUND) == list(experiments.index())


def test_the_file_is_small_and_readable():
    path = assets.PRETRAINED / experiments.RESULTS
    assert json.loads(path.read_text()).keys() == {"rbm", "dbn", "vae", "gan", "real"}
    assert sum(file.stat().st_size for file in (assets.PRETRAINED / "experiments").iterdir()) < 200_000
