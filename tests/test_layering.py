"""Imports run one way: pages -> ui -> deepgen."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize("path", sorted(ROOT.glob("deepgen/**/*.py")), ids=lambda path: path.name)
def test_deepgen_never_reaches_up_into_the_screen(path):
    assert not {name.split(".")[0] for name in imported(path)} & {"streamlit", "ui", "pages", "app"}


@pytest.mark.parametrize("path", sorted(ROOT.glob("ui/**/*.py")), ids=lambda path: path.name)
def test_ui_never_imports_a_page(path):
    assert not {name.split(".")[0] for name in imported(path)} & {"pages", "app"}


def test_datasets_stand_alone():
    for name, neighbours in {"datasets": {"idx"}, "idx": set()}.items():
        nodes = ast.walk(ast.parse((ROOT / "deepgen" / f"{name}.py").read_text()))
        inside = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level > 0]
        assert {node.module or alias.name for node in inside for alias in node.names} == neighbours


def test_importing_all_of_deepgen_loads_no_streamlit():
    modules = [f"deepgen.{path.stem}" for path in sorted((ROOT / "deepgen").glob("*.py")) if path.stem != "__init__"]
    script = (
        f"import sys, importlib; [importlib.import_module(m) for m in {modules}]; assert 'streamlit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
