"""The GAN in the browser: both players against torch, the worlds against deepgen, the page under a visitor's hands."""

import json

import pytest
import torch

from deepgen import checkpoint
from deepgen.adversarial_training import LOSSES, AdversarialTraining
from deepgen.gan import GAN, GANConfig
from deepgen.metrics import jensen_shannon
from deepgen.mixtures import grid, ring, two_moons

GAME = ".game[data-ready=true]"


@pytest.fixture
def javascript(page, site):
    """``javascript(body, **arguments)`` runs an async function body on a blank page and returns its JSON."""
    page.goto(f"{site.url}/blank.html")

    def javascript(body: str, **arguments):
        call = "async ([body, text]) => JSON.stringify(await Object.getPrototypeOf(async function () {})"
        call += ".constructor('argument', body)(JSON.parse(text)))"
        return json.loads(page.evaluate(call, [body, json.dumps(arguments)]))

    return javascript


@pytest.mark.parametrize("batch_norm", [True, False])
def test_pictures_and_verdicts_agree_with_torch(javascript, site, batch_norm):
    rng = torch.Generator().manual_seed(0)
    gan = GAN(GANConfig(49, 11, (40, 33), (37, 20), batch_norm=batch_norm, minibatch_discrimination=3), rng=rng)
    for norm in gan.generator.norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 2, generator=rng)
        torch.nn.init.normal_(norm.bias, generator=rng)
        torch.nn.init.uniform_(norm.running_var, 0.1, 3, generator=rng)
    checkpoint.save(gan, site.folder / "gan.safetensors")
    z = torch.randn(6, 11, generator=rng)
    found = javascript(
        """const { asker } = await import("/ui/kit/ask.js");
        const ask = asker(new URL("/ui/gan/walk/worker.js", location.origin));
        await ask("load", { url: new URL("/gan.safetensors", location.origin).href });
        const answers = [];
        for (const plain of [false, true]) {
            const z = Float32Array.from(argument.z.flat());
            const { pictures, logits } = await ask("look", { z, batch: 6, plain });
            answers.push([Array.from(pictures), Array.from(logits)]);
        }
        ask.end();
        return answers;""",
        z=z.tolist(),
    )
    with torch.no_grad():
        gan.eval()
        pictures = gan.generator(z)
        logits = torch.cat([gan.discriminator(x[None]) for x in pictures])  # each alone: no company to be like
    for got_pictures, got_logits in found:
        assert torch.allclose(torch.tensor(got_pictures).view(6, 49), pictures, atol=1e-5)
        assert torch.allclose(torch.tensor(got_logits), logits, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_updates_of_both_players_agree_with_torch(javascript, loss):
    rng = torch.Generator().manual_seed(1)
    n, steps = 9, 4
    gan = GAN(GANConfig(2, 2, (8, 6), (7, 5), batch_norm=False, output="linear"), rng=rng).double()
    trainer = AdversarialTraining(
        loss=loss, batch_size=n, learning_rate=3e-3, r1=0.4, label_smoothing=0.1, gradient_penalty=1.5, averaging=0.0
    )
    reals, noise, more = torch.randn(3, steps, n, 2, dtype=torch.float64, generator=rng)
    start = {who: describe(player) for who, player in (("G", gan.generator), ("D", gan.discriminator))}

    adams = [torch.optim.Adam(p.parameters(), lr=3e-3, betas=(0.5, 0.999)) for p in (gan.generator, gan.discriminator)]
    mixes, metrics = [], []
    for real, z, z2 in zip(reals, noise, more, strict=True):
        state = torch.Generator().manual_seed(len(mixes))
        mixes.append(torch.rand(n, 1, generator=state, dtype=torch.float64).flatten().tolist())
        fake = gan.generator(z).detach()
        found = trainer.discriminator_step(
            gan.discriminator, adams[1], real, fake, rng=torch.Generator().manual_seed(len(mixes) - 1)
        )
        metrics.append(found | trainer.generator_step(gan.generator, gan.discriminator, adams[0], z2))
    got = javascript(
        """const P = await import("/ui/gan/game/players.js");
        const array = (x) => Float64Array.from(x.flat(2));
        const layer = ([W, b]) => ({ W: array(W), b: array(b), inputs: W[0].length, outputs: W.length });
        const G = argument.start.G.map(layer), D = argument.start.D.map(layer), said = [];
        const players = { G, D, adamG: P.adam(G), adamD: P.adam(D) };
        const penalties = { r1: 0.4, labelSmoothing: 0.1, gradientPenalty: 1.5 };
        const settings = { loss: argument.loss, learningRate: 3e-3, ...penalties };
        argument.reals.forEach((real, s) => {
            const fake = P.output(G, array(argument.noise[s]), real.length);
            const d = P.discriminatorStep(players, array(real), fake, argument.mixes[s], settings);
            const g = P.generatorStep(players, array(argument.more[s]), settings);
            said.push([d.loss, d.norm, g.loss, g.norm]);
        });
        const list = (all) => all.map(({ W, b }) => [Array.from(W), Array.from(b)]);
        const pulls = P.pulls(D, array(argument.reals[0]), argument.loss);
        return { G: list(G), D: list(D), said, pulls: Array.from(pulls) };""",
        start=start, loss=loss, reals=reals.tolist(), noise=noise.tolist(), more=more.tolist(), mixes=mixes,
    )  # fmt: skip
    for who, player in (("G", gan.generator), ("D", gan.discriminator)):
        for (W, b), (got_W, got_b) in zip(describe(player), got[who], strict=True):
            assert torch.allclose(torch.tensor(got_W), torch.tensor(W).flatten(), atol=1e-7)
            assert torch.allclose(torch.tensor(got_b), torch.tensor(b), atol=1e-7)
    names = ("discriminator_loss", "discriminator_gradient", "generator_loss", "generator_gradient")
    for found, said in zip(metrics, got["said"], strict=True):
        assert said == pytest.approx([found[name] for name in names], abs=1e-7)
    from deepgen.adversarial_training import generator_loss

    x = reals[0].clone().requires_grad_()
    (-generator_loss(gan.discriminator(x), loss) * n).backward()
    assert torch.allclose(torch.tensor(got["pulls"], dtype=torch.float64).view(n, 2), x.grad, atol=1e-7)


def describe(player) -> list:
    """[[W, b], ...] of all dense layers, the verdict last."""
    layers = [*player.layers, player.verdict] if hasattr(player, "verdict") else player.layers
    return [[layer.weight.tolist(), layer.bias.tolist()] for layer in layers]


def test_worlds_and_their_divergence_agree_with_deepgen(javascript):
    found = javascript(
        """const W = await import("/ui/gan/game/worlds.js"), L = await import("/ui/gan/game/latents.js");
        const answers = Object.values(W.WORLDS).map((make) => {
            const world = make(), masses = W.cellMasses(world, 2.6, 12);
            return { means: world.means, sigma: world.sigma, modes: world.numModes, masses: Array.from(masses) };
        });
        const shares = W.cellShares(L.lattice(4000), 2.6, 12), masses = W.cellMasses(W.ring(), 2.6, 12);
        const points = Float64Array.from(W.ring().means.slice(0, 3).flat());
        const covered = W.coverage(W.ring(), points).covered;
        const strokes = [...Array(12).keys()].flatMap((k) => [[k / 8, 0], [k / 8, 1.5]]);
        const quantiles = [0.001, 0.3, 0.5, 0.975].map(L.normalQuantile);
        let refused = "";
        try { W.drawn(strokes.slice(0, 9)); } catch (error) { refused = error.message; }
        return { answers, divergence: W.jensenShannon(masses, shares), shares: Array.from(shares),
                 masses: Array.from(masses), covered, strokes: W.drawn(strokes).numModes, quantiles, refused };"""
    )
    edges = torch.linspace(-2.6, 2.6, 13, dtype=torch.float64)
    for world, got in zip((ring(), grid(), two_moons()), found["answers"], strict=True):
        assert (
            torch.allclose(torch.tensor(got["means"], dtype=torch.float32), world.means, atol=1e-6)
            and got["sigma"] == world.sigma
        )
        assert got["modes"] == world.num_modes
        exact = world.cell_masses(edges).flatten()
        assert torch.allclose(torch.tensor(got["masses"][:-1], dtype=torch.float64), exact, atol=1e-6)
    p, q = (torch.tensor(found[name], dtype=torch.float64) for name in ("masses", "shares"))
    assert found["divergence"] == pytest.approx(jensen_shannon(p, q), abs=1e-9)
    normal = torch.special.ndtr(edges).diff()
    assert torch.allclose(q[:-1].view(12, 12), normal[:, None] * normal, atol=1e-3), "the lattice carries equal masses"
    assert found["covered"] == [True] * 3 + [False] * 5 and found["strokes"] == 2
    assert found["quantiles"] == pytest.approx([-3.0902323, -0.5244005, 0, 1.9599640], abs=1e-6)
    assert found["refused"] == "9 points are too few to learn from: draw at least 10."


def test_to_look_at_a_game_does_not_change_it(javascript):
    fakes = javascript(
        """const { Match } = await import("/ui/gan/game/match.js"), W = await import("/ui/gan/game/worlds.js");
        return [false, true].map((looks) => {
            const match = new Match(W.ring(), {}, 3);
            for (let i = 0; i < 5; i++) { match.update(); if (looks) match.view(); }
            return Array.from(match.view({ field: false, slow: false }).fakes);
        });"""
    )
    assert fakes[0] == fakes[1]


@pytest.fixture
def game(page, app_url):
    page.goto(f"{app_url}/gan")
    page.wait_for_selector(GAME, timeout=30_000)
    return page


def press(page, name: str) -> None:
    page.locator(f"{GAME} button[data-id={name}]").click()


def updates(page) -> int:
    return int(page.locator(GAME).get_attribute("data-updates"))


def wait_for_updates(page, target: int) -> None:
    handle = page.locator(GAME).element_handle()
    page.wait_for_function("([g, n]) => Number(g.dataset.updates) >= n", arg=[handle, target], timeout=30_000)


def test_the_game_plays_by_itself_steps_freezes_and_collapses(game):
    wait_for_updates(game, 30)
    press(game, "play")
    assert game.locator(f"{GAME} button[data-id=play]").inner_text() == "Play"
    press(game, "stepG")
    game.wait_for_timeout(200)
    now = updates(game)
    press(game, "stepG")
    wait_for_updates(game, now + 1)
    assert updates(game) == now + 1
    press(game, "cause")
    said = game.locator(f"{GAME} [data-id=said]")
    assert "twenty times as fast as D" in said.inner_text() and "game_rateG=-2" in game.url
    press(game, "cure")
    assert "R1 = 0.3" in said.inner_text()
    wait_for_updates(game, 20)


def test_each_world_has_its_cure(game):
    press(game, "grid")
    press(game, "cure")
    assert "20 000 updates" in game.locator(f"{GAME} [data-id=said]").inner_text()
    assert "game_rateD=-2.3" in game.url and "game_speed=4" in game.url
    wait_for_updates(game, 5)
    assert "/ 25" in game.locator(f"{GAME} [data-id=modes]").inner_text()


def test_too_few_drawn_points_are_refused_and_enough_are_learnt(game):
    press(game, "drawn")
    plane = game.locator(f"{GAME} canvas[data-id=plane]")
    box = plane.bounding_box()
    plane.click(position={"x": 0.3 * box["width"], "y": 0.3 * box["height"]})
    press(game, "learn")
    assert "draw at least 10" in game.locator(f"{GAME} [data-id=said]").inner_text()
    box = plane.bounding_box()  # the page may have scrolled
    game.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    game.mouse.down()
    game.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"], steps=30)
    game.mouse.up()
    press(game, "learn")
    assert "game_points=" in game.url
    modes = game.locator(f"{GAME} [data-id=modes]").element_handle()
    game.wait_for_function("(modes) => modes.textContent.endsWith('/ 2')", arg=modes, timeout=20_000)
    wait_for_updates(game, 5)


def test_a_link_restores_drawn_points_and_a_frozen_player_and_the_curves_leave_as_a_table(page, app_url):
    points = "".join("ABCDEFGHIJKLMNOP"[i] + "g" for i in range(12))
    page.goto(f"{app_url}/gan?game_world=drawn&game_points={points}&game_freezeG=yes&game_k=nonsense")
    page.wait_for_selector(GAME, timeout=30_000)
    page.get_by_text("game_k=nonsense").wait_for()
    assert page.locator(f"{GAME} button[data-id=freezeG]").get_attribute("aria-pressed") == "true"
    assert page.locator(f"{GAME} button[data-id=learn]").inner_text() == "Draw more"
    wait_for_updates(page, 20)
    with page.expect_download() as table:
        press(page, "table")
    assert table.value.suggested_filename == "gan-game-drawn-seed-1-curves.csv"
    assert table.value.path().read_text().startswith("update,loss_D,loss_G,gradient_norm_D")


def test_curves_keep_the_last_looks_and_their_leaps(javascript):
    found = javascript(
        """const { curves } = await import("/ui/gan/game/curves.js");
        const all = curves();
        for (let i = 0; i < 510; i++) all.add({ updates: i, normD: i === 100 || i === 505 ? 9 : 1 + 0.1 * (i % 3), normG: 1 });
        return { leaps: all.leaps, first: all.updates[0], at: all.leaps.normD.map((i) => all.updates[i]) };"""
    )
    assert found["first"] == 10 and found["at"] == [100, 505] and found["leaps"]["normG"] == []


def test_samples_glide_and_the_nearest_training_image_comes_from_the_server(page, app_url):
    page.goto(f"{app_url}/gan?gan_section=Samples")
    page.wait_for_selector(".walk[data-ready=true]", timeout=30_000)
    walk = page.locator(".walk[data-ready=true]")
    before = walk.locator("canvas[data-id=dreams]").evaluate("canvas => canvas.toDataURL()")
    page.wait_for_function("(w) => Number(w.dataset.strides) >= 3", arg=walk.element_handle(), timeout=20_000)
    assert walk.locator("canvas[data-id=dreams]").evaluate("canvas => canvas.toDataURL()") != before
    text = walk.locator("[data-id=nearText]").element_handle()
    page.wait_for_function("(t) => t.textContent.startsWith('Nearest of 60,000')", arg=text, timeout=60_000)
    walk.locator("button[data-id=play]").click()
    one = walk.locator("canvas[data-id=one]")
    before = one.evaluate("canvas => canvas.toDataURL()")
    one.press("ArrowRight")
    page.wait_for_function("([c, b]) => c.toDataURL() !== b", arg=[one.element_handle(), before], timeout=20_000)
    walk.locator("canvas[data-id=dreams]").press("Home")
    assert "walk_chosen=0" in page.url
    walk.locator("button[data-id=askAll]").click()
    walk.locator("canvas[data-id=pairs]").wait_for(timeout=60_000)
    walk.locator("button[data-id=play]").click()
    walk.locator("canvas[data-id=dreams]").wait_for()


def test_the_visitor_judges_ten_pairs(page, app_url):
    page.goto(f"{app_url}/gan?gan_section=You+judge")
    page.wait_for_selector(".judge[data-ready=true]", timeout=30_000)
    judge = page.locator(".judge[data-ready=true]")
    before = judge.locator("canvas[data-id=leftPicture]").evaluate("canvas => canvas.toDataURL()")
    for pair in range(10):
        page.keyboard.press("ArrowLeft")  # nothing has the focus at first
        assert judge.get_attribute("data-answered") == str(pair + 1)
        tags = {judge.locator(f"[data-id={side}Tag]").inner_text().split(" · ")[0] for side in ("left", "right")}
        assert tags == {"real", "made by G"}
        if pair < 9:
            judge.locator("button[data-id=next]").click()
    assert "discriminator" in judge.locator("[data-id=verdict]").inner_text()
    yours = int(judge.locator("[data-id=yours]").inner_text())
    assert 0 <= yours <= 10 and judge.locator("[data-id=of]").inner_text() == "10"
    with page.expect_download() as answers:
        judge.locator("button[data-id=table]").click()
    assert len(answers.value.path().read_text().splitlines()) == 11
    judge.locator("button[data-id=again]").click()
    picture = judge.locator("canvas[data-id=leftPicture]").element_handle()
    page.wait_for_function("([c, b]) => c.toDataURL() === b", arg=[picture, before], timeout=20_000)
