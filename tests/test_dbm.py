import copy
import math
from itertools import islice, pairwise

import pytest
import torch

from deepgen.chains import Chains, Clamp, run_chains
from deepgen.datasets import bars_and_stripes
from deepgen.dbm import DBM, DBMConfig, begin_as_rbm
from deepgen.doubled_pretraining import DoubledPretraining, _Pair, _propagate
from deepgen.enumeration import log_marginal, log_partition_exact, posterior
from deepgen.likelihood import all_states
from deepgen.likelihood import log_partition_exact as log_partition_of_rbm
from deepgen.rbm import RBM, RBMConfig
from deepgen.training import fit
from deepgen.variational_pcd import VariationalPCD, _bernoulli, _WorkingCopy, gradients

SIZES = [(3, 4), (3, 4, 2), (3, 2, 4), (2, 3, 2, 3)]


def machine(sizes, visible="bernoulli", seed=0, scale=1.0):
    rng = torch.Generator().manual_seed(seed)
    model = DBM(DBMConfig(sizes, visible)).double()
    for parameter in model.parameters():
        parameter.data = scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
    return model.requires_grad_(False)


def joint(model):
    """All states of all units with their probabilities, by brute force."""
    states = torch.cat(list(all_states(sum(model.config.layer_sizes))))
    layers = states.split(model.config.layer_sizes, 1)
    energy = torch.stack([written_out_energy(model, [x[n] for x in layers]) for n in range(len(states))])
    return layers, torch.softmax(-energy, 0), (-energy).logsumexp(0)


def written_out_energy(model, layers):
    """Equation (23), term by term."""
    energy = torch.zeros((), dtype=torch.float64)
    for x, layer in zip(layers, model.layers, strict=True):
        for i in range(len(x)):
            energy -= layer.bias[i] * x[i]
    for x, W, y in zip(layers, model.weights, layers[1:], strict=False):
        energy -= x @ W @ y
    return energy


@pytest.mark.parametrize("sizes", SIZES)
def test_summed_out_is_full_enumeration(sizes):
    model = machine(sizes)
    layers, p, log_z = joint(model)
    torch.testing.assert_close(-model.energy(layers) - log_z, p.log())
    assert log_partition_exact(model) == pytest.approx(log_z.item(), abs=1e-12)
    for parity in (0, 1):  # log Z from the even layers alone, and from the odd
        kept = list(range(parity, len(sizes), 2))
        states = torch.cat(list(all_states(sum(sizes[i] for i in kept))))
        parts = iter(states.split([sizes[i] for i in kept], 1))
        free = model.free_energy([next(parts) if i in kept else None for i in range(len(sizes))])
        assert (-free).logsumexp(0).item() == pytest.approx(log_z.item(), abs=1e-12)
    v = torch.cat(list(all_states(sizes[0])))
    marginal = torch.stack([p[(layers[0] == x).all(1)].sum() for x in v])
    torch.testing.assert_close((log_marginal(model, v) - log_z).exp(), marginal)
    hidden, given = posterior(model, v[1])
    rows = (layers[0] == v[1]).all(1)
    torch.testing.assert_close(given, p[rows] / p[rows].sum())
    torch.testing.assert_close(torch.cat(hidden, 1), torch.cat(layers[1:], 1)[rows])


@pytest.mark.parametrize("sizes", SIZES)
def test_conditionals_are_those_of_the_joint_table(sizes):
    model = machine(sizes)
    layers, p, _ = joint(model)
    for i, x in enumerate(layers):
        neighbours = [layers[j] for j in (i - 1, i + 1) if 0 <= j < len(layers)]
        context = torch.cat(neighbours, 1)
        predicted = model.mean(i, layers)
        for state in context.unique(dim=0):
            rows = (context == state).all(1)
            expected = (p[rows, None] * x[rows]).sum(0) / p[rows].sum()
            torch.testing.assert_close(predicted[rows][0], expected)


def test_layers_summed_out_may_not_be_neighbours():
    with pytest.raises(ValueError, match="two neighbouring layers"):
        machine((2, 2, 2)).free_energy([torch.zeros(1, 2).double(), None, None])


