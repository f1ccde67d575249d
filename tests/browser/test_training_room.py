"""The training room in Chromium, on the RBM page, with real digits: what moves, what rests, what can be taken along."""

import re

from deepgen import checkpoint

ADDRESS = "/rbm?rbm_section=Train&rbm_train_num_hidden=16"
SECONDS = 60_000  # milliseconds a minute: the machine of the tests may be busy


def open_room(page, app_url):
    page.goto(app_url + ADDRESS)
    button = page.locator(".st-key-rbm_train button")
    button.wait_for(timeout=SECONDS)
    return button


def wait_for_text(page, pattern):
    page.get_by_text(re.compile(pattern)).first.wait_for(timeout=SECONDS)


def press(page, name):
    page.locator(f".st-key-rbm_{name} button").first.click()


def test_a_training_from_the_first_update_to_the_downloaded_checkpoint(page, app_url):
    open_room(page, app_url).click()
    wait_for_text(page, r"Training: .*update [\d,]+ of 6,000")
    forming = page.locator(".forming[data-particles][data-filters]")
    forming.wait_for(timeout=SECONDS)
    first = forming.get_attribute("data-particles")
    page.locator(f'.forming:not([data-particles="{first}"])').wait_for(timeout=SECONDS)  # the pictures form
    assert page.locator(".curves canvas").count() == 2
    assert "nats an image, over updates: training -" in page.locator(".curves canvas").first.get_attribute("aria-label")
    page.locator(".stage[data-ready]").wait_for(timeout=SECONDS)  # the stage runs on the newest weights

    press(page, "pause")
    wait_for_text(page, r"Paused: update")
    press(page, "resume")
    wait_for_text(page, r"Training: update")
    press(page, "stop")
    wait_for_text(page, r"Stopped: update")
    page.locator(".js-plotly-plot").first.wait_for(timeout=SECONDS)  # at rest the curves can be read and zoomed
    with page.expect_download(timeout=SECONDS) as download:
        press(page, "download")
    model, card = checkpoint.load(download.value.path())
    assert model.config.num_hidden == 16 and card.data == "mnist" and model.W.any()


def test_on_a_phone_the_room_is_no_wider_than_the_screen(new_page, app_url):
    page = new_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    open_room(page, app_url).click()
    wait_for_text(page, r"Training: update")
    page.locator(".curves canvas").first.wait_for(timeout=SECONDS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    above = page.locator(".curves").first.bounding_box()["y"]
    assert above < page.locator(".st-key-rbm_train_num_hidden").bounding_box()["y"]
    press(page, "stop")
    wait_for_text(page, r"Stopped: update")


def test_ticks_are_round_and_inside_the_axis(page, site):
    page.goto(f"{site.url}/blank.html")
    ticks = page.evaluate(
        """async () => {
          const { ticks, short } = await import("/ui/training/curves/component.js");
          return [[-212, -105], [0, 6000], [0.0391, 0.0852], [-1e-5, 1e-5], [3, 3.0000001]]
            .map(([low, high]) => [low, high, ticks(low, high, 4), ticks(low, high, 4).map(short)]);
        }"""
    )
    assert ticks[0][3] == ["-200", "-150"] and ticks[1][2] == [0, 2000, 4000, 6000]
    assert ticks[2][3] == ["0.04", "0.06", "0.08"]
    for low, high, values, _ in ticks:
        slack = (high - low) * 1e-3
        assert 1 <= len(values) <= 6 and values == sorted(values)
        assert all(low - slack <= value <= high + slack for value in values)
