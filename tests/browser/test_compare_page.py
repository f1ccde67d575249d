"""All families on one page in a real browser."""


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


def test_the_quiz_counts_and_ends_after_ten_pairs(page, app_url):
    page.goto(f"{app_url}/compare?compare_section=Which+one+is+real%3F")
    page.wait_for_selector(".quiz[data-ready=true]", timeout=60_000)
    rounds = int(page.locator("[data-id=round]").inner_text().split(" of ")[1])
    for pair in range(1, rounds + 1):
        page.locator(f".quiz[data-pair='{pair}']").wait_for(timeout=60_000)
        page.locator(".quiz button[data-id=left]").click()
        if pair < rounds:
            page.locator(".quiz button[data-id=go]").click()
    assert "That was the last" in page.locator(".quiz [data-id=said]").inner_text()