@pytest.mark.parametrize("sizes", [(3, 2, 4), (2, 3, 2, 3)])
@pytest.mark.parametrize("sampler", ["gibbs_step", "working copy"])
def test_odd_even_gibbs_stays_at_the_exact_distribution(sizes, sampler):
    model = machine(sizes)
    layers, p, _ = joint(model)
    rng = torch.Generator().manual_seed(1)
    num_chains = 40_000
    start = torch.multinomial(p, num_chains, replacement=True, generator=rng)
    chains = Chains(tuple(x[start] for x in layers))
    if sampler == "gibbs_step":
        after = next(islice(run_chains(model, chains, rng=rng), 4, None)).layers
    else:
        after, statistics = _WorkingCopy(model, torch.float64).gibbs(list(chains.layers), 5, rng)
        for i, x in enumerate(statistics):  # means and states alike have the model's expectations
            exact = (p[:, None] * layers[i]).sum(0)
            assert ((x.mean(0) - exact).abs() < 4 * 0.5 / math.sqrt(num_chains)).all()
        for i, (x, y) in enumerate(pairwise(statistics)):  # and so have their products, which the weights learn from
            exact = layers[i].T @ (p[:, None] * layers[i + 1])
            assert ((x.T @ y / num_chains - exact).abs() < 4.5 * 0.5 / math.sqrt(num_chains)).all()
    index = (torch.cat(after, 1) @ (2.0 ** torch.arange(sum(sizes) - 1, -1, -1, dtype=torch.float64))).long()
    observed = torch.bincount(index, minlength=len(p)) / num_chains
    floor = (2 / math.pi * p * (1 - p) / num_chains).sqrt().sum() / 2  # expected total variation of as many exact draws
    assert (observed - p).abs().sum() / 2 < 1.25 * floor


def test_one_sweep_leaves_the_distribution_as_it_is_but_moves_others():
    """pi T = pi with the kernel written out: odd layers given even, then even given odd."""
    model = machine((2, 2, 1))
    layers, p, _ = joint(model)
    n = len(p)
    kernel = torch.ones(n, n, dtype=torch.float64)
    states = [x.expand(n, n, -1) for x in layers]  # target
    current = [x[:, None].expand(n, n, -1) for x in layers]
    odd_mean = model.mean(1, [x.reshape(n * n, -1) for x in current]).view(n, n, -1)
    kernel *= _density(odd_mean, states[1])
    mixed = [current[0], states[1], current[2]]
    for i in (0, 2):
        kernel *= _density(model.mean(i, [x.reshape(n * n, -1) for x in mixed]).view(n, n, -1), states[i])
    torch.testing.assert_close(kernel.sum(1), torch.ones(n).double())
    torch.testing.assert_close(p @ kernel, p)
    uniform = torch.full_like(p, 1 / n)
    assert (uniform @ kernel - uniform).abs().sum() > 0.1
    # and the code draws from this kernel
    rng = torch.Generator().manual_seed(0)
    chains = Chains(tuple(x[5].repeat(40_000, 1) for x in layers))
    after = torch.cat(model.gibbs_step(chains, rng=rng).layers, 1) @ torch.tensor([16.0, 8, 4, 2, 1]).double()
    observed = torch.bincount(after.long(), minlength=n) / 40_000
    assert ((observed - kernel[5]).abs() <= 4.5 * (kernel[5] / 40_000).sqrt() + 1e-12).all()


def _density(mean, x):
    return (mean * x + (1 - mean) * (1 - x)).prod(-1)


def test_clamped_units_never_move_and_beta_zero_is_independent():
    model = machine((6, 5, 4), scale=3.0)
    rng = torch.Generator().manual_seed(0)
    clamp = Clamp(torch.tensor([True, False] * 3), torch.tensor([1.0, 0, 0, 0, 1, 0]).double())
    for chains in islice(run_chains(model, model.init_chains(50, rng=rng), rng=rng, clamp=clamp), 20):
        assert (chains.layers[0][:, clamp.mask] == clamp.values[clamp.mask]).all()
    free = model.gibbs_step(model.init_chains(20_000, rng=rng), rng=rng, beta=0.0)
    for x in free.layers:
        assert ((x.mean(0) - 0.5).abs() < 4 * 0.5 / math.sqrt(20_000)).all()


