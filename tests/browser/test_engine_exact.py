"""The engine's chains started exactly at the distribution of a tiny machine, and held to it."""

from itertools import pairwise, product

import numpy as np
import pytest

NUM_CHAINS = 40_000


class Tiny:
    """A machine small enough to list: all its states and their energies."""

    def __init__(self, sizes, seed, labels=None):
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(0, 1.2, (n, m)) for n, m in pairwise(sizes)]
        self.biases = [rng.normal(0, 0.5, n) for n in sizes]
        states = np.array(list(product((0, 1), repeat=sum(sizes))))
        if labels:  # (layer, start, length): exactly one of these units is on
            first = sum(sizes[: labels[0]]) + labels[1]
            states = states[states[:, first : first + labels[2]].sum(1) == 1]
        self.layers = np.split(states, np.cumsum(sizes)[:-1], axis=1)
        self.energy = -sum(x @ b for x, b in zip(self.layers, self.biases, strict=True))
        for (below, above), W in zip(pairwise(self.layers), self.weights, strict=True):
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
        """Total variation, its mean for independent exact draws, and chi-square in standard deviations."""
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


RUN_TINY = """const {start, held, beta, softmax} = argument;
const options = {numChains: start.length, seed: 11, softmax, wasm: true};
const chains = new engine.BoltzmannChains({...machine(argument.machine), ...options});
const units = [];
chains.sizes.forEach((n, l) => { for (let i = 0; i < n; i++) units.push([l, i, n]); });
start.forEach((key, c) => units.forEach(([l, i, n], bit) => { chains.layers[l][c * n + i] = (key >> bit) & 1; }));
const mask = new Uint8Array(chains.sizes[0]), values = new Float32Array(chains.sizes[0]);
for (const [unit, value] of Object.entries(held)) { mask[unit] = 1; values[unit] = value; }
for (let t = 0; t < 40; t++) chains.sweep({beta, mask, values});
const counts = new Array(1 << units.length).fill(0);
const key = (c) => units.reduce((sum, [l, i, n], bit) => sum | (chains.layers[l][c * n + i] << bit), 0);
for (let c = 0; c < start.length; c++) counts[key(c)]++;
return counts;"""


def run_tiny(engine, tiny, p, *, labels=None, beta=1.0, held=None):
    """Counts of all states after 40 sweeps of chains that started as exact draws from ``p``."""
    rows = np.random.default_rng(0).choice(len(p), NUM_CHAINS, p=p)
    return engine(
        RUN_TINY,
        machine={"weights": [W.tolist() for W in tiny.weights], "biases": [b.tolist() for b in tiny.biases]},
        start=tiny.key()[rows],
        held={str(unit): value for unit, value in (held or {}).items()},
        softmax=labels and dict(zip(("layer", "start", "length"), labels, strict=True)),
        beta=beta,
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


@pytest.mark.parametrize("case", TINY)
def test_chains_stay_at_the_exact_distribution(engine, case):
    """With the WebAssembly kernels; that the plain ones give the same bits is tested elsewhere."""
    options = dict(TINY[case])
    labels = options.pop("labels", None)
    tiny = Tiny(options.pop("sizes"), seed=4, labels=labels)
    p = tiny.distribution(**options)
    counts = run_tiny(engine, tiny, p, labels=labels, **options)
    total_variation, floor, z = tiny.distances(counts, p)
    assert abs(z) < 5
    assert total_variation < floor + 2 / np.sqrt(NUM_CHAINS)  # 4 standard deviations (McDiarmid)


def test_a_slightly_wrong_temperature_would_be_noticed(engine):
    tiny = Tiny((4, 3), seed=4)
    p = tiny.distribution()
    assert tiny.distances(run_tiny(engine, tiny, p, beta=0.95), p)[2] > 8
