"""Every page in every section runs without an exception, and tells what it is about."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import prose

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


def open_page(name: str) -> AppTest:
    app = AppTest.from_file(ROOT / "ui" / "shell.py", default_timeout=60).run()
    return app.switch_page(f"../pages/{name}").run()


@pytest.mark.parametrize("name", PAGES)
def test_every_section_of_the_page_runs(name):
    app = open_page(name)
    assert not app.exception, app.exception
    assert app.title, "a page begins with its title"
    sections = [control for control in app.segmented_control if control.key and control.key.endswith("_section")]
    for label in sections[0].options if sections else ():
        app.segmented_control(key=sections[0].key).set_value(label).run()
        assert not app.exception, (label, app.exception)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_a_lesson_not_a_program(name):
    lines = (ROOT / "pages" / name).read_text().splitlines()
    assert len(lines) <= 150


def test_prose_is_cut_at_its_headings():
    assert prose.section("rbm", "Stage").startswith("What you draw is **held**")
    with pytest.raises(KeyError, match="it has"):
        prose.section("rbm", "No such heading")