def test_gaussian_visible_units_have_the_conditional_and_the_marginal_of_their_density():
    model = machine((1, 2, 2), visible="gaussian", scale=0.7)
    grid = torch.linspace(-40, 40, 4001, dtype=torch.float64)[:, None]
    hidden = torch.cat(list(all_states(4))).split([2, 2], 1)
    total = 0.0
    for h1, h2 in zip(*hidden, strict=True):
        density = (-model.energy([grid, h1.expand(4001, 2), h2.expand(4001, 2)])).exp()[:, None]
        mass = torch.trapezoid(density, grid, dim=0)
        total += mass.item()
        expected = torch.trapezoid(density * grid, grid, dim=0) / mass
        torch.testing.assert_close(model.mean(0, [None, h1[None], h2[None]])[0], expected)
    assert log_partition_exact(model) == pytest.approx(math.log(total), abs=1e-9)


def test_gradient_is_autograd_of_the_energies_and_centring_is_a_change_of_coordinates():
    model = machine((3, 4, 2, 3), seed=2).requires_grad_(True)
    rng = torch.Generator().manual_seed(3)
    positive, negative = ([torch.rand(n, s, generator=rng, dtype=torch.float64) for s in (3, 4, 2, 3)] for n in (5, 7))
    objective = model.energy(negative).mean() - model.energy(positive).mean()
    parameters = [*model.weights, *(layer.bias for layer in model.layers)]
    expected = torch.autograd.grad(objective, parameters)
    plain = gradients(positive, negative, [torch.zeros(s).double() for s in (3, 4, 2, 3)])
    for mine, autograd in zip(plain, expected, strict=True):
        torch.testing.assert_close(mine, autograd)
    # A centred machine has energy -sum (x-c)^T W (y-d) - sum x . a, so that plain bias b = a - W d - c^T W.
    offsets = [torch.rand(s, generator=rng, dtype=torch.float64) for s in (3, 4, 2, 3)]
    centred = (
        [w.detach().clone().requires_grad_() for w in model.weights],
        [b.detach().clone().requires_grad_() for b in parameters[3:]],
    )

    def energy(layers):
        x = [s - c for s, c in zip(layers, offsets, strict=True)]
        return -sum(((a @ W) * b).sum(-1) for a, W, b in zip(x, centred[0], x[1:], strict=False)) - sum(
            s @ b for s, b in zip(layers, centred[1], strict=True)
        )

    step = torch.autograd.grad(energy(negative).mean() - energy(positive).mean(), [*centred[0], *centred[1]])
    dW, da = list(step[:3]), list(step[3:])
    for i, W in enumerate(dW):
        da[i] = da[i] - W @ offsets[i + 1]
        da[i + 1] = da[i + 1] - offsets[i] @ W
    for mine, autograd in zip(gradients(positive, negative, offsets), [*dW, *da], strict=True):
        torch.testing.assert_close(mine, autograd)


