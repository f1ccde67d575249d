"""Home in a real browser: the thumbnails live, and a click opens the page."""


def test_every_thumbnail_moves_and_is_a_door(page, app_url):
    page.goto(app_url)
    page.wait_for_selector(".root[data-ready=true] .door canvas", timeout=30_000)
    doors = page.locator(".door")
    for index in range(doors.count()):
        canvas = doors.nth(index).locator("canvas").element_handle()
        page.wait_for_function("canvas => canvas.width > 10", arg=canvas, timeout=30_000)  # painted once
        first = canvas.evaluate("canvas => canvas.toDataURL()")
        page.wait_for_function("([canvas, first]) => canvas.toDataURL() !== first", arg=[canvas, first], timeout=30_000)
    doors.first.click()
    page.get_by_role("heading", level=1, name="Restricted Boltzmann machine").wait_for(timeout=30_000)
    page.wait_for_url("**/rbm", timeout=30_000)


def test_on_a_phone_a_picture_stands_beside_its_words(new_page, app_url):
    phone = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto(app_url)
    phone.wait_for_selector(".root[data-ready=true] .door canvas", timeout=30_000)
    door = phone.locator(".door").last
    picture, words = door.locator("canvas").bounding_box(), door.locator("h3").bounding_box()
    assert picture["x"] + picture["width"] < words["x"]
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
