"""The DBN page in a real browser: it dreams by itself, obeys labels in mid-flight, recognises, and tells the same twice."""

import pytest

STAGE = ".stage[data-ready=true]"


@pytest.fixture
def stage(page, app_url):
    page.goto(f"{app_url}/dbn")
    page.wait_for_selector(STAGE, timeout=60_000)
    return page


def wait_for_sweeps(page, more: int) -> None:
    stage = page.locator(STAGE).element_handle()
    target = int(stage.get_attribute("data-sweeps")) + more
    page.wait_for_function("([stage, target]) => Number(stage.dataset.sweeps) >= target", arg=[stage, target], timeout=30_000)


def test_ten_chains_dream_before_any_click_and_follow_a_label(stage):
    wait_for_sweeps(stage, 3)
    words = stage.locator(f"{STAGE} .chain b").all_inner_texts()
    assert words == [f"held: {k}" for k in range(10)]
    stage.locator(f"{STAGE} [data-id=digits] button").nth(7).click()
    wait_for_sweeps(stage, 2)
    assert set(stage.locator(f"{STAGE} .chain b").all_inner_texts()) == {"held: 7"}
    stage.locator(f"{STAGE} button[data-id=free]").click()
    wait_for_sweeps(stage, 2)
    assert all(word.endswith("?") for word in stage.locator(f"{STAGE} .chain b").all_inner_texts())


def test_a_link_restores_machine_and_labels_and_a_stale_one_says_so(page, app_url):
    page.goto(f"{app_url}/dbn?dbn_hold=77777xx123&dbn_speed=99")
    page.wait_for_selector(STAGE, timeout=60_000)
    words = page.locator(f"{STAGE} .chain b").all_inner_texts()
    assert words[:5] == ["held: 7"] * 5 and words[7:] == ["held: 1", "held: 2", "held: 3"]
    assert words[5].endswith("?") and "dbn_speed=99" in page.locator(".refused").inner_text()
    page.locator(f"{STAGE} select[data-id=model]").select_option("dbn-mnist")
    page.wait_for_function("() => location.search.includes('dbn_model=dbn-mnist')", timeout=20_000)
    assert page.locator(f"{STAGE} .floor").count() == 4 and not page.locator(f"{STAGE} [data-id=labelRow]").is_visible()


def test_it_recognises_digits_that_nobody_drew(stage):
    stage.locator(f"{STAGE} button[data-id=recognise]").click()
    stage.wait_for_function(
        "stage => /It says [0-9]/.test(stage.querySelector('[data-id=verdict]').textContent)",
        arg=stage.locator(STAGE).element_handle(), timeout=30_000,
    )  # fmt: skip
    stage.locator(f"{STAGE} button[data-id=clear]").click()
    stage.wait_for_function(
        "stage => stage.querySelector('[data-id=verdict]').textContent === 'An empty page'",
        arg=stage.locator(STAGE).element_handle(), timeout=30_000,
    )  # fmt: skip


def test_the_tied_start_gives_equal_pictures_from_equal_noise(page, app_url):
    page.goto(f"{app_url}/dbn?dbn_section=Stacking&film_scene=1")
    page.wait_for_selector(".film[data-ready=true]", timeout=60_000)
    page.wait_for_function("film => Number(film.dataset.apart) < 1e-5", arg=page.locator(".film").element_handle(), timeout=30_000)


def test_the_gap_of_the_bound_is_the_divergence(page, app_url):
    page.goto(f"{app_url}/dbn?dbn_section=Jensen")
    jensen = page.wait_for_selector(".jensen[data-ready=true]", timeout=60_000)
    jensen.query_selector("button[data-id=equal]").click()
    gap, kl = (float(jensen.get_attribute(f"data-{name}")) for name in ("gap", "kl"))
    assert gap == pytest.approx(kl, abs=1e-5) and gap > 0.1
    plot = jensen.query_selector("[data-id=plot]")
    plot.press("1")
    plot.press("ArrowRight")
    page.wait_for_function("jensen => Math.abs(jensen.dataset.gap - jensen.dataset.kl) < 1e-5 && location.search.includes('jensen_q1')", arg=jensen)
    jensen.query_selector("button[data-id=solve]").click()
    page.wait_for_function("jensen => Number(jensen.dataset.gap) < 1e-4", arg=jensen, timeout=30_000)