def test_one_joint_update_is_the_gradient_between_mean_field_and_particles(monkeypatch):
    """Data that are one picture again and again leave nothing to chance but the particles, and those are looked at."""
    model = machine((4, 3, 2), seed=4)
    before = copy.deepcopy(model)
    seen, gibbs = [], _WorkingCopy.gibbs

    def spy(work, particles, num_sweeps, rng):
        seen.append((particles, num_sweeps, *gibbs(work, particles, num_sweeps, rng)))
        return seen[-1][2:]

    monkeypatch.setattr(_WorkingCopy, "gibbs", spy)
    v = torch.tensor([1.0, 0, 0, 1]).double().repeat(20, 1)
    trainer = VariationalPCD(
        num_epochs=3, batch_size=20, learning_rate=0.2, num_chains=7, gibbs_steps=2, mean_field_iterations=3,
        weight_decay=0.1, averaged=0.0,
    )  # fmt: skip
    steps = trainer.steps(model, v, rng=torch.Generator().manual_seed(1))
    for rate in (0.2, 0.2 * 2 / 3, 0.2 / 3):  # down to zero, which would come next
        next(steps)
        posterior = before.mean_field(v, num_iterations=3)
        if rate == 0.2:
            offsets = [x[0] for x in posterior]
        offsets = [0.99 * c + 0.01 * x[0] for c, x in zip(offsets, posterior, strict=True)]
        changes = gradients(posterior, seen[-1][3], offsets)
        for i, old in enumerate(before.weights):
            torch.testing.assert_close(model.weights[i], old * (1 - 0.1 * rate) + rate * changes[i])
        for i, layer in enumerate(before.layers):
            torch.testing.assert_close(model.layers[i].bias, layer.bias + rate * changes[len(before.weights) + i])
        before.load_state_dict(model.state_dict())
    assert [call[1] for call in seen] == [2, 2, 2]
    for last, call in pairwise(seen):  # the particles go on where they were
        assert all(torch.equal(a, b) for a, b in zip(last[2], call[0], strict=True))


def test_bfloat16_products_see_every_update_and_the_end_is_averaged(monkeypatch):
    counts, gibbs, average = [], _WorkingCopy.gibbs, _WorkingCopy.average

    def watched(work, *arguments):
        assert all(torch.equal(a, b.bfloat16()) for a, b in zip(work.rounded, work.weights, strict=True))
        return gibbs(work, *arguments)

    monkeypatch.setattr(_WorkingCopy, "gibbs", watched)
    monkeypatch.setattr(
        _WorkingCopy, "average", lambda work, kept, count: counts.append(count) or average(work, kept, count)
    )
    trainer = VariationalPCD(num_epochs=10, batch_size=6, learning_rate=0.5, averaged=0.3, precision="bfloat16")
    fit(trainer, machine((4, 3, 2)).float(), bars_and_stripes(2, 2).images, rng=torch.Generator().manual_seed(0))
    assert counts == [1, 2, 3]


def test_the_data_term_sees_binary_draws():
    grey = torch.tensor([0.0, 0.3, 0.8, 1.0]).double()
    drawn = _WorkingCopy(machine((4, 3)), torch.float64).observe(
        grey.repeat(20_000, 1), torch.Generator().manual_seed(0)
    )
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert ((drawn.mean(0) - grey).abs() <= 4.5 * (grey * (1 - grey) / 20_000).sqrt() + 1 / 65536).all()


def test_the_average_weighs_all_its_states_alike():
    model = machine((3, 2), scale=0.0)
    work, average = _WorkingCopy(model, torch.float64), None
    for count, value in enumerate((1.0, 2.0, 6.0), 1):
        model.weights[0].fill_(value)
        average = work.average(average, count)
    torch.testing.assert_close(average[0], torch.full((3, 2), 3.0).double())


def test_chains_from_the_biases_are_independent_from_layer_to_layer():
    model, n = machine((3, 3, 3)), 20_000
    layers = model.init_chains(n, rng=torch.Generator().manual_seed(0)).layers
    for x, layer in zip(layers, model.layers, strict=True):
        mean = torch.sigmoid(layer.bias)
        assert ((x.mean(0) - mean).abs() < 4.5 * (mean * (1 - mean) / n).sqrt()).all()
    correlations = torch.corrcoef(torch.cat(layers, 1).T) - torch.eye(9)
    assert correlations.abs().max() < 5 / math.sqrt(n)


def test_gaussian_particles_have_unit_variance_about_their_mean():
    model = machine((2, 3), visible="gaussian")
    model.layers[0].log_sigma.zero_()
    n, rng = 40_000, torch.Generator().manual_seed(0)
    h = torch.tensor([1.0, 0, 1]).double()
    model.weights[0].zero_()  # so that h is drawn afresh and tells v nothing
    (v, _), (mean, _) = _WorkingCopy(model, torch.float64).gibbs([torch.zeros(n, 2).double(), h.expand(n, 3)], 1, rng)
    torch.testing.assert_close(mean, model.layers[0].bias.expand(n, 2))
    assert ((v.mean(0) - model.layers[0].bias).abs() < 4.5 / math.sqrt(n)).all()
    assert ((v.var(0) - 1).abs() < 4.5 * math.sqrt(2 / n)).all()


