"""The exact laboratory's mathematics in the browser against deepgen's enumeration and autograd."""

import json

import numpy as np
import pytest
import torch

from deepgen import datasets
from deepgen.likelihood import all_states, log_partition_exact
from deepgen.rbm import RBM, RBMConfig


@pytest.fixture
def exact(bare_page):
    """``exact(body, **arguments)`` runs a function body on the module exact.js; ``m`` is the machine given."""

    def exact(body: str, **arguments):
        result = bare_page.evaluate(
            """async ([body, text]) => {
                const exact = await import('/ui/engine/exact.js');
                const argument = JSON.parse(text);
                const m = {...argument.machine};
                for (const part of Object.keys(m)) m[part] = Float64Array.from(m[part].flat());
                const plain = (key, x) => (ArrayBuffer.isView(x) ? Array.from(x) : x);
                return JSON.stringify(await new Function('exact', 'm', 'argument', body)(exact, m, argument), plain);
            }""",
            [body, json.dumps(arguments)],
        )
        return json.loads(result)

    return exact


def small_rbm(num_visible, num_hidden, scale=1.0):
    rng = torch.Generator().manual_seed(num_visible + num_hidden)
    rbm = RBM(RBMConfig(num_visible, num_hidden)).double()
    for parameter in rbm.parameters():
        parameter.data = scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
    return rbm


def machine(rbm):
    return {"W": rbm.W.tolist(), "b": rbm.visible.bias.tolist(), "c": rbm.hidden.bias.tolist()}


def numbers(v):
    """State numbers: unit i is bit i."""
    return (v.long() << torch.arange(v.shape[1])).sum(1)


SIZES = [(4, 3), (4, 12), (9, 6), (16, 2)]


@pytest.mark.parametrize(("num_visible", "num_hidden"), SIZES)
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_every_probability_is_that_of_deepgen(exact, num_visible, num_hidden, scale):
    rbm = small_rbm(num_visible, num_hidden, scale)
    got = exact(
        """const {p, logZ} = exact.distribution(m), log = exact.logPartition;
        return {p, logZ, smaller: log(m), turned: log(exact.turned(m)), warm: log(exact.heated(m, 0.5))};""",
        machine=machine(rbm),
    )
    log_z = log_partition_exact(rbm)
    assert got["logZ"] == pytest.approx(log_z, abs=1e-9)
    assert got["smaller"] == pytest.approx(log_z, abs=1e-9)
    assert got["turned"] == pytest.approx(log_z, abs=1e-9)
    with torch.no_grad():
        v = torch.cat(list(all_states(num_visible)))
        expected = torch.zeros(len(v), dtype=torch.float64)
        expected[numbers(v)] = (-rbm.free_energy(v) - log_z).exp()
        for parameter in rbm.parameters():
            parameter.mul_(0.5)
    assert got["p"] == pytest.approx(expected.tolist(), rel=1e-8, abs=1e-12)  # torch's softplus errs by 2e-9 above 20
    assert got["warm"] == pytest.approx(log_partition_exact(rbm), abs=1e-9)


def test_the_largest_weights_do_not_overflow(exact):
    size = {"W": np.full((16, 12), 10.0).tolist(), "b": [10.0] * 16, "c": [10.0] * 12}
    log_z = exact("return exact.distribution(m).logZ;", machine=size)
    assert log_z == pytest.approx(16 * 12 * 10 + 160 + 120, rel=1e-6)


@pytest.mark.parametrize(("num_visible", "num_hidden"), SIZES)
def test_gradient_is_autograd_of_the_exact_likelihood(exact, num_visible, num_hidden):
    side = int(num_visible**0.5)
    data = datasets.bars_and_stripes(side, side).images.double()
    rbm = small_rbm(num_visible, num_hidden)
    states = torch.cat(list(all_states(num_visible)))
    likelihood = (-rbm.free_energy(data)).mean() - (-rbm.free_energy(states)).logsumexp(0)
    likelihood.backward()
    got = exact(
        "return {gradient: exact.difference(exact.meanStatistics(m, argument.data), exact.modelStatistics(m)),"
        " likelihood: exact.logLikelihood(m, argument.data)};",
        machine=machine(rbm),
        data=numbers(data).tolist(),
    )
    assert got["likelihood"] == pytest.approx(likelihood.item(), abs=1e-9)
    assert got["gradient"]["W"] == pytest.approx(rbm.W.grad.flatten().tolist(), abs=1e-9)
    assert got["gradient"]["b"] == pytest.approx(rbm.visible.bias.grad.tolist(), abs=1e-9)
    assert got["gradient"]["c"] == pytest.approx(rbm.hidden.bias.grad.tolist(), abs=1e-9)


