"""The browser engine against torch, and its chains against the exact distribution of tiny machines."""

import json
import struct
from itertools import product

import numpy as np
import pytest
import torch

from deepgen import checkpoint
from deepgen.rbm import RBM, RBMConfig

NUM_CHAINS = 40_000


@pytest.fixture
def engine(page, site):
    """``engine(body, **arguments)`` runs an async JavaScript function body on the engine's module, arrays as lists."""
    page.goto(f"{site.url}/blank.html")

    def engine(body: str, **arguments):
        arguments = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in arguments.items()}
        result = page.evaluate(  # JSON text both ways: the driver's own encoding of long lists takes seconds
            """async ([body, text]) => {
                const argument = JSON.parse(text);
                const engine = await import('/ui/engine/engine.js');
                await engine.loadKernels();
                const floats = (x) => Float32Array.from(x.flat());
                const machine = (m) => ({...m, weights: m.weights.map(floats), biases: m.biases.map(floats)});
                const list = (x) => Array.from(x);
                const run = Object.getPrototypeOf(async function () {}).constructor;
                return JSON.stringify(await run('engine', 'floats', 'machine', 'list', 'argument', body)(engine, floats, machine, list, argument));
            }""",
            [body, json.dumps(arguments)],
        )
        return json.loads(result)

    return engine


def random_rbm(num_visible, num_hidden, visible="bernoulli", seed=0, scale=0.5):
    rng = torch.Generator().manual_seed(seed)
    rbm = RBM(RBMConfig(num_visible, num_hidden, visible, learn_variance=visible == "gaussian"))
    with torch.no_grad():
        for parameter in rbm.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=rng))
    return rbm


