"""What the documents send a reader to is there: commands, files, addresses."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "docs/teaching.md", "docs/deployment.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_and_links_lead_somewhere(name):
    path = ROOT / name
    text = path.read_text()
    for module in re.findall(r"python -m ([a-z_.]+)", text):
        assert importlib.util.find_spec(module.rstrip(".")), module
    for target in re.findall(r"\]\(([^):]+)\)", text):
        assert (path.parent / target).exists(), target


def test_addresses_of_the_class_open_a_section():
    addresses = re.findall(r"`(/[a-z]+[^`]*)`", (ROOT / "docs" / "teaching.md").read_text())
    assert len(addresses) > 10
    for address in addresses:
        parts = urlsplit(address)
        page = parts.path.strip("/")
        program = (ROOT / "pages" / f"{page}.py").read_text()
        for section in parse_qs(parts.query).get(f"{page}_section", []):
            assert f'"{section}": ' in program, address
