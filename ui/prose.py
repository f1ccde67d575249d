"""The prose of a page: pages/NAME.md, cut at its second-level headings."""

from functools import cache
from pathlib import Path

PAGES = Path(__file__).parent.parent / "pages"


@cache
def sections(page: str) -> dict[str, str]:
    """Heading -> text below it; what stands before the first heading has the empty name."""
    text = (PAGES / f"{page}.md").read_text()
    first, *rest = text.split("\n## ")
    parts = (part.partition("\n") for part in rest)
    return {"": first.strip()} | {heading.strip(): body.strip() for heading, _, body in parts}


def section(page: str, heading: str = "") -> str:
    """One section's text; a KeyError names the headings that there are."""
    found = sections(page)
    if heading not in found:
        raise KeyError(f"pages/{page}.md has no section {heading!r}; it has {sorted(found)}")
    return found[heading]
