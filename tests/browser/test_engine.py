"""The browser engine against torch, its two sets of kernels against each other, its random numbers as published."""

import numpy as np
import pytest
import torch

from deepgen import checkpoint
from deepgen.rbm import RBM, RBMConfig


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
        const v = floats(argument.v);
        return {h: list(chains.layers[1]), v: list(chains.layers[0]), means: chains.means.map(list),
                energy: list(chains.energy()), free: list(engine.freeEnergy(m, v)),
                hidden: list(engine.meanHidden(m, v))};""",
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
        """const chains = new engine.BoltzmannChains({
            weights: [new Float32Array(6)], biases: [floats([1, 2, 3]), new Float32Array(2)],
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
        const m = {{weights: [make(53 * 70), make(70 * 19)], biases: [make(53), make(70), make(19)],
            numChains: 7, seed: 2, {options}}};
        const [a, b] = [true, false].map((wasm) => new engine.BoltzmannChains({{...m, wasm}}));
        const start = a.layers.map(list).flat().join();
        for (let t = 0; t < 50; t++) {{ a.sweep({{beta: 0.8, {sweep}}}); b.sweep({{beta: 0.8, {sweep}}}); }}
        const all = (c) => [...c.layers, ...c.means, c.energy()].map(list).flat().join();
        return [all(a) === all(b), a.layers.map(list).flat().join() !== start];"""
    )
    assert same and moved


def test_held_units_never_move(engine):
    moved = engine(
        """const random = new engine.Random(1);
        const make = (n) => new Float32Array(n).map(() => random.normal());
        const chains = new engine.BoltzmannChains({
            weights: [make(30 * 20), make(20 * 10)], biases: [make(30), make(20), make(10)], numChains: 4});
        const one = {mask: new Uint8Array(10), values: new Float32Array(10)}; // the same units in all chains
        const each = {mask: new Uint8Array(4 * 30), values: new Float32Array(4 * 30)}; // other units in every chain
        for (const {mask, values} of [one, each]) {
            mask.forEach((_, i) => { mask[i] = random.integer(2); values[i] = random.integer(2); });
        }
        let moved = 0, free = 0;
        const before = list(chains.layers[0]);
        for (let t = 0; t < 200; t++) {
            chains.sweep({clamps: {0: each, 2: one}});
            chains.layers[0].forEach((x, i) => {
                if (each.mask[i]) moved += x !== each.values[i] || chains.means[0][i] !== x;
                else free += x !== before[i];
            });
            chains.layers[2].forEach((x, i) => { if (one.mask[i % 10]) moved += x !== one.values[i % 10]; });
        }
        return [moved, free > 0];"""
    )
    assert moved == [0, True]


def test_infinite_temperature_is_a_fair_coin(engine):
    ones = engine(
        """const chains = new engine.BoltzmannChains({
            weights: [new Float32Array(2000).fill(3)], biases: [new Float32Array(100).fill(-4), new Float32Array(20)],
            numChains: 100});
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
        return [state, few, list(random.fill(new Float32Array(100000))),
            Array.from({length: 100000}, () => random.normal()),
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
        const W = floats([[1, 2], [3, 4], [5, 6]]);
        return {sigmoid: list(x().map(engine.sigmoid)), softplus: list(x().map(engine.softplus)),
                relu: list(engine.relu(x())), leaky: list(engine.leakyRelu(x(), 0.2)), tanh: list(engine.tanh(x())),
                softmax: list(engine.softmax(x(), 0.5)), extreme: [-1e4, 1e4].map(engine.sigmoid),
                dense: list(engine.dense(floats([[1, 0, 2], [0, 3, 0]]), 2, W, floats([10, 20]), 3, 2))};""",
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