@pytest.mark.parametrize("wasm", [True, False], ids=["wasm", "plain"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=["f32", "f16"])
@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_means_and_energies_agree_with_torch(engine, site, visible, dtype, wasm):
    name = f"{visible}-{dtype}.safetensors"
    checkpoint.save(random_rbm(53, 41, visible), site.folder / name, dtype=dtype, data="test")
    rbm, _ = checkpoint.load(site.folder / name)
    rng = torch.Generator().manual_seed(1)
    v = torch.rand(5, 53, generator=rng).round() if visible == "bernoulli" else torch.randn(5, 53, generator=rng)
    got = engine(
        """const model = await engine.fetchModel(argument.url);
        const m = engine.machineOf(model);
        const chains = new engine.BoltzmannChains({...m, numChains: 5, seed: 3, wasm: argument.wasm});
        argument.v.forEach((v, chain) => chains.setVisible(chain, v));
        chains.sweep({beta: 0.7});
        return {h: list(chains.layers[1]), v: list(chains.layers[0]), means: chains.means.map(list), energy: list(chains.energy()),
                free: list(engine.freeEnergy(m, floats(argument.v))), hidden: list(engine.meanHidden(m, floats(argument.v)))};""",
        url=f"{site.url}/{name}", v=v, wasm=wasm,
    )  # fmt: skip
    h, after = (torch.tensor(got[name], dtype=torch.float32).reshape(5, -1) for name in ("h", "v"))
    with torch.no_grad():
        assert torch.tensor(got["means"][1]).reshape(5, 41) == pytest.approx(rbm.mean_hidden(v, beta=0.7), abs=1e-5)
        assert torch.tensor(got["means"][0]).reshape(5, 53) == pytest.approx(rbm.mean_visible(h, beta=0.7), abs=1e-5)
        assert torch.tensor(got["hidden"]).reshape(5, 41) == pytest.approx(rbm.mean_hidden(v), abs=1e-5)
        assert torch.tensor(got["energy"]) == pytest.approx(rbm.energy(after, h), abs=2e-4)
        assert torch.tensor(got["free"]) == pytest.approx(rbm.free_energy(v), abs=2e-4)
    assert set(h.unique().tolist()) == {0, 1}


def test_gaussian_units_have_the_right_spread(engine):
    sigma = [0.5, 2.0, 1.0]
    states = engine(
        """const chains = new engine.BoltzmannChains({weights: [new Float32Array(6)], biases: [floats([1, 2, 3]), new Float32Array(2)],
            visible: 'gaussian', sigma: floats(argument.sigma), numChains: 20000, seed: 5});
        chains.sweep({beta: 0.25});
        return list(chains.layers[0]);""",
        sigma=sigma,
    )  # fmt: skip
    v = np.reshape(states, (-1, 3))
    assert v.mean(0) == pytest.approx([1, 2, 3], abs=0.12)
    assert v.std(0) == pytest.approx([2 * s for s in sigma], rel=0.02)


SETTINGS = {
    "rbm": ("", ""),
    "clamped": ("", "mask: new Uint8Array(53).fill(1, 10, 30), values: new Float32Array(53).fill(1, 10, 20)"),
    "gaussian": ("visible: 'gaussian', sigma: new Float32Array(53).fill(1.5)", ""),
    "labels": ("softmax: {layer: 2, start: 3, length: 5}", ""),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_plain_and_webassembly_give_the_same_bits(engine, setting):
    options, sweep = SETTINGS[setting]
    same, moved = engine(
        f"""const random = new engine.Random(8);
        const make = (n) => new Float32Array(n).map(() => 0.6 * random.normal());
        const m = {{weights: [make(53 * 70), make(70 * 19)], biases: [make(53), make(70), make(19)], numChains: 7, seed: 2, {options}}};
        const [a, b] = [true, false].map((wasm) => new engine.BoltzmannChains({{...m, wasm}}));
        const start = a.layers.map(list).flat().join();
        for (let t = 0; t < 50; t++) {{ a.sweep({{beta: 0.8, {sweep}}}); b.sweep({{beta: 0.8, {sweep}}}); }}
        const all = (c) => [...c.layers, ...c.means, c.energy()].map(list).flat().join();
        return [all(a) === all(b), a.layers.map(list).flat().join() !== start];"""
    )
    assert same and moved


class Tiny:
    """A machine small enough to list: all its states, their energies, and chains that start exactly at its distribution."""

    def __init__(self, sizes, seed, labels=None):
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(0, 1.2, (n, m)) for n, m in zip(sizes, sizes[1:])]
        self.biases = [rng.normal(0, 0.5, n) for n in sizes]
        states = np.array(list(product((0, 1), repeat=sum(sizes))))
        if labels:  # (layer, start, length): exactly one of these units is on
            first = sum(sizes[: labels[0]]) + labels[1]
            states = states[states[:, first : first + labels[2]].sum(1) == 1]
        self.layers = np.split(states, np.cumsum(sizes)[:-1], axis=1)
        self.energy = -sum(x @ b for x, b in zip(self.layers, self.biases))
        for below, W, above in zip(self.layers, self.weights, self.layers[1:]):
            self.energy = self.energy - ((below @ W) * above).sum(1)

    def distribution(self, beta=1.0, held=None):
        """p(all layers), and only where the visible units in ``held`` {unit: value} have their values."""
        p = np.exp(-beta * (self.energy - self.energy.min()))
        for unit, value in (held or {}).items():
            p = p * (self.layers[0][:, unit] == value)
        return p / p.sum()

    def key(self):
        """The number of each state, unit 0 of layer 0 as the lowest bit."""
        bits = np.concatenate(self.layers, 1)
        return bits @ (1 << np.arange(bits.shape[1]))

    def distances(self, counts, p):
        """Total variation, what independent exact draws would have on average, and chi-square in standard deviations."""
        observed, expected = np.array(counts)[self.key()], NUM_CHAINS * p
        assert observed.sum() == NUM_CHAINS  # else there are states that must not be
        assert observed[p == 0].sum() == 0
        total_variation = 0.5 * np.abs(observed - expected).sum() / NUM_CHAINS
        floor = 0.5 * np.sqrt(2 * p * (1 - p) / np.pi / NUM_CHAINS).sum()
        order = np.argsort(expected)[(p == 0).sum() :]
        groups = np.cumsum(expected[order]) // 10  # rare states are counted together: chi-square is about frequent ones
        groups = np.unique(groups, return_inverse=True)[1]
        observed, expected = np.bincount(groups, observed[order]), np.bincount(groups, expected[order])
        chi_square = ((observed - expected) ** 2 / expected).sum()
        freedom = len(expected) - 1
        return total_variation, floor, (chi_square - freedom) / np.sqrt(2 * freedom)


RUN_TINY = """const {start, held, beta, softmax, wasm} = argument;
const chains = new engine.BoltzmannChains({...machine(argument.machine), numChains: start.length, seed: 11, softmax, wasm});
const units = [];
chains.sizes.forEach((n, l) => { for (let i = 0; i < n; i++) units.push([l, i, n]); });
start.forEach((key, c) => units.forEach(([l, i, n], bit) => { chains.layers[l][c * n + i] = (key >> bit) & 1; }));
const mask = new Uint8Array(chains.sizes[0]), values = new Float32Array(chains.sizes[0]);
for (const [unit, value] of Object.entries(held)) { mask[unit] = 1; values[unit] = value; }
for (let t = 0; t < 40; t++) chains.sweep({beta, mask, values});
const counts = new Array(1 << units.length).fill(0);
for (let c = 0; c < start.length; c++) counts[units.reduce((key, [l, i, n], bit) => key | (chains.layers[l][c * n + i] << bit), 0)]++;
return counts;"""


def run_tiny(engine, tiny, p, *, wasm=True, labels=None, beta=1.0, held=None):
    """Counts of all states after 40 sweeps of chains that started as exact draws from ``p``."""
    rows = np.random.default_rng(0).choice(len(p), NUM_CHAINS, p=p)
    return engine(
        RUN_TINY,
        machine={"weights": [W.tolist() for W in tiny.weights], "biases": [b.tolist() for b in tiny.biases]},
        start=tiny.key()[rows],
        held={str(unit): value for unit, value in (held or {}).items()},
        softmax=labels and dict(zip(("layer", "start", "length"), labels)),
        beta=beta,
        wasm=wasm,
    )


TINY = {
    "rbm": dict(sizes=(4, 3)),
    "rbm, warm": dict(sizes=(4, 3), beta=0.6),
    "rbm, held": dict(sizes=(5, 3), held={1: 1, 4: 0}),
    "rbm, held and warm": dict(sizes=(5, 3), held={1: 1, 4: 0}, beta=0.6),
    "three layers": dict(sizes=(3, 3, 2)),
    "three layers, held": dict(sizes=(4, 3, 2), held={2: 1}, beta=0.8),
    "four layers": dict(sizes=(3, 2, 2, 2)),
    "labels": dict(sizes=(6, 3), labels=(0, 3, 3)),
    "labels above": dict(sizes=(3, 4, 2), labels=(1, 1, 3)),
}


@pytest.mark.parametrize("wasm", [True, False], ids=["wasm", "plain"])
@pytest.mark.parametrize("case", TINY)
def test_chains_stay_at_the_exact_distribution(engine, case, wasm):
    options = dict(TINY[case])
    labels = options.pop("labels", None)
    tiny = Tiny(options.pop("sizes"), seed=4, labels=labels)
    p = tiny.distribution(**options)
    counts = run_tiny(engine, tiny, p, wasm=wasm, labels=labels, **options)
    total_variation, floor, z = tiny.distances(counts, p)
    assert abs(z) < 5
    assert total_variation < floor + 2 / np.sqrt(NUM_CHAINS)  # 4 standard deviations (McDiarmid)


def test_a_slightly_wrong_temperature_would_be_noticed(engine):
    tiny = Tiny((4, 3), seed=4)
    p = tiny.distribution()
    assert tiny.distances(run_tiny(engine, tiny, p, beta=0.95), p)[2] > 8


def test_held_units_never_move(engine):
    moved = engine(
        """const random = new engine.Random(1);
        const make = (n) => new Float32Array(n).map(() => random.normal());
        const chains = new engine.BoltzmannChains({weights: [make(30 * 20), make(20 * 10)], biases: [make(30), make(20), make(10)], numChains: 4});
        const one = {mask: new Uint8Array(10), values: new Float32Array(10)}; // the same units in all chains
        const each = {mask: new Uint8Array(4 * 30), values: new Float32Array(4 * 30)}; // other units in every chain
        for (const c of [one, each]) c.mask.forEach((_, i) => { c.mask[i] = random.integer(2); c.values[i] = random.integer(2); });
        let moved = 0, free = 0;
        const before = list(chains.layers[0]);
        for (let t = 0; t < 200; t++) {
            chains.sweep({clamps: {0: each, 2: one}});
            chains.layers[0].forEach((x, i) => { if (each.mask[i]) moved += x !== each.values[i] || chains.means[0][i] !== x; else free += x !== before[i]; });
            chains.layers[2].forEach((x, i) => { if (one.mask[i % 10]) moved += x !== one.values[i % 10]; });
        }
        return [moved, free > 0];"""
    )
    assert moved == [0, True]


def test_infinite_temperature_is_a_fair_coin(engine):
    ones = engine(
        """const chains = new engine.BoltzmannChains({weights: [new Float32Array(2000).fill(3)], biases: [new Float32Array(100).fill(-4), new Float32Array(20)], numChains: 100});
        chains.sweep({beta: 0});
        return chains.layers[0].reduce((a, b) => a + b);"""
    )
    assert ones == pytest.approx(5000, abs=4 * 50)


def test_mean_field_reaches_the_fixed_point_of_its_equations(engine):
    rng = np.random.default_rng(0)
    W1, W2, b0, b1, b2 = (rng.normal(0, 0.4, shape) for shape in [(8, 6), (6, 5), 8, 6, 5])
    v = rng.integers(0, 2, (3, 8))
    history = engine(
        "return engine.meanField(machine(argument.machine), floats(argument.v), 60).map((means) => means.map(list));",
        machine={"weights": [W1.tolist(), W2.tolist()], "biases": [b0.tolist(), b1.tolist(), b2.tolist()]}, v=v,
    )  # fmt: skip
    assert len(history) == 61
    mu1, mu2 = np.reshape(history[-1][0], (3, 6)), np.reshape(history[-1][1], (3, 5))
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    assert mu1 == pytest.approx(sigmoid(v @ W1 + mu2 @ W2.T + b1), abs=1e-5)
    assert mu2 == pytest.approx(sigmoid(mu1 @ W2 + b2), abs=1e-5)
    first = sigmoid(2 * v @ W1 + b1)  # the doubled upward pass
    assert np.reshape(history[0][0], (3, 6)) == pytest.approx(first, abs=1e-5)


def xoshiro128plusplus(state, count):
    """The published algorithm, for one stream."""
    rotate = lambda x, k: (x << k | x >> (32 - k)) & 0xFFFFFFFF  # noqa: E731
    s, out = list(state), []
    for _ in range(count):
        out.append((rotate((s[0] + s[3]) & 0xFFFFFFFF, 7) + s[0]) & 0xFFFFFFFF)
        t = s[1] << 9 & 0xFFFFFFFF
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 11)
    return out


