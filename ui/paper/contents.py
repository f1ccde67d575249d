"""The paper's index: equations and figures in order, each with its door and the line of code that computes it."""

import importlib
import inspect
import tomllib
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Line:
    """A line of the package: where it stands and what it says."""

    path: str  # below the project's folder
    number: int
    text: str


@dataclass(frozen=True)
class Equation:
    """One equation in its correct form; ``printed`` is what the paper has, where that differs."""

    number: str
    chapter: str
    latex: str
    sentence: str
    code: tuple[str, str, str]  # module, object in it, a piece of the line
    page: str
    section: str
    printed: str = ""

    @property
    def line(self) -> Line:
        """The first line of the object that contains the piece; a LookupError if there is none any more."""
        module, name, piece = self.code
        target = inspect.unwrap(attrgetter(name)(importlib.import_module(module)))
        lines, first = inspect.getsourcelines(target)
        for offset, text in enumerate(lines):
            if piece in text:
                path = Path(inspect.getsourcefile(target)).relative_to(ROOT).as_posix()
                return Line(path, first + offset, text.strip())
        raise LookupError(f"equation ({self.number}): no line of {module}.{name} contains {piece!r}")


@dataclass(frozen=True)
class Figure:
    """One figure of the paper and where it is alive."""

    number: str
    sentence: str
    page: str
    section: str


@cache
def index() -> tuple[list[Equation], list[Figure]]:
    """Everything in ui/paper/paper.toml, in the paper's order."""
    content = tomllib.loads(Path(__file__).with_name("paper.toml").read_text())
    equations = [Equation(**{**entry, "code": tuple(entry["code"])}) for entry in content["equation"]]
    return equations, [Figure(**entry) for entry in content["figure"]]
