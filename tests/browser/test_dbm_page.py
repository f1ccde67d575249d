"""The DBM page in a real browser: it moves by itself, mean field never falls, and its numbers are those of torch."""

import json

import pytest
import torch

from deepgen import checkpoint
from deepgen.dbm import DBM, DBMConfig
from deepgen.enumeration import log_marginal, log_partition_exact, posterior


def small_machine(sizes):
    rng = torch.Generator().manual_seed(0)
    model = DBM(DBMConfig(sizes)).requires_grad_(False)
    for parameter in model.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=rng))
    return model


@pytest.mark.parametrize("sizes", [(4, 4, 4), (7, 5, 6, 3)])
def test_mean_field_and_its_bound_are_those_of_torch(page, site, sizes):
    checkpoint.save(small_machine(sizes), site.folder / "dbm.safetensors", data="test")
    model, _ = checkpoint.load(site.folder / "dbm.safetensors")
    v = (torch.arange(sizes[0]) % 2).float()
    page.goto(f"{site.url}/blank.html")
    result = page.evaluate(
        """async ([url, v]) => {
            const { fetchModel, meanField } = await import('/ui/engine/engine.js');
            const { dbmOf } = await import('/ui/engine/families.js');
            const { bound, pixelsGiven } = await import('/ui/dbm/settle/bound.js');
            const machine = dbmOf(await fetchModel(url)), picture = Float32Array.from(v);
            const means = meanField(machine, picture, 12);
            return JSON.stringify({
                means: means.at(-1).map((x) => [...x]), bounds: means.map((x) => bound(machine, picture, x)),
                pixels: [...pixelsGiven(machine, means.at(-1)[0])],
            });
        }""",
        [f"{site.url}/dbm.safetensors", v.tolist()],
    )
    got = json.loads(result)
    layers = model.mean_field(v[None], num_iterations=12)
    for mine, theirs in zip(got["means"], layers[1:], strict=True):
        torch.testing.assert_close(torch.tensor(mine), theirs[0], atol=1e-5, rtol=0)
    assert got["bounds"][-1] == pytest.approx(model.bound(layers).item(), abs=1e-4)
    torch.testing.assert_close(torch.tensor(got["pixels"]), model.mean(0, layers)[0], atol=1e-5, rtol=0)
    assert all(later >= earlier - 1e-4 for earlier, later in zip(got["bounds"], got["bounds"][1:], strict=False))


def test_the_laboratory_enumerates_as_torch_does(page, site):
    model = small_machine((4, 4, 4))
    machine = {
        "weights": [W.flatten().tolist() for W in model.weights],
        "biases": [layer.bias.tolist() for layer in model.layers],
    }
    page.goto(f"{site.url}/blank.html")
    result = page.evaluate(
        """async (machine) => {
            const { enumerate, settle, factorised } = await import('/ui/dbm/laboratory/machine.js');
            const floats = (x) => x.map((y) => Float32Array.from(y));
            machine = { weights: floats(machine.weights), biases: floats(machine.biases) };
            const exact = enumerate(machine), run = settle(machine, 5, exact.logZ, { sweeps: 40, seed: null });
            const q = [...factorised(run.means.at(-1))];
            return JSON.stringify({ ...exact, joint: exact.joint(5), bound: run.bounds.at(-1), q });
        }""",
        machine,
    )
    got = json.loads(result)
    assert got["logZ"] == pytest.approx(log_partition_exact(model), abs=1e-4)
    v = torch.tensor([[float(state >> i & 1) for i in range(4)] for state in range(16)])
    torch.testing.assert_close(torch.tensor(got["logP"]), log_marginal(model, v) - got["logZ"], atol=1e-4, rtol=0)
    (h1, h2), p = posterior(model, v[5])
    index = ((h1 @ (2.0 ** torch.arange(4))) * 16 + h2 @ (2.0 ** torch.arange(4))).long()
    torch.testing.assert_close(torch.tensor(got["joint"])[index], p, atol=1e-5, rtol=0)
    q, joint = torch.tensor(got["q"]).double(), torch.tensor(got["joint"]).double()
    divergence = (torch.xlogy(q, q) - torch.xlogy(q, joint)).sum().item()
    assert got["logP"][5] - got["bound"] == pytest.approx(divergence, abs=1e-3)


def test_all_layers_and_the_long_chain_move_before_any_click(page, app_url, until):
    page.goto(f"{app_url}/dbm")
    page.wait_for_selector(".stage[data-ready=true]", timeout=60_000)
    stage = page.locator(".stage").element_handle()
    until(
        page,
        "(stage) => Number(stage.dataset.sweeps) >= 3 && Number(stage.dataset.longSweeps) >= 100",
        stage,
        timeout=60_000,
    )
    assert page.locator(".layer").count() == 3
    chains = page.locator(".stage canvas[data-id=chains]")
    chains.press("ArrowDown")
    assert chains.get_attribute("aria-valuenow") == "10" and "dbm_chain=9" in page.url
    page.locator(".stage button[data-id=half]").click()
    assert "392 pixels are held" in page.locator(".stage [data-id=hint]").inner_text()


def test_mean_field_settles_and_the_laboratory_shows_the_price_of_taking_a_side(page, app_url, until):
    page.goto(f"{app_url}/dbm?dbm_section=Mean field")
    page.wait_for_selector(".settle[data-ready=true]", timeout=60_000)
    until(page, "(root) => root.dataset.sweep !== undefined", page.locator(".settle").element_handle(), timeout=60_000)
    sweep_on(page, ".settle", 4)
    assert "log p(v) ≥ -" in page.locator(".settle [data-id=doubledText]").inner_text()
    page.goto(f"{app_url}/dbm?dbm_section=Laboratory&lab_seed=3")
    page.wait_for_selector(".laboratory[data-ready=true]", timeout=60_000)
    sweep_on(page, ".laboratory", 24)
    assert float(page.locator(".laboratory").get_attribute("data-gap")) == pytest.approx(0.7176, abs=0.001)
    page.locator(".laboratory [data-id=net]").press("4")  # one pixel off: one good explanation is left
    page.locator(".laboratory button[data-id=doubled]").click()
    sweep_on(page, ".laboratory", 24)
    assert 0 < float(page.locator(".laboratory").get_attribute("data-gap")) < 0.3


def sweep_on(page, component: str, times: int) -> None:
    """Pause, and press "One sweep"."""
    page.locator(f"{component} button[data-id=step]").evaluate(
        f"(button) => {{ for (let t = 0; t < {times}; t++) button.click(); }}"
    )


def test_a_phone_needs_no_sideways_scrolling(new_page, app_url):
    phone = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto(f"{app_url}/dbm?dbm_section=Occlusion")
    phone.wait_for_selector(".occlusion[data-ready=true]", timeout=60_000)
    assert phone.locator(".occlusion .machine").count() == 4
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