def test_random_numbers(engine):
    state, few, many, normal, dice = engine(
        """const random = new engine.Random(42);
        const state = list(random.state), few = list(random.fill(new Float32Array(40)));
        return [state, few, list(random.fill(new Float32Array(100000))), Array.from({length: 100000}, () => random.normal()),
            Array.from({length: 60000}, () => random.integer(6))];"""
    )
    for stream in range(4):
        assert few[stream::4] == [(x >> 8) / 2**24 for x in xoshiro128plusplus(state[stream::4], 10)]
    many, normal = np.array(many), np.array(normal)
    assert many.mean() == pytest.approx(0.5, abs=4 * 0.289 / np.sqrt(1e5))
    assert np.corrcoef(many[:-1], many[1:])[0, 1] == pytest.approx(0, abs=4 / np.sqrt(1e5))
    assert np.corrcoef(many[:-4], many[4:])[0, 1] == pytest.approx(0, abs=4 / np.sqrt(1e5))
    assert normal.mean() == pytest.approx(0, abs=4 / np.sqrt(1e5))
    assert (normal**2).mean() == pytest.approx(1, abs=4 * np.sqrt(2 / 1e5))
    assert (normal**4).mean() == pytest.approx(3, abs=4 * np.sqrt(96 / 1e5))
    assert np.bincount(dice, minlength=6) == pytest.approx(np.full(6, 10000), abs=4 * np.sqrt(1e4))


