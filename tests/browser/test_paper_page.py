"""The page about the paper in a real browser."""


def test_both_sides_show_their_pictures_and_a_door_sets_the_training_room(page, app_url):
    page.goto(f"{app_url}/paper?paper_section=Experiments&paper_experiment=2.4+RBM")
    sheets = page.locator(".sheet canvas")
    sheets.nth(7).wait_for(timeout=60_000)
    assert sheets.count() == 8
    assert sheets.nth(1).evaluate("canvas => canvas.width") == 10 * 30 - 2
    assert "as printed: the RBM" in sheets.nth(1).get_attribute("aria-label")
    page.get_by_role("link", name="Train it yourself, as printed").click()
    page.wait_for_url("**/rbm?*", timeout=30_000)
    assert "rbm_train_num_hidden=1000" in page.url and "rbm_train_centered=false" in page.url
