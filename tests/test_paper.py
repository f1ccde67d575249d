"""The paper's index cannot rot: every line of code is found, every door leads somewhere."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from ui.paper import contents

EQUATIONS, FIGURES = contents.index()


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda equation: equation.number)
def test_the_line_of_code_is_there(equation):
    line = equation.line
    text = (contents.ROOT / line.path).read_text().splitlines()[line.number - 1]
    assert text.strip() == line.text
    assert not line.text.startswith(("def ", '"""', "#")), "a line that computes, not one that announces"


def test_all_equations_are_there_in_order():
    numbers = [int(n) for equation in EQUATIONS for n in numbers_of(equation.number)]
    assert numbers == list(range(1, 39))


def numbers_of(text: str) -> list[int]:
    ends = [int(n) for n in re.findall(r"\d+", text)]
    return list(range(ends[0], ends[-1] + 1))


@pytest.mark.parametrize("page", sorted({entry.page for entry in [*EQUATIONS, *FIGURES]}))
def test_every_door_leads_to_a_section(page):
    app = AppTest.from_file(contents.ROOT / "ui" / "shell.py", default_timeout=60).run()
    app.switch_page(f"../pages/{page}.py").run()
    sections = next(control for control in app.segmented_control if control.key == f"{page}_section").options
    wanted = {entry.section for entry in [*EQUATIONS, *FIGURES] if entry.page == page}
    assert wanted <= set(sections)