def test_the_small_primitives(engine):
    x = np.linspace(-30, 30, 121)
    got = engine(
        """const x = () => floats(argument.x);
        return {sigmoid: list(x().map(engine.sigmoid)), softplus: list(x().map(engine.softplus)), relu: list(engine.relu(x())),
                leaky: list(engine.leakyRelu(x(), 0.2)), tanh: list(engine.tanh(x())), softmax: list(engine.softmax(x(), 0.5)),
                extreme: [-1e4, 1e4].map(engine.sigmoid),
                dense: list(engine.dense(floats([[1, 0, 2], [0, 3, 0]]), 2, floats([[1, 2], [3, 4], [5, 6]]), floats([10, 20]), 3, 2))};""",
        x=x,
    )  # fmt: skip
    t = torch.tensor(x, dtype=torch.float32)
    assert got["sigmoid"] == pytest.approx(torch.sigmoid(t).tolist(), rel=3e-7)
    assert got["softplus"] == pytest.approx(torch.nn.functional.softplus(t).tolist(), rel=1e-6)
    assert got["relu"] == t.relu().tolist()
    assert got["leaky"] == pytest.approx(torch.nn.functional.leaky_relu(t, 0.2).tolist(), rel=1e-6)
    assert got["tanh"] == pytest.approx(t.tanh().tolist(), abs=1e-6)
    assert got["softmax"] == pytest.approx((0.5 * t).softmax(0).tolist(), rel=1e-5)
    assert got["extreme"] == pytest.approx([0, 1], abs=1e-30)
    assert got["dense"] == [21, 34, 19, 32]


