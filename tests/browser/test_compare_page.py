"""All families on one page in a real browser."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_family_dreams_sees_and_completes(page, app_url):
    page.goto(f"{app_url}/compare")
    page.wait_for_selector(".compare[data-ready=true]", timeout=30_000)
    families = page.locator(".family")
    for index in range(families.count()):
        box = families.nth(index).element_handle()
        page.wait_for_function("box => Number(box.dataset.steps) > 0", arg=box, timeout=60_000)
        # the half that was kept is the same in all nine completions, but for the family that cannot keep it
        canvas = families.nth(index).locator("canvas.completed")
        assert canvas.evaluate("canvas => canvas.width") == 3 * 30 - 2
        assert "could not join" not in families.nth(index).inner_text()
    page.get_by_role("button", name="Upper half").click()
    assert "compare_half=upper" in page.url
    with page.expect_download() as saved:  # all of it, in one picture
        page.get_by_role("button", name="Save picture").click()
    assert saved.value.suggested_filename == "compare-test-digit-8.png"


def test_a_drawing_takes_the_place_of_the_test_digit(page, app_url):
    page.goto(f"{app_url}/compare")
    page.wait_for_selector(".compare[data-ready=true]", timeout=30_000)
    status = page.locator(".compare [data-id=status]")
    page.get_by_role("button", name="Draw your own").click()
    page.keyboard.press("ArrowDown")  # the pad has the focus
    page.keyboard.press("Space")
    page.wait_for_function("status => status.textContent.startsWith('Your drawing')", arg=status.element_handle(), timeout=10_000)
    page.get_by_role("button", name="Next test digit").click()
    page.wait_for_function("status => status.textContent.startsWith('Test digit 8')", arg=status.element_handle(), timeout=10_000)


@pytest.mark.parametrize(
    "file, sentence",
    [("vae-20-mnist", "It stands beside the others now"), ("classifier-mnist", "it holds a classifier"),
     ("rbm-gaussian-mnist", "This model could not join: its pixels are standardised grey levels")],
)  # fmt: skip
def test_a_file_that_is_brought_joins_or_a_sentence_says_why_not(page, app_url, file, sentence):
    page.goto(f"{app_url}/compare")
    page.wait_for_selector(".compare[data-ready=true]", timeout=30_000)
    page.get_by_role("button", name="Let a model of your own join").click()
    page.locator("input[type=file]").set_input_files(ROOT / "pretrained" / f"{file}.safetensors")
    page.get_by_text(sentence).wait_for(timeout=30_000)


def test_the_quiz_counts_and_ends_after_ten_pairs(page, app_url):
    page.goto(f"{app_url}/compare?compare_section=Which+one+is+real%3F")
    page.wait_for_selector(".quiz[data-ready=true]", timeout=60_000)
    rounds = int(page.locator("[data-id=round]").inner_text().split(" of ")[1])
    for pair in range(1, rounds + 1):
        page.locator(f".quiz[data-pair='{pair}']").wait_for(timeout=60_000)
        if pair % 2:
            page.locator(".quiz button[data-id=left]").click()
            if pair < rounds:
                page.locator(".quiz button[data-id=go]").click()
        else:  # by keyboard alone: an arrow chooses, Enter goes on
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Enter")
    assert "That was the last" in page.locator(".quiz [data-id=said]").inner_text()
