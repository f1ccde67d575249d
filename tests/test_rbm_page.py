"""The RBM page's server side: its sections, and what the race says with and without its files."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import assets, prose
from ui.rbm import race as rbm_race
from ui.rbm import stage as rbm_stage

ROOT = Path(__file__).parents[1]
SECTIONS = ["Stage", "Train", "Race", "Laboratory", "Mathematics"]


@pytest.fixture
def page():
    app = AppTest.from_file(ROOT / "ui" / "shell.py", default_timeout=60).run()
    return app.switch_page("../pages/rbm.py").run()


def test_all_sections_are_there(page):
    assert page.segmented_control(key="rbm_section").options == SECTIONS
    assert page.segmented_control(key="rbm_section").value == "Stage"
    assert prose.section("rbm", "Race") not in [text.value for text in page.markdown]


def test_a_race_without_files_says_what_is_missing(page, monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "PRETRAINED", tmp_path)
    assert rbm_race.missing()[0] == "rbm-cd1-mnist.safetensors" and rbm_race.missing()[-1] == "race-mnist.json"
    page.segmented_control(key="rbm_section").set_value("Race").run()
    assert not page.exception
    assert "pretrained/ lacks rbm-cd1-mnist.safetensors, rbm-cd10-mnist.safetensors" in page.info[0].value
    assert not page.get("bidi_component")


def rows(**last) -> list[dict]:
    names = ("reconstruction_error", "log_likelihood_reverse_ais", "log_likelihood_ais")
    first = [dict(zip(names, (0.5, -300.0, -299.0), strict=True), name=name, epoch=1) for name in last]
    return first + [dict(zip(names, numbers, strict=True), name=name, epoch=2) for name, numbers in last.items()]


def test_the_lesson_is_read_from_the_numbers():
    lesson = rbm_race.lesson(rows(mirror=(0.02, -131.0, -125.0), model=(0.022, -102.0, -100.0)))
    assert lesson.startswith("**The best reconstruction is not the best model.** After 2 epochs")
    assert "within 10 % of each other, mirror’s the lowest with 0.0200 a pixel" in lesson
    assert "model gives a test digit −101.0 nats and mirror −128.0: 27 nats, about 10¹² times" in lesson
    assert rbm_race.lesson(rows(one=(0.01, -90.0, -89.0), other=(0.02, -101.0, -99.0))).startswith("**Reconstruction")


def test_the_race_is_mounted_with_its_curves(page, monkeypatch, tmp_path):
    for name in (*(file for file, _ in rbm_race.LANES.values()), rbm_race.JUDGE):
        (tmp_path / f"{name}.safetensors").write_bytes(b"weights")
    history = rows(**{name: (0.01, -101.0, -99.0) for name in rbm_race.LANES})
    (tmp_path / "race-mnist.json").write_text(json.dumps(history))
    monkeypatch.setattr(assets, "PRETRAINED", tmp_path)
    monkeypatch.setattr(assets, "_weights", assets._weights.__wrapped__)
    page.segmented_control(key="rbm_section").set_value("Race").run()
    assert not page.exception and not page.info
    assert len(page.get("bidi_component")) == 1


def test_the_stage_knows_the_images_of_every_data_set_that_is_here(monkeypatch):
    data = rbm_stage._data()
    assert set(data["mnist"]) == {"images", "statistics"}

    def refuse(name):
        raise ValueError("no data")

    monkeypatch.setattr(assets, "images_url", refuse)
    assert rbm_stage._data() == {}