def safetensors_bytes(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


CARD = {"card": json.dumps({"family": "rbm"})}
BROKEN = {
    "empty": (b"", "shorter than"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "announces a header"),
    "cut off in the header": (safetensors_bytes({"__metadata__": CARD}, length=5000), "announces a header"),
    "header no JSON": (safetensors_bytes(b"{not json"), "not JSON"),
    "header no text": (safetensors_bytes(b"\xff\xfe\xff"), "not JSON"),
    "header a list": (safetensors_bytes([1, 2]), "not a JSON object"),
    "no metadata": (safetensors_bytes({"W": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)), "no card"),
    "card no JSON": (safetensors_bytes({"__metadata__": {"card": "rbm"}}), "no card"),
    "dtype": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)), "F64"),
    "length": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)), "needs 12 bytes"),
    "cut off": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}, bytes(8)), "cut off"),
    "negative": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}, bytes(8)), "cut off"),
    "no shape": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F32", "data_offsets": [0, 4]}}, bytes(4)), "no shape"),
    "tensor null": (safetensors_bytes({"__metadata__": CARD, "W": None}), "no shape"),
    "odd shape": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F32", "shape": ["2"], "data_offsets": [0, 8]}}, bytes(8)), "no shape"),
    "tensor missing": (safetensors_bytes({"__metadata__": CARD, "W": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)), "lacks the tensor"),
    "foreign family": (safetensors_bytes({"__metadata__": {"card": '{"family": "gan"}'}}), "'gan'"),
    "card null": (safetensors_bytes({"__metadata__": {"card": "null"}}), "no card"),
}  # fmt: skip


def test_broken_files_give_sentences(engine, site):
    for number, (content, _) in enumerate(BROKEN.values()):
        (site.folder / f"broken-{number}.safetensors").write_bytes(content)
    messages = engine(
        """const messages = [];
        for (const url of argument.urls) messages.push(await engine.fetchModel(url).then(engine.machineOf).then(() => null, (error) => error.message));
        return messages;""",
        urls=[f"{site.url}/broken-{number}.safetensors" for number in range(len(BROKEN))],
    )
    for (case, (_, expected)), message in zip(BROKEN.items(), messages):
        assert message is not None, case
        assert expected in message, (case, message)
        assert message[0].isupper() and message.endswith("."), (case, message)


