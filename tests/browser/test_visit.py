"""Links that restore a scene, the kiosk, and locks, in a real browser."""

STAGE = ".stage[data-ready=true]"


def test_the_link_holds_what_was_set_in_the_browser(page, app_url):
    page.goto(f"{app_url}/rbm")
    page.wait_for_selector(STAGE, timeout=30_000)
    page.locator(f"{STAGE} input[data-id=temperature]").fill("1.5")
    page.get_by_role("button", name="Link to this scene").click()
    page.get_by_text("stage_temperature=1.5").wait_for(timeout=20_000)
    page.get_by_role("dialog").locator("img").wait_for(timeout=20_000)


def test_the_kiosk_hides_the_way_out_and_begins_afresh(new_page, app_url):
    kiosk = new_page(viewport={"width": 1080, "height": 1400})
    kiosk.clock.install()
    kiosk.goto(f"{app_url}/rbm?kiosk=1")
    kiosk.wait_for_selector(".visit[data-ready=true]", timeout=30_000, state="attached")
    assert not kiosk.locator("[data-testid=stHeader]").is_visible()
    assert not kiosk.get_by_role("button", name="Link to this scene").is_visible()
    kiosk.wait_for_selector(STAGE, timeout=30_000)
    assert not kiosk.get_by_role("button", name="Save picture").is_visible()
    assert not kiosk.get_by_role("button", name="Bring a model").is_visible()
    for _ in range(125):
        kiosk.clock.run_for(1000)
    kiosk.get_by_text("Still there?").wait_for(timeout=20_000)
    kiosk.mouse.move(300, 300)
    kiosk.mouse.down()
    kiosk.mouse.up()
    kiosk.get_by_text("Still there?").wait_for(state="hidden", timeout=20_000)


def test_a_locked_control_stays_where_it_is(page, app_url):
    page.goto(f"{app_url}/rbm?stage_temperature=0.8&lock=stage_temperature")
    page.wait_for_selector(STAGE, timeout=30_000)
    slider = page.locator(f"{STAGE} input[data-id=temperature]")
    assert slider.is_disabled()
    assert slider.input_value() == "0.8"
    assert page.locator(f"{STAGE} input[data-id=speed]").is_enabled()


def test_a_stale_link_falls_back_with_a_sentence(page, app_url):
    page.goto(f"{app_url}/rbm?stage_speed=99&stage_show=sample")
    page.wait_for_selector(STAGE, timeout=30_000)
    page.get_by_text("stage_speed=99").wait_for(timeout=10_000)
    assert page.locator(f"{STAGE} input[data-id=speed]").input_value() == "2"
    assert "stage_speed" not in page.url and "stage_show=sample" in page.url


def test_a_lock_holds_a_group_of_buttons_and_a_drawing(page, app_url):
    page.goto(f"{app_url}/rbm?lock=stage_show,stage_pad,stage_seed")
    page.wait_for_selector(STAGE, timeout=30_000)
    for name in ("mean", "sample", "ink", "half", "anew"):
        assert page.locator(f"{STAGE} button[data-id={name}]").is_disabled(), name
    assert page.locator(f"{STAGE} button[data-id=noise]").is_enabled()
    assert page.locator(f"{STAGE} canvas[data-id=pad]").evaluate("canvas => canvas.inert")


def test_a_widget_that_cannot_take_what_a_link_asks_for_says_so(page, app_url):
    page.goto(f"{app_url}/rbm?rbm_section=Train&rbm_train_num_hidden=9999&rbm_train_num_epochs=5")
    toast = page.get_by_test_id("stToast")
    toast.wait_for(timeout=60_000)
    assert "rbm_train_num_hidden=9999" in toast.inner_text() and "num_epochs" not in toast.inner_text()


def test_no_page_asks_for_what_its_policy_forbids(page, app_url):
    refused = []
    page.on("console", lambda message: "Content Security Policy" in message.text and refused.append(message.text))
    for name in ("", "rbm", "dbn", "dbm", "vae", "gan", "compare", "paper"):
        page.goto(f"{app_url}/{name}")
        page.get_by_role("heading", level=1).wait_for(timeout=60_000)
        if name != "paper":
            page.wait_for_selector(".root[data-ready=true]", timeout=60_000)
    assert not refused
