"""The RBM stage in a real browser: it moves by itself, obeys what is drawn, and asks the server for nothing meanwhile."""

import numpy as np
import pytest

from deepgen import checkpoint, datasets
from deepgen.rbm import RBM, RBMConfig

STAGE = ".stage[data-ready=true]"


@pytest.fixture
def stage(page, app_url):
    """The page with its stage running; ``page.sent`` counts what the browser tells the server."""
    page.sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: page.sent.append(frame)))
    page.goto(f"{app_url}/rbm")
    page.wait_for_selector(STAGE, timeout=30_000)
    return page


def sweeps(page) -> int:
    return int(page.locator(STAGE).get_attribute("data-sweeps"))


def wait_for_sweeps(page, more: int) -> None:
    stage, target = page.locator(STAGE).element_handle(), sweeps(page) + more
    page.wait_for_function("([stage, target]) => Number(stage.dataset.sweeps) >= target", arg=[stage, target], timeout=20_000)


def wait_for_rest(page) -> None:
    """Until no sweep has arrived for a second: one may have been under way when Pause was pressed."""
    page.wait_for_function(
        """async (stage) => {
            const before = stage.dataset.sweeps;
            await new Promise((resolve) => setTimeout(resolve, 1000));
            return stage.dataset.sweeps === before;
        }""",
        arg=page.locator(STAGE).element_handle(),
        timeout=20_000,
    )


def picture(page, name: str) -> str:
    return page.locator(f"{STAGE} canvas[data-id={name}]").evaluate("canvas => canvas.toDataURL()")


def press(page, name: str) -> None:
    page.locator(f"{STAGE} button[data-id={name}]").click()


def test_the_chains_move_before_any_click(stage):
    before = picture(stage, "chains")
    wait_for_sweeps(stage, 5)
    assert picture(stage, "chains") != before


def test_what_is_drawn_is_held_and_the_server_hears_nothing(stage):
    pad = stage.locator(f"{STAGE} canvas[data-id=pad]").bounding_box()
    stage.sent.clear()
    stage.mouse.move(pad["x"] + 0.5 * pad["width"], pad["y"] + 0.2 * pad["height"])
    stage.mouse.down()
    stage.mouse.move(pad["x"] + 0.5 * pad["width"], pad["y"] + 0.8 * pad["height"], steps=20)
    stage.mouse.up()
    wait_for_sweeps(stage, 10)
    hint = stage.locator(f"{STAGE} [data-id=hint]").inner_text()
    assert "pixels are held (blue)" in hint
    # the centre of the stroke is full ink in every one of the 25 chains (tiles of 28 pixels, 2 apart)
    levels = stage.locator(f"{STAGE} canvas[data-id=chains]").evaluate(
        """(canvas) => { const context = canvas.getContext("2d");
            return [...Array(25).keys()].map((i) => context.getImageData((i % 5) * 30 + 13, Math.floor(i / 5) * 30 + 14, 1, 1).data[0]); }"""
    )
    assert max(levels) < 60
    assert not stage.sent
    press(stage, "clear")
    assert "Nothing is held" in stage.locator(f"{STAGE} [data-id=hint]").inner_text()


def test_pause_stops_and_one_sweep_is_one(stage):
    press(stage, "play")
    stage.get_by_role("button", name="Play").wait_for()
    wait_for_rest(stage)
    at = sweeps(stage)
    press(stage, "step")
    stage.locator(f"{STAGE}[data-sweeps='{at + 1}']").wait_for(timeout=20_000)
    wait_for_rest(stage)
    assert sweeps(stage) == at + 1


def test_the_same_seed_gives_the_same_dream(stage):
    press(stage, "play")
    wait_for_rest(stage)

    def five_sweeps():
        press(stage, "again")
        stage.locator(f"{STAGE}[data-sweeps='0']").wait_for()
        for k in range(5):
            press(stage, "step")
            stage.locator(f"{STAGE}[data-sweeps='{k + 1}']").wait_for()
        return picture(stage, "chains")

    first = five_sweeps()
    assert five_sweeps() == first


def test_the_settings_are_in_the_address(stage, new_page, app_url):
    slider = stage.locator(f"{STAGE} input[data-id=temperature]")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    assert "stage_temperature=1.2" in stage.url
    other = new_page()
    other.goto(stage.url)
    other.wait_for_selector(STAGE, timeout=30_000)
    assert other.locator(f"{STAGE} [data-id=temperatureText]").inner_text() == "1.20"
    hostile = new_page()
    hostile.goto(f"{app_url}/rbm?stage_temperature=NaN&stage_show=<script>")
    hostile.wait_for_selector(STAGE, timeout=30_000)
    assert hostile.locator(f"{STAGE} [data-id=temperatureText]").inner_text() == "1.00"