def test_fast_binary_draws_have_their_probabilities():
    rng = torch.Generator().manual_seed(0)
    p = torch.tensor([0.0, 0.001, 0.25, 0.5, 0.9, 1.0])
    draws = _bernoulli(p.repeat(200_000, 1), rng)
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    assert ((draws.mean(0) - p).abs() <= 4.5 * (p * (1 - p) / 200_000).sqrt() + 1 / 65536).all()
    assert draws[:, 0].sum() == 0 and draws[:, 5].min() == 1
    correlation = (draws[:-1, 3] - 0.5) @ (draws[1:, 3] - 0.5) / 200_000  # neighbours share a 64-bit word
    assert abs(correlation) < 4.5 * 0.25 / math.sqrt(200_000)


def test_doubled_pretraining_is_exact_for_what_it_composes():
    """The bottom machine with two copies of v is a restricted machine of twice the size."""
    data = bars_and_stripes(2, 2).images
    model = DBM(DBMConfig((4, 3, 3)))
    steps = list(
        DoubledPretraining(num_epochs=30, batch_size=6).steps(model, data, rng=torch.Generator().manual_seed(0))
    )
    assert [s.step for s in steps] == list(range(1, 61)) and steps[-1].num_steps == 60
    assert steps[0].phase == "layer 1 of 2" and steps[-1].phase == "layer 2 of 2"
    assert all(w.abs().max() > 0 for w in model.weights)


