"""The race in a real browser: it measures as torch does, and its lanes differ by their weights alone."""

import json

import pytest
import torch

from deepgen import checkpoint
from deepgen.chains import autocorrelation
from deepgen.classifier import Classifier, ClassifierConfig
from deepgen.rbm import RBM, RBMConfig
from ui.rbm import race as rbm_race

RACE = ".race[data-ready=true]"


@pytest.fixture
def in_browser(page, site):
    """``in_browser(function, argument)`` runs an async JavaScript function of one argument; JSON goes in and out."""
    page.goto(f"{site.url}/blank.html")

    def in_browser(function: str, argument):
        script = f"async (text) => JSON.stringify(await ({function})(JSON.parse(text)))"
        return json.loads(page.evaluate(script, json.dumps(argument)))

    return in_browser


def test_autocorrelation_is_that_of_torch(in_browser):
    rng = torch.Generator().manual_seed(0)
    history = (torch.rand(30, 3, 7, generator=rng) + torch.randn(1, 3, 7, generator=rng)).cumsum(0)
    got = in_browser(
        """async (history) => {
            const { Autocorrelation } = await import('/ui/rbm/race/mixing.js'), mixing = new Autocorrelation(3, 7, 12);
            for (const pictures of history) mixing.push(Float32Array.from(pictures.flat()));
            return mixing.values();
        }""",
        history.tolist(),
    )
    assert got == pytest.approx(autocorrelation(history, 12).tolist(), abs=1e-4)


@pytest.fixture
def classifier(site):
    """An untrained one of odd sizes, as it is stored in ``site``."""
    model = Classifier(ClassifierConfig(channels=(3, 5), num_features=6)).requires_grad_(False)
    model.initialise(rng=torch.Generator().manual_seed(0))
    for name, bias in model.named_parameters():
        if name.endswith("bias"):
            bias.copy_(torch.linspace(-0.1, 0.1, len(bias)))
    checkpoint.save(model, site.folder / "classifier.safetensors")
    return model


def test_the_judge_judges_as_torch_does(in_browser, site, classifier):
    images = torch.rand(2, 784, generator=torch.Generator().manual_seed(1))
    got = in_browser(
        """async ([url, images]) => {
            const { fetchModel } = await import('/ui/engine/engine.js');
            const { classifierOf } = await import('/ui/engine/families.js');
            return [...classifierOf(await fetchModel(url))(Float32Array.from(images.flat()), images.length)];
        }""",
        [f"{site.url}/classifier.safetensors", images.tolist()],
    )
    assert got == pytest.approx(classifier.logits(images).flatten().tolist(), abs=1e-4)


def test_lanes_begin_alike_and_a_seed_begins_again(in_browser, site, classifier):
    urls = []
    for bias in (0.0, 0.0, 9.0):
        rbm = RBM(RBMConfig(784, 3)).requires_grad_(False)
        rbm.visible.bias.fill_(bias)
        checkpoint.save(rbm, site.folder / f"lane-{bias}.safetensors", data="mnist")
        urls.append(f"{site.url}/lane-{bias}.safetensors")
    begun, swept, again, anew = in_browser(
        """async (urls) => {
            const { asker } = await import('/ui/kit/ask.js'), here = (path) => new URL(path, location.href);
            const ask = asker(here('/ui/rbm/race/worker.js')), size = 2 * 784;
            await ask('load', { urls, judgeUrl: here('/classifier.safetensors').href });
            const lanes = ({ dreams }) => [0, 1, 2].map((lane) => [...dreams.subarray(lane * size, (lane + 1) * size)]);
            const run = async (seed) => {
                const begun = lanes(await ask('begin', { numChains: 2, seed }));
                return [begun, lanes(await ask('sweep', { times: 3 }))];
            };
            const [[begun, swept], [, again], [anew]] = [await run(1), await run(1), await run(2)];
            return [begun, swept, again, anew];
        }""",
        urls,
    )
    assert begun[0] == begun[1] == begun[2] and set(begun[0]) == {0, 1}
    assert begun != anew
    assert swept == again
    assert swept[0] == swept[1] == pytest.approx([0.5] * 2 * 784)
    assert min(swept[2]) > 0.999


@pytest.mark.skipif(bool(rbm_race.missing()), reason="the race has not been run")
def test_the_race_runs_by_itself_and_again_from_the_same_noise(page, app_url, until):
    page.goto(f"{app_url}/rbm?rbm_section=Race")
    race = page.locator(RACE)
    race.wait_for(timeout=40_000)
    until(page, "() => document.querySelector('[data-testid=stMain]').innerText.includes('best')")
    page.wait_for_function("(race) => race.dataset.sweeps > 3", arg=race.element_handle(), timeout=20_000)
    press = lambda name: page.locator(f"{RACE} button[data-id={name}]").click()  # noqa: E731
    press("play")

    def two_sweeps():
        press("again")
        page.locator(f"{RACE}[data-sweeps='0']").wait_for(timeout=20_000)
        for k in (1, 2):
            press("step")
            page.locator(f"{RACE}[data-sweeps='{k}']").wait_for(timeout=20_000)
        return page.locator(f"{RACE} canvas.chains").evaluate_all("(all) => all.map((canvas) => canvas.toDataURL())")

    first = two_sweeps()
    assert len(set(first)) == 3
    assert two_sweeps() == first


@pytest.mark.skipif(bool(rbm_race.missing()), reason="the race's files are not in pretrained/")
def test_one_picture_and_one_film_of_all_lanes(page, app_url):
    page.goto(f"{app_url}/rbm?rbm_section=Race&race_speed=0")
    page.wait_for_selector(RACE, timeout=60_000)
    for button, ending, begins in (("save", ".png", b"\x89PNG"), ("film", ".gif", b"GIF89a")):
        with page.expect_download(timeout=60_000) as download:
            page.locator(f"{RACE} button[data-id={button}]").click()
        assert download.value.suggested_filename.startswith("rbm-race-cd-1-cd-10-pcd-1-seed-1-sweep-")
        assert download.value.suggested_filename.endswith(ending)
        assert download.value.path().read_bytes().startswith(begins)