def test_centred_steps_are_steps_of_the_centred_machine(exact):
    """One step in (W, b + W lambda, c + W^T mu) by the plain gradient of those parameters, turned back."""
    data = datasets.bars_and_stripes(2, 2).images.double()
    rbm = small_rbm(4, 3)
    with torch.no_grad():
        mu, lam = data.mean(0), rbm.mean_hidden(data).mean(0)
    W, b, c = (x.detach().clone() for x in (rbm.W, rbm.visible.bias, rbm.hidden.bias))
    parameters = [W, b + W @ lam, c + W.T @ mu]
    for x in parameters:
        x.requires_grad_()
    W, b, c = parameters[0], parameters[1] - parameters[0] @ lam, parameters[2] - parameters[0].T @ mu
    log_p = lambda v: v @ b + torch.nn.functional.softplus(v @ W + c).sum(1)  # noqa: E731
    (log_p(data).mean() - log_p(torch.cat(list(all_states(4)))).logsumexp(0)).backward()
    with torch.no_grad():
        W, b, c = (x + 0.1 * x.grad for x in parameters)
        b, c = b - W @ lam, c - W.T @ mu
    got = exact(
        "exact.ascend(m, exact.meanStatistics(m, argument.data), exact.modelStatistics(m), 0.1); return m;",
        machine=machine(rbm),
        data=numbers(data).tolist(),
    )
    assert got["W"] == pytest.approx(W.flatten().tolist(), abs=1e-10)
    assert got["b"] == pytest.approx(b.tolist(), abs=1e-10)
    assert got["c"] == pytest.approx(c.tolist(), abs=1e-10)


@pytest.mark.parametrize("side", [2, 3, 4])
def test_bars_and_stripes_are_those_of_deepgen(exact, side):
    patterns = exact("return exact.barsAndStripes(argument.side);", side=side)
    assert sorted(patterns) == sorted(numbers(datasets.bars_and_stripes(side, side).images).tolist())


def test_exact_training_reaches_the_entropy(exact):
    likelihood = exact(
        """const data = exact.barsAndStripes(3);
        const noise = (n) => Float64Array.from({length: n}, (_, i) => 0.1 * Math.sin(37 * i * i + i));
        const m2 = {W: noise(9 * 8), b: new Float64Array(9), c: new Float64Array(8)};
        for (let t = 0; t < 4000; t++) exact.ascend(m2, exact.meanStatistics(m2, data), exact.modelStatistics(m2), 0.5);
        return exact.logLikelihood(m2, data);"""
    )
    assert -np.log(14) - 0.1 < likelihood < -np.log(14)


def test_floor_and_total_variation_of_independent_draws(exact):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(200, 0.3))
    for total in (20, 500, 20_000):
        draws = rng.multinomial(total, p, size=200)
        distances = 0.5 * np.abs(draws / total - p).sum(1)
        got = exact(
            """const {p, counts, total} = argument;
            return [exact.monteCarloFloor(p, total), exact.totalVariation(p, counts, total)];""",
            p=p.tolist(),
            total=total,
            counts=draws[0].tolist(),
        )
        assert got[1] == pytest.approx(distances[0], abs=1e-12)
        assert got[0] == pytest.approx(distances.mean(), rel=0.03)


def test_the_most_probable_states_come_first(exact):
    p = np.random.default_rng(1).dirichlet(np.ones(512))
    assert exact("return exact.mostProbable(argument.p, 40);", p=p.tolist()) == np.argsort(-p)[:40].tolist()


def statistics_after(rbm, num_sweeps):
    """E[v h^T] with v ``num_sweeps`` sweeps away from the data, by the transition matrix; None: of the model."""
    v, h = torch.cat(list(all_states(4))), torch.cat(list(all_states(rbm.config.num_hidden)))
    with torch.no_grad():
        given_v, given_h = rbm.mean_hidden(v), rbm.mean_visible(h)
        to_h = torch.where(h[None].bool(), given_v[:, None], 1 - given_v[:, None]).prod(2)
        to_v = torch.where(v[None].bool(), given_h[:, None], 1 - given_h[:, None]).prod(2)
        p = (-rbm.free_energy(v)).softmax(0)
    if num_sweeps is not None:
        data = numbers(datasets.bars_and_stripes(2, 2).images)
        p = torch.isin(numbers(v), data).double() / len(data)
        for _ in range(num_sweeps):
            p = p @ to_h @ to_v
    return (v * p[:, None]).T @ given_v


@pytest.mark.parametrize(("method", "k", "num_sweeps"), [("cd", 1, 1), ("cd", 2, 2), ("pcd", 5, None)])
def test_estimates_have_the_bias_they_must_have_and_no_other(exact, method, k, num_sweeps):
    rbm = small_rbm(4, 3, 2.0)
    got = exact(
        """return import('/ui/rbm/laboratory/learner.js').then(({Average, Learner}) => {
            const learner = new Learner(2, 3, 5), average = new Average();
            for (const part of ['W', 'b', 'c']) learner.machine[part].set(m[part]);
            for (let t = 0; t < 50; t++) learner.negative('pcd', 1);
            for (let t = 0; t < 400; t++) average.add(learner.negative(argument.method, argument.k).vh);
            return average.mean;
        });""",
        machine=machine(rbm),
        method=method,
        k=k,
    )
    expected = statistics_after(rbm, num_sweeps)
    assert got == pytest.approx(expected.flatten().tolist(), abs=0.012)  # 4 standard errors of 40 000 samples
    assert (expected - statistics_after(rbm, 1 if num_sweeps is None else None)).abs().max() > 0.03
