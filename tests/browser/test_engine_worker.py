"""The engine in its worker, through EngineClient: what a page's component talks to."""

import numpy as np
import pytest
import torch

from deepgen import checkpoint
from deepgen.rbm import RBM, RBMConfig


@pytest.fixture
def client(bare_page):
    """``client(body, …)`` runs a function body with an EngineClient named ``engine``, whose worker ends afterwards."""

    def client(body: str, **arguments):
        return bare_page.evaluate(
            """async ([body, argument]) => {
                const {EngineClient} = await import('/ui/engine/client.js');
                const engine = new EngineClient();
                const list = (x) => Array.from(x);
                const refused = (promise) => promise.then(() => null, (error) => error.message);
                const AsyncFunction = Object.getPrototypeOf(async function () {}).constructor;
                const run = new AsyncFunction('engine', 'list', 'refused', 'argument', body);
                const result = await run(engine, list, refused, argument);
                engine.terminate();
                return result;
            }""",
            [body, arguments],
        )

    return client


def random_rbm(num_visible, num_hidden, seed):
    rng = torch.Generator().manual_seed(seed)
    rbm = RBM(RBMConfig(num_visible, num_hidden))
    with torch.no_grad():
        for parameter in rbm.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng))
    return rbm


@pytest.fixture(scope="session")
def urls(site):
    """Two checkpoints of one shape and one of another."""
    for seed, (name, size) in enumerate({"one": (30, 20), "two": (30, 20), "other": (12, 7)}.items()):
        checkpoint.save(random_rbm(*size, seed=seed), site.folder / f"{name}.safetensors", data="test")
    return {name: f"{site.url}/{name}.safetensors" for name in ("one", "two", "other")}


def test_worker_sweeps_and_repeats_itself(client, urls):
    got = client(
        """const {card, shapes} = await engine.load(argument.one);
        const {sizes} = await engine.chains({numChains: 6, seed: 9, start: 'noise'});
        const want = ['visibleMeans', 'visible', 'hiddenMeans', 'hidden', 'energy'];
        const first = await engine.sweep({count: 10, want});
        await engine.chains({numChains: 6, seed: 9, start: 'noise'});
        for (let t = 0; t < 9; t++) await engine.sweep();
        const again = await engine.sweep({want});
        await engine.chains({numChains: 6, seed: 10, start: 'noise'});
        const other = await engine.sweep({count: 10, want});
        const all = (reply) => want.map((name) => list(reply[name])).flat().join();
        return {family: card.family, W: shapes.W, sizes, same: all(first) === all(again),
                differs: all(first) !== all(other), lengths: want.map((name) => first[name].length),
                keys: Object.keys(first).sort()};""",
        **urls,
    )
    assert got["same"] and got["differs"]
    assert (got["family"], got["W"], got["sizes"]) == ("rbm", [30, 20], [30, 20])
    assert got["lengths"] == [180, 180, 120, 120, 6]
    assert got["keys"] == ["energy", "hidden", "hiddenMeans", "milliseconds", "visible", "visibleMeans"]


def test_worker_starts_from_images_and_holds_pixels(client, urls):
    got = client(
        """await engine.load(argument.one);
        const images = new Uint8Array(2 * 30).fill(255, 0, 15).fill(255, 45, 60); // first half white; second half white
        await engine.chains({numChains: 4, seed: 9, start: 'images', images});
        const start = list((await engine.state(['visible'])).visible);
        const mask = new Uint8Array(30).fill(1, 0, 8), values = new Float32Array(30).fill(1, 0, 4);
        const want = ['visible', 'visibleMeans'];
        const {visible, visibleMeans} = await engine.sweep({count: 25, beta: 0.9, mask, values, want});
        await engine.reset({});
        const again = list((await engine.state(['visible'])).visible);
        return {start, held: list(visible), means: list(visibleMeans), again};""",
        **urls,
    )
    white = [1] * 15 + [0] * 15
    assert np.reshape(got["start"], (4, 30)).tolist() == [white, white[::-1]] * 2 and got["again"] == got["start"]
    for state in (got["held"], got["means"]):
        assert np.reshape(state, (4, 30))[:, :8].tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]] * 4
    assert np.reshape(got["held"], (4, 30))[:, 8:].std(0).max() > 0


def test_worker_takes_new_weights_under_running_chains(client, urls):
    got = client(
        """await engine.load(argument.one);
        await engine.chains({numChains: 3, seed: 1});
        const before = (await engine.sweep({want: ['visible']})).visible;
        await engine.load(argument.two);
        const after = (await engine.state(['visible'])).visible;
        const hidden = (await engine.sweep({want: ['hiddenMeans']})).hiddenMeans;
        return {kept: list(before).join() === list(after).join(), visible: list(before), hidden: list(hidden)};""",
        **urls,
    )
    assert got["kept"]
    with torch.no_grad():
        v = torch.tensor(got["visible"], dtype=torch.float32).reshape(3, 30)
        expected, stale = (random_rbm(30, 20, seed=seed).mean_hidden(v) for seed in (1, 0))
    assert torch.tensor(got["hidden"]).reshape(3, 20) == pytest.approx(expected, abs=1e-5)
    assert (expected - stale).abs().max() > 0.1


def test_worker_refuses_in_sentences(client, urls):
    messages = client(
        """const early = [await refused(engine.sweep()), await refused(engine.chains({numChains: 2}))];
        const data = 'data:application/octet-stream,no'; // a missing file would also be an error in the console
        early.push(await refused(engine.load(data)));
        await engine.load(argument.one);
        await engine.chains({numChains: 2});
        const wrong = {mask: new Uint8Array(3), values: new Float32Array(3)};
        early.push(await refused(engine.sweep(wrong)));
        await engine.load(argument.other);
        return [...early, await refused(engine.sweep())];""",
        **urls,
    )
    expected = ["'chains' first", "'load' first", "shorter than", "need 30 or 60 numbers", "'chains' first"]
    for message, part in zip(messages, expected, strict=True):
        assert part in message and message.endswith("."), message