@pytest.mark.parametrize(("up", "down"), [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_a_pair_is_a_restricted_machine_of_that_many_copies(up, down):
    """Copies of the lower layer that share their weights and biases, and of the upper: an ordinary, larger machine."""
    model, n = machine((3, 2), seed=3), 40_000
    pair = _Pair(model, 0, up=up, down=down)
    large = RBM(RBMConfig(3 * up, 2 * down)).double().requires_grad_(False)
    large.W.copy_(model.weights[0].repeat(up, down))
    large.visible.bias.copy_(pair.below.bias.repeat(up))
    large.hidden.bias.copy_(pair.above.bias.repeat(down))
    x, y = torch.tensor([1.0, 0, 1]).double(), torch.tensor([0.0, 1]).double()
    torch.testing.assert_close(pair.mean_above(x), large.mean_hidden(x.repeat(up))[:2])
    rng = torch.Generator().manual_seed(0)
    for drawn, mean, copies in (
        (pair.sample_above(x.expand(n, 3), rng), large.mean_hidden(x.repeat(up))[:2], down),
        (pair.sample_below(y.expand(n, 2), rng), large.mean_visible(y.repeat(down))[:3], up),
    ):
        variance = mean * (1 - mean) / copies  # of the mean of independent copies
        assert ((drawn.mean(0) - mean).abs() < 4.5 * (variance / n).sqrt()).all()
        torch.testing.assert_close(drawn.var(0), variance, rtol=0.05, atol=0)
    above = _propagate([pair], x.expand(n, 3), rng)
    mean = large.mean_hidden(x.repeat(up))[:2]
    assert set(above.unique().tolist()) == {0.0, 1.0}
    assert ((above.mean(0) - mean).abs() < 4.5 * (mean * (1 - mean) / n).sqrt()).all()


@pytest.mark.parametrize("persistent", [True, False])
def test_a_pair_learns_by_its_centred_gradient_and_its_chains_go_on_or_begin_at_the_data(persistent, monkeypatch):
    runs, gibbs, update = [], _Pair.gibbs, _Pair.update

    def watched(pair, x, num_steps, rng):
        runs.append((x, gibbs(pair, x, num_steps, rng)))
        return runs[-1][1]

    def checked(pair, x, chains, rate, weight_decay):
        W, a, b = pair.W.clone(), pair.below.bias.clone(), pair.above.bias.clone()
        dW, da, db = gradients((x, pair.mean_above(x)), (chains, pair.mean_above(chains)), pair.offsets)
        update(pair, x, chains, rate, weight_decay)
        torch.testing.assert_close(pair.W, W * (1 - 0.1 * rate) + rate * dW)
        torch.testing.assert_close(pair.below.bias, a + rate * da)
        torch.testing.assert_close(pair.above.bias, b + rate * db)
        assert len(runs) == 1 or torch.equal(runs[-1][0], runs[-2][1] if persistent else x)
        assert torch.equal(chains, runs[-1][1])

    monkeypatch.setattr(_Pair, "gibbs", watched)
    monkeypatch.setattr(_Pair, "update", checked)
    trainer = DoubledPretraining(5, batch_size=6, num_chains=7, weight_decay=0.1, persistent=persistent)
    data = bars_and_stripes(2, 2).images[[1, 1, 1, 4, 4, 0]]  # pixels of different means
    fit(trainer, DBM(DBMConfig((4, 3))), data, rng=torch.Generator().manual_seed(0))
    assert len(runs) == 5


def test_the_ends_are_doubled_once_the_middle_twice_and_shared_biases_are_halved(monkeypatch):
    made, init = [], _Pair.__init__

    def spy(pair, model, k, *, up, down):
        init(pair, model, k, up=up, down=down)
        made.append(pair)

    monkeypatch.setattr(_Pair, "__init__", spy)
    model = DBM(DBMConfig((4, 3, 3, 2)))
    fit(DoubledPretraining(2, batch_size=6), model, bars_and_stripes(2, 2).images, rng=torch.Generator().manual_seed(0))
    assert [(pair.up, pair.down) for pair in made] == [(2, 1), (2, 2), (1, 2)]
    assert all(torch.equal(weight, pair.W) for weight, pair in zip(model.weights, made, strict=True))
    assert torch.equal(model.layers[0].bias, made[0].below.bias)
    for i in (1, 2):
        torch.testing.assert_close(model.layers[i].bias, (made[i - 1].above.bias + made[i].below.bias) / 2)
    assert torch.equal(model.layers[3].bias, made[2].above.bias)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_same_seed_same_weights(precision):
    data = bars_and_stripes(2, 2).images
    trained = []
    for _ in range(2):
        model, rng = DBM(DBMConfig((4, 3, 3))), torch.Generator().manual_seed(5)
        fit(DoubledPretraining(num_epochs=3, batch_size=6), model, data, rng=rng)
        fit(VariationalPCD(num_epochs=3, batch_size=6, precision=precision), model, data, rng=rng)
        trained.append(torch.cat([p.flatten() for p in model.parameters()]))
    assert torch.equal(*trained)


def test_settings_are_checked_in_sentences():
    with pytest.raises(ValueError, match="two layers or more"):
        DBMConfig((784,))
    with pytest.raises(ValueError, match="num_chains is a whole number"):
        VariationalPCD(num_chains=0)
    with pytest.raises(ValueError, match="precision"):
        VariationalPCD(precision="float8")
    with pytest.raises(ValueError, match="learning_rate"):
        DoubledPretraining(learning_rate=0)


@pytest.mark.parametrize("sizes", [(6, 4, 5), (6, 4, 3, 2)])
def test_begun_as_an_rbm_the_deep_machine_is_that_rbm(sizes):
    rng = torch.Generator().manual_seed(0)
    rbm = RBM(RBMConfig(6, 4)).double().requires_grad_(False)
    for parameter in rbm.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    model = DBM(DBMConfig(sizes)).double()
    begin_as_rbm(model, rbm, scale=0.0)
    v = torch.cat(list(all_states(6)))
    log_likelihood = -rbm.free_energy(v) - log_partition_of_rbm(rbm)
    torch.testing.assert_close(log_marginal(model, v) - log_partition_exact(model), log_likelihood)
    torch.testing.assert_close(model.log_likelihood_bound(v, log_partition_exact(model)), log_likelihood)