def test_half_precision_numbers(engine, site):
    """Every finite float16, and bfloat16, against torch."""
    bits = torch.arange(0, 2**16, dtype=torch.int32).to(torch.int16)
    tensors = {"F16": bits.view(torch.float16), "BF16": bits.view(torch.bfloat16)}
    header, data = {"__metadata__": CARD}, b""
    for name in tensors:
        header[name] = {"dtype": name, "shape": [2**16], "data_offsets": [len(data), len(data) + 2**17]}
        data += bits.numpy().tobytes()
    (site.folder / "half.safetensors").write_bytes(safetensors_bytes(header, data))
    got = engine(
        """const {tensors} = await engine.fetchModel(argument.url);
        return ['F16', 'BF16'].map((name) => list(new Uint32Array(tensors[name].data.buffer)));""",
        url=f"{site.url}/half.safetensors",
    )
    for words, expected in zip(got, tensors.values()):
        values = torch.tensor(np.array(words, dtype=np.uint32).view(np.float32).copy())
        assert torch.equal(values.nan_to_num(nan=7), expected.float().nan_to_num(nan=7))


@pytest.fixture
def client(page, site):
    """``client(body, …)`` runs a function body with an EngineClient named ``engine``, whose worker ends afterwards."""
    page.goto(f"{site.url}/blank.html")

    def client(body: str, **arguments):
        return page.evaluate(
            """async ([body, argument]) => {
                const {EngineClient} = await import('/ui/engine/client.js');
                const engine = new EngineClient();
                const list = (x) => Array.from(x);
                const refused = (promise) => promise.then(() => null, (error) => error.message);
                const run = Object.getPrototypeOf(async function () {}).constructor;
                const result = await run('engine', 'list', 'refused', 'argument', body)(engine, list, refused, argument);
                engine.terminate();
                return result;
            }""",
            [body, arguments],
        )

    return client


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
        return {family: card.family, W: shapes.W, sizes, same: all(first) === all(again), differs: all(first) !== all(other),
                lengths: want.map((name) => first[name].length), keys: Object.keys(first).sort()};""",
        **urls,
    )  # fmt: skip
    assert got == {"family": "rbm", "W": [30, 20], "sizes": [30, 20], "same": True, "differs": True, "lengths": [180, 180, 120, 120, 6],
                   "keys": ["energy", "hidden", "hiddenMeans", "milliseconds", "visible", "visibleMeans"]}  # fmt: skip


def test_worker_starts_from_images_and_holds_pixels(client, urls):
    got = client(
        """await engine.load(argument.one);
        const images = new Uint8Array(2 * 30).fill(255, 0, 15).fill(255, 45, 60); // first half white; second half white
        await engine.chains({numChains: 4, seed: 9, start: 'images', images});
        const start = list((await engine.state(['visible'])).visible);
        const mask = new Uint8Array(30).fill(1, 0, 8), values = new Float32Array(30).fill(1, 0, 4);
        const {visible, visibleMeans} = await engine.sweep({count: 25, beta: 0.9, mask, values, want: ['visible', 'visibleMeans']});
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
        """return [await refused(engine.sweep()), await refused(engine.chains({numChains: 2})), await refused(engine.load(argument.missing)),
            await engine.load(argument.one).then(() => engine.chains({numChains: 2})).then(() => refused(engine.sweep({mask: new Uint8Array(3), values: new Float32Array(3)}))),
            await engine.load(argument.other).then(() => refused(engine.sweep()))];""",
        missing=urls["one"].replace("one", "data:,"), **urls,
    )  # fmt: skip
    expected = ["'chains' first", "'load' first", "could not be fetched", "need 30 or 60 numbers", "'chains' first"]
    for message, part in zip(messages, expected):
        assert part in message and message.endswith("."), message
