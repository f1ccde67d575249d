"""axe-core on every page, light and dark: nothing serious (WCAG 2.2 A and AA)."""

import pytest
from axe_playwright_python.sync_playwright import Axe

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = ["", "rbm", "dbn", "dbm", "vae", "gan", "compare", "paper"]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious(new_page, app_url, name):
    page = new_page(color_scheme="dark" if PAGES.index(name) % 2 else "light", reduced_motion="reduce")
    page.goto(f"{app_url}/{name}")
    page.get_by_role("heading", level=1).wait_for(timeout=60_000)
    if name != "paper":
        page.wait_for_selector(".root[data-ready=true]", timeout=60_000)
    page.get_by_role("button", name="Link to this scene").wait_for(timeout=60_000)  # the last thing on the page
    found = Axe().run(page, options=OPTIONS).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert not serious, "\n".join(f"{rule['id']}: {rule['nodes'][0]['html'][:200]} ({len(rule['nodes'])} places)" for rule in serious)
