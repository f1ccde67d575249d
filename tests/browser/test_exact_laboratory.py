"""The exact laboratory on a bare page: it starts by itself, a dragged weight moves log Z, the histogram closes in."""

from math import exp, log
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "ui"


@pytest.fixture
def open_laboratory(new_page, site, until):
    """``open_laboratory(query, **context)``: the component's files on a page without Streamlit."""
    css = (UI / "kit" / "kit.css").read_text() + (UI / "rbm" / "laboratory" / "component.css").read_text()
    html = (UI / "rbm" / "laboratory" / "component.html").read_text()
    script = """<script type="module">import mount from "/ui/rbm/laboratory/component.js";
        const parentElement = document.querySelector("main");
        mount({data: {}, parentElement, setStateValue() {}, setTriggerValue() {}});</script>"""
    head = '<!doctype html><meta name=viewport content="width=device-width"><link rel=icon href=data:,>'
    (site.folder / "laboratory.html").write_text(f"{head}<style>{css}</style><main>{html}</main>{script}")

    def open_laboratory(query="", **context):
        page = new_page(**context)
        page.goto(f"{site.url}/laboratory.html?{query}")
        until(page, "() => document.querySelector('.lab').dataset.ready")
        return page

    return open_laboratory


def number(page, name):
    return float(page.locator(f"[data-id={name}]").inner_text().rstrip(" %").replace("−", "-").replace(",", ""))


def log_z(page):
    return float(page.locator(".lab").get_attribute("data-log-z"))


def test_it_learns_and_samples_before_any_click(open_laboratory, until):
    page = open_laboratory("lab_side=2&lab_hidden=4")
    first = number(page, "likelihood")
    until(page, "() => Number(document.querySelector('.lab').dataset.updates) > 300", timeout=30_000)
    assert page.get_by_role("button", name="PCD-1").get_attribute("aria-pressed") == "true"
    page.locator("[data-id=train]").click()
    until(page, "() => Number(document.querySelector('.lab').dataset.samples) > 500")
    assert -4 * log(2) - 0.1 < first < number(page, "likelihood") < -log(6)


def test_a_weight_by_hand(open_laboratory, until):
    """All weights zero: everything is known in closed form; then one weight is dragged and one bias typed."""
    page = open_laboratory("lab_side=3&lab_hidden=5")
    page.locator("[data-id=zero]").click()
    until(page, "() => document.querySelector('[data-id=train]').textContent === 'Train'")
    assert log_z(page) == pytest.approx(14 * log(2), abs=1e-9)
    assert number(page, "likelihood") == pytest.approx(-9 * log(2), abs=1e-3)
    assert number(page, "mass") == pytest.approx(100 * 14 / 512, abs=0.1)
    canvas = page.locator("[data-id=weights]")
    box = canvas.bounding_box()
    canvas.focus()
    page.keyboard.press("ArrowRight")  # from pixel 1 of h1 to pixel 2
    page.keyboard.press("+")
    page.keyboard.press("+")
    until(page, "() => document.querySelector('[data-id=cellText]').textContent.includes('0.50')")
    weight = 0.5
    assert log_z(page) == pytest.approx(12 * log(2) + log(3 + exp(weight)), abs=1e-9)
    page.mouse.move(box["x"] + 15, box["y"] + 30)  # the bias of pixel 1
    page.mouse.down()
    page.mouse.move(box["x"] + 15, box["y"] - 20, steps=4)
    page.mouse.up()
    cell = "document.querySelector('[data-id=cellText]').textContent"
    until(page, f"() => {cell}.startsWith('bias of pixel (1, 1): 2.00')")
    assert log_z(page) == pytest.approx(11 * log(2) + log(3 + exp(weight)) + log(1 + exp(2)), abs=1e-9)
    page.locator("[data-id=undo]").click()
    assert log_z(page) == pytest.approx(12 * log(2) + log(3 + exp(weight)), abs=1e-9)


def test_the_histogram_closes_in(open_laboratory, until):
    page = open_laboratory("lab_side=2&lab_hidden=3&lab_speed=4&lab_temperature=2")
    page.locator("[data-id=zero]").click()  # no memory at all: the chain must lie on the floor
    until(page, "() => Number(document.querySelector('.lab').dataset.samples) > 30000", timeout=30_000)
    distance, floor = (float(page.locator(".lab").get_attribute(f"data-{name}")) for name in ("distance", "floor"))
    assert 0 < distance < 2.5 * floor < 0.03


def test_methods_start_from_the_same_weights(open_laboratory, until):
    page = open_laboratory("lab_side=2&lab_hidden=4&lab_rate=6")
    page.locator("[data-id=train]").click()  # stop
    likelihoods = []
    for method in ("exact", "cd", "exact"):
        page.locator(f"[data-id={method}]").click()
        page.locator("[data-id=restart]").click()
        likelihoods.append([])
        for update in (1, 2, 3):
            page.locator("[data-id=one]").click()
            until(page, f"() => document.querySelector('.lab').dataset.updates === '{update}'")  # painted
            likelihoods[-1].append(number(page, "likelihood"))
    assert likelihoods[0] == likelihoods[2] != likelihoods[1]
    page.locator("[data-id=temperature]").fill("2")
    until(page, "() => document.querySelector('[data-id=atTemperature]').textContent.includes('2.00')")


def test_a_phone_sees_all_of_it_and_nothing_moves_unasked(open_laboratory):
    page = open_laboratory("lab_side=4&lab_hidden=12", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("[data-id=play]").inner_text() == "Play"
    assert page.locator(".lab").get_attribute("data-updates") == "0"
    page.locator("[data-id=sweep]").click()
    assert page.locator(".lab").get_attribute("data-samples") == "100"


def test_a_finger_drags_a_weight_and_does_not_scroll(open_laboratory, until):
    page = open_laboratory("lab_side=2&lab_hidden=4", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("[data-id=zero]").click()
    page.locator("[data-id=weights]").scroll_into_view_if_needed()
    box = page.locator("[data-id=weights]").bounding_box()
    x, y = box["x"] + 15, box["y"] + 30
    touch = page.context.new_cdp_session(page)
    for kind, where in [("touchStart", y), ("touchMove", y - 10), ("touchMove", y - 25), ("touchEnd", None)]:
        points = [] if where is None else [{"x": x, "y": where}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    until(page, "() => document.querySelector('[data-id=cellText]').textContent.startsWith('bias of pixel (1, 1): 1.00')")
    assert page.locator("[data-id=weights]").bounding_box()["y"] == pytest.approx(box["y"], abs=2)


def test_files_say_which_machine_they_are_of(open_laboratory):
    page = open_laboratory("lab_side=2&lab_hidden=4&lab_seed=3", reduced_motion="reduce")
    for button, name in (("table", "training-seed-3-update-0.csv"), ("save", "pictures-seed-3-update-0.png")):
        with page.expect_download() as download:
            page.locator(f"button[data-id={button}]").click()
        assert download.value.suggested_filename == f"exact-rbm-2x2-4-hidden-{name}"