def test_what_cannot_be_is_said_in_a_sentence(page, app_url):
    page.goto(f"{app_url}/rbm?stage_speed=2.7&stage_show=<script>&stage_pad=q1&stage_temperature=1.5")
    page.wait_for_selector(STAGE, timeout=30_000)
    said = page.get_by_role("alert").inner_text(timeout=10_000)
    assert all(name in said for name in ("stage_speed=2.7", "stage_show=<script>", "stage_pad=q1"))
    assert "stage_temperature" not in said
    assert page.url.endswith("/rbm?stage_temperature=1.5")


def test_a_link_restores_machine_and_drawing(stage, new_page):
    stage.locator(f"{STAGE} select[data-id=model]").select_option("rbm-cd1-mnist")
    pad = stage.locator(f"{STAGE} canvas[data-id=pad]")
    pad.focus()
    for key in ("ArrowUp", "Space", "Shift+ArrowDown", "Shift+ArrowDown"):
        pad.press(key)
    hint = stage.locator(f"{STAGE} [data-id=hint]").inner_text()
    assert "pixels are held" in hint
    other = new_page()
    other.goto(stage.url)
    other.wait_for_selector(STAGE, timeout=30_000)
    assert other.locator(f"{STAGE} select[data-id=model]").input_value() == "rbm-cd1-mnist"
    assert other.locator(f"{STAGE} [data-id=hint]").inner_text() == hint
    press(stage, "clear")
    assert "stage_pad" not in stage.url


def test_the_keyboard_chooses_chains_and_units(stage):
    stage.locator(f"{STAGE} canvas[data-id=chains]").press("ArrowDown")
    assert "stage_chain=17" in stage.url
    stage.locator(f"{STAGE} canvas[data-id=hidden]").press("ArrowRight")
    stage.locator(f"{STAGE} [data-id=unitName]", has_text="Unit 2").wait_for()


def test_a_visitor_leaves_with_files_that_say_what_they_are(stage):
    press(stage, "play")
    names = {"save": "chains-seed-1-sweep-", "film": "chains-seed-1-sweep-", "table": "energy-seed-1-sweep-", "keep": ""}
    endings = {"save": ".png", "film": ".gif", "table": ".csv", "keep": ".safetensors"}
    begins = {"save": b"\x89PNG", "film": b"GIF89a", "table": b"sweep,mean_energy_nats\n", "keep": b""}
    for button, name in names.items():
        with stage.expect_download(timeout=30_000) as download:
            press(stage, button)
        file = download.value
        assert file.suggested_filename.startswith("rbm-mnist" + (f"-{name}" if name else "."))
        assert file.suggested_filename.endswith(endings[button])
        content = file.path().read_bytes()
        assert content.startswith(begins[button])
        if button == "keep":
            assert checkpoint.loads(content)[1].family == "rbm"


def inks(page) -> np.ndarray:
    """How much ink the first chain's picture shows, from 0 (paper) to 1; (784,)."""
    red = page.locator(f"{STAGE} canvas[data-id=chains]").evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )
    paper, ink = 0xFC, 0x1D  # of the light theme
    return (paper - np.array(red)) / (paper - ink)


def test_a_grey_machine_dreams_and_holds_grey(stage, tmp_path):
    # a machine without weights dreams the mean of all training digits, whatever its chains do
    checkpoint.save(RBM(RBMConfig(784, 4, visible="gaussian")), tmp_path / "meanness.safetensors", data="mnist")
    stage.get_by_role("button", name="Bring a model").click()
    stage.locator("input[type=file]").set_input_files(tmp_path / "meanness.safetensors")
    models = stage.locator(f"{STAGE} select[data-id=model]")
    models.locator("option", has_text="meanness").wait_for(state="attached", timeout=20_000)
    stage.keyboard.press("Escape")
    models.select_option(index=0)
    stage.get_by_text("4 hidden units").wait_for(timeout=20_000)
    wait_for_sweeps(stage, 2)
    mean = datasets.load("mnist").images.mean(0).numpy()
    assert inks(stage) == pytest.approx(mean, abs=0.01)
    press(stage, "half")
    wait_for_sweeps(stage, 3)
    digit = datasets.load("mnist", "test").images[3].numpy()
    assert inks(stage) == pytest.approx(np.concatenate([digit[:392], mean[392:]]), abs=0.01)


def test_a_phone_needs_no_sideways_scrolling_and_a_finger_draws(new_page, app_url):
    phone = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto(f"{app_url}/rbm")
    phone.wait_for_selector(STAGE, timeout=30_000)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    pad = phone.locator(f"{STAGE} canvas[data-id=pad]")
    pad.tap()
    assert "pixels are held" in phone.locator(f"{STAGE} [data-id=hint]").inner_text()


def test_the_small_machine_is_in_the_address(page, app_url):
    page.goto(f"{app_url}/rbm?rbm_section=Mathematics&rbm_small_h=2&rbm_small_h=3")
    hidden = page.locator(".st-key-rbm_small_h button")
    hidden.first.click(timeout=60_000)
    page.wait_for_url("**rbm_small_h=1**", timeout=20_000)
    assert "rbm_small_h=2" in page.url and "rbm_small_h=3" in page.url
