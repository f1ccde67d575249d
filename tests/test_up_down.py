"""Wake, sleep and label updates against autograd, and their expectations against the bound."""

import itertools
import math

import pytest
import torch
from test_dbn import exact_bound, exact_log_likelihood, generator, random_model, states, top_log_partition

from deepgen import up_down
from deepgen.dbn import DBN, DBNConfig, LabelledUnits, one_hot, with_labels
from deepgen.training import Diverged, fit
from deepgen.units import Gaussian
from deepgen.up_down import (
    Draws,
    UpDown,
    backward,
    label_gradients,
    log_down,
    log_up,
    product,
    sleep_gradients,
    wake_gradients,
)


def stack(sizes=(5, 4, 3, 4), **config):
    return random_model_with_gradients(DBN(DBNConfig(sizes, tied=False, **config)))


def random_model_with_gradients(model):
    with torch.no_grad():
        return random_model(model)


def close(gradients, loss, parameters):
    expected = torch.autograd.grad(loss, parameters)
    return all(torch.allclose(a, b, atol=1e-12) for a, b in zip(gradients, expected, strict=True))


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_wake_and_sleep_updates_are_gradients_of_log_conditionals(visible):
    dbn = stack(visible=visible)
    v = torch.randn(7, 5, generator=generator(), dtype=torch.float64)
    v = v if visible == "gaussian" else (v > 0).double()
    awake = tuple(x.detach() for x in dbn.up_pass(v, rng=generator()))

    log_p = 0.0
    for rbm, below, above in zip(dbn.layers, awake, awake[1:], strict=False):
        mean = rbm.mean_visible(above)
        if rbm.config.visible == "gaussian":
            units = torch.distributions.Normal(mean, rbm.visible.log_sigma.exp())
        else:
            units = torch.distributions.Bernoulli(mean)
        log_p = log_p + units.log_prob(below).sum(1).mean()
    parameters = [x for rbm in dbn.layers for x in (rbm.W, rbm.visible.bias)]
    assert close([x for pair in wake_gradients(dbn, awake) for x in pair], log_p, parameters)

    log_q = 0.0
    for level, (below, above) in enumerate(itertools.pairwise(awake)):
        below = (
            below / dbn.layers[level].visible.log_sigma.exp().detach()
            if (level == 0 and visible == "gaussian")
            else below
        )
        inputs = below @ dbn.recognition[level] + dbn.layers[level].hidden.bias
        log_q = log_q + torch.distributions.Bernoulli(logits=inputs).log_prob(above).sum(1).mean()
    parameters = [x for level in (0, 1) for x in (dbn.recognition[level], dbn.layers[level].hidden.bias)]
    assert close([x for pair in sleep_gradients(dbn, awake) for x in pair], log_q, parameters)
    assert log_up(dbn, awake).mean().item() == pytest.approx(log_q.item(), abs=1e-10)


def test_expected_wake_update_is_the_gradient_of_the_bound():
    """Averaged exactly over q(h | v), the delta rule is the bound's gradient by the generative weights: no negative phase."""
    dbn, data = stack((5, 3, 4)), states(5)[[1, 6, 6, 17, 30]]
    h = states(3)
    with torch.no_grad():
        q = (dbn.layers[0].hidden.mean(dbn.recognition_inputs(0, data))[:, None] - (1 - h)).abs().prod(2)  # (5, 8)
        dW, db = 0.0, 0.0
        for v, weights in zip(data, q, strict=False):
            for state, weight in zip(h, weights, strict=False):
                [(one_dW, one_db)] = wake_gradients(dbn, (v[None], state[None]))
                dW, db = dW + weight * one_dW / len(data), db + weight * one_db / len(data)
    rbm = dbn.layers[0]
    assert close([dW, db], exact_bound(dbn, data).mean(), [rbm.W, rbm.visible.bias])
    # an RBM's update, with its negative phase, is something else
    assert (dW - (data.T @ rbm.mean_hidden(data) / 5).detach()).abs().max() > 0.01


def test_expected_sleep_update_lowers_the_divergence_from_the_true_posterior():
    """Averaged exactly over p(v, h), it is the gradient of -E_p(v)[KL(p(h | v) || q(h | v))] by the recognition weights."""
    dbn, v, h = stack((4, 3, 4)), states(4), states(3)
    rbm = dbn.layers[0]
    with torch.no_grad():
        log_joint = (
            (v @ rbm.W @ h.T) - rbm.visible.energy(v)[:, None] - rbm.visible.log_partition(rbm.inputs_to_visible(h))
        )
        log_joint = log_joint - dbn.top_free_energy(h) - top_log_partition(dbn)
        assert torch.allclose(log_joint.logsumexp(1), exact_log_likelihood(dbn, v), atol=1e-12)
        p = log_joint.exp()
        dR, dc = 0.0, 0.0
        for i in range(16):
            for j in range(8):
                [(one_dR, one_dc)] = sleep_gradients(dbn, (v[i : i + 1], h[j : j + 1]))
                dR, dc = dR + p[i, j] * one_dR, dc + p[i, j] * one_dc
    up = v @ dbn.recognition[0]
    log_q = up @ h.T - rbm.hidden.energy(h) - rbm.hidden.log_partition(up)[:, None]
    posterior = p / p.sum(1, keepdim=True)
    divergence = (p.sum(1) * (posterior * (posterior.log() - log_q)).sum(1)).sum()
    assert close([dR, dc], -divergence, [dbn.recognition[0], rbm.hidden.bias])


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_label_update_is_the_gradient_of_the_label_given_the_picture(visible):
    dbn = stack((5, 4, 4, 6), num_labels=3, visible=visible)
    v = torch.rand(8, 5, generator=generator(), dtype=torch.float64)
    labels = one_hot(torch.arange(8) % 3, 3).double()
    with torch.no_grad():
        means = dbn.up_pass(v)
        gradients = label_gradients(dbn, means[-1], labels)
        pairs = backward(dbn, means, means, gradients.h)
    log_p = (dbn.label_free_energies(dbn.up_pass(v)[-1]).neg().log_softmax(1) * labels).sum(1).mean()
    parameters = [x for rbm, R in zip(dbn.layers, dbn.recognition, strict=True) for x in (R, rbm.hidden.bias)]
    parameters += [dbn.top.W, dbn.top.visible.bias, dbn.top.hidden.bias]
    assert close([x for pair in pairs for x in pair] + list(gradients[:3]), log_p, parameters)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_label_update_passes_straight_through_drawn_states(visible):
    dbn = stack((5, 4, 4, 6), num_labels=3, visible=visible)
    labels, draws = one_hot(torch.arange(8) % 3, 3).double(), Draws(rng=generator(), dtype=torch.float64)
    states, means, straight = [torch.rand(8, 5, generator=generator(), dtype=torch.float64)], [None], [None]
    straight[0] = states[0]
    for level, rbm in enumerate(dbn.layers):
        through = rbm.hidden.mean(dbn.recognition_inputs(level, straight[-1]))
        means.append(through.detach())
        states.append(draws.binary(means[-1]))
        straight.append(through + (states[-1] - through).detach())
    with torch.no_grad():
        gradients = label_gradients(dbn, states[-1], labels)
        pairs = backward(dbn, tuple(states), tuple(means), gradients.h)
    log_p = (dbn.label_free_energies(straight[-1]).neg().log_softmax(1) * labels).sum(1).mean()
    parameters = [x for rbm, R in zip(dbn.layers, dbn.recognition, strict=True) for x in (R, rbm.hidden.bias)]
    assert close([x for pair in pairs for x in pair], log_p, parameters)


def test_products_in_bfloat16_are_close_and_come_back_wide():
    a, b = torch.randn(30, 40, generator=generator()), torch.randn(40, 20, generator=generator())
    half = product(a, b, torch.bfloat16)
    assert half.dtype == torch.float32 and not torch.equal(half, a @ b)
    assert (half - a @ b).abs().max() < 0.3
    assert torch.equal(product(a, b), a @ b)


@torch.no_grad()
def test_draws_have_the_units_means():
    inputs = torch.randn(1, 7, generator=generator(), dtype=torch.float64).expand(20000, -1)
    for units in (LabelledUnits(4, 3), Gaussian(7)):
        units = random_model(units)
        drawn = Draws(rng=generator(), dtype=torch.float64)(units, inputs)
        assert ((drawn.mean(0) - units.mean(inputs)[0]).abs() < 4.5 * drawn.std(0) / math.sqrt(20000)).all()
    assert (drawn.std(0) / units.log_sigma.exp() - 1).abs().max() < 0.03
    drawn = Draws(rng=generator(), dtype=torch.float64)(random_model(LabelledUnits(4, 3)), inputs)
    assert torch.equal(drawn[:, 4:].sum(1), torch.ones(20000, dtype=torch.float64))


def recorded(monkeypatch, name: str) -> list:
    """What the function ``name`` of the module answered, call by call."""
    answers, function = [], getattr(up_down, name)

    def spy(*arguments):
        answers.append(function(*arguments))
        return answers[-1]

    monkeypatch.setattr(up_down, name, spy)
    return answers


def test_an_update_moves_everything_by_the_gradient_of_its_own(monkeypatch):
    """Wake: log p of what was recognised; top: its free energies; sleep: log q of what its chains dreamt. Each at its rate."""
    awake, asleep = recorded(monkeypatch, "recognise"), recorded(monkeypatch, "generate")
    model, before = (stack((5, 4, 3, 4), num_labels=2) for _ in range(2))
    images = (torch.rand(6, 5, generator=generator(), dtype=torch.float64) < 0.5).double()
    labels = one_hot(torch.arange(6) % 2, 2).double()
    draws = Draws(rng=generator(), dtype=torch.float64)
    with torch.no_grad():
        particles, *_ = UpDown(1, learning_rate=0.1, top_learning_rate=0.3).update(
            model, images, labels, None, 0.5, draws
        )
    assert torch.equal(awake[0][0], images)
    assert torch.equal(asleep[0][-1], particles[:, :3])  # dreams go down from where the top's chains have got to
    assert all(set(x.unique().tolist()) <= {0.0, 1.0} for x in (*awake[0], *asleep[0], particles))
    bottom, second = before.layers
    log_p = sum(
        torch.distributions.Bernoulli(rbm.mean_visible(above)).log_prob(below).sum(1).mean()
        for rbm, below, above in zip((bottom, second), awake[0][:-1], awake[0][1:], strict=True)
    )
    log_top = (
        before.top.free_energy(particles).mean() - before.top.free_energy(torch.cat([awake[0][-1], labels], 1)).mean()
    )
    log_q = log_up(before, asleep[0]).mean()
    for rate, objective, names in (
        (0.05, log_p, ["layers.0.W", "layers.0.visible.bias", "layers.1.W", "layers.1.visible.bias"]),
        (0.15, log_top, ["top.W", "top.visible.bias", "top.hidden.bias"]),
        (0.05, log_q, ["recognition.0", "layers.0.hidden.bias", "recognition.1", "layers.1.hidden.bias"]),
    ):
        old, new = dict(before.named_parameters()), dict(model.named_parameters())
        for name, slope in zip(names, torch.autograd.grad(objective, [old[name] for name in names]), strict=True):
            torch.testing.assert_close(new[name], old[name] + rate * slope, rtol=0, atol=1e-12, msg=name)


def test_labels_teach_the_top_and_recognition_alike(monkeypatch):
    """Were means recognised and not draws, the gradient would be exact."""
    monkeypatch.setattr(Draws, "binary", lambda draws, mean: mean)
    model, before = (stack((5, 4, 3, 4), num_labels=2) for _ in range(2))
    images = torch.rand(6, 5, generator=generator(), dtype=torch.float64)
    labels = one_hot(torch.arange(6) % 2, 2).double()
    with torch.no_grad():
        UpDown(1).learn_labels(model, images, labels, 0.1, None, Draws(rng=generator(), dtype=torch.float64))
    log_p = (before.label_free_energies(before.up_pass(images)[-1]).neg().log_softmax(1) * labels).sum(1).mean()
    old, new = dict(before.named_parameters()), dict(model.named_parameters())
    for name, slope in zip(old, torch.autograd.grad(log_p, list(old.values()), allow_unused=True), strict=True):
        expected = old[name] if slope is None else old[name] + 0.1 * slope
        torch.testing.assert_close(new[name], expected, rtol=0, atol=1e-12, msg=name)


@torch.no_grad()
def test_recognition_has_weights_of_its_own():
    model, n = stack((5, 4, 3, 4)), 20_000
    v = (torch.rand(5, generator=generator(), dtype=torch.float64) < 0.5).double()
    h = up_down.recognise(model, v.expand(n, 5), None, Draws(rng=generator(1), dtype=torch.float64))[1]
    mean = torch.sigmoid(v @ model.recognition[0] + model.layers[0].hidden.bias)
    assert ((h.mean(0) - mean).abs() < 4.5 * (mean * (1 - mean) / n).sqrt()).all()


@torch.no_grad()
def test_chains_of_the_top_begin_at_the_data_unless_they_persist(monkeypatch):
    """A top pair that copies: its chains stay where they begin."""
    awake = recorded(monkeypatch, "recognise")
    for persistent in (False, True):
        model = DBN(DBNConfig((6, 4, 4), tied=False)).double()
        model.top.W.copy_(200 * torch.eye(4))
        for units in (model.top.visible, model.top.hidden):
            units.bias.fill_(-100.0)
        trainer, chains = UpDown(1, 1, 0.0, 0.0, persistent=persistent), None
        draws, images = Draws(rng=generator(), dtype=torch.float64), torch.zeros(30, 6, dtype=torch.float64)
        for _ in range(2):
            before = chains
            chains, *_ = trainer.update(model, images, images[:, :0], before, 1.0, draws)
            assert torch.equal(chains, before if persistent and before is not None else awake[-1][-1])


@torch.no_grad()
@pytest.mark.parametrize("num_sweeps", [1, 2])
def test_the_top_takes_as_many_sweeps_as_asked(num_sweeps):
    """Where chains from one state come to, against that state's row of the kernel's power."""
    model, n = random_model(DBN(DBNConfig((2, 4, 3), tied=False)), scale=2.5), 20_000
    model.layers[0].hidden.bias.fill_(-1000.0)  # recognition knows one state only: all off
    v, h = states(4), states(3)
    joint = torch.softmax(-model.top.energy(v.repeat_interleave(8, 0), h.repeat(16, 1)), 0).view(16, 8)
    kernel = (joint / joint.sum(1, keepdim=True)) @ (joint / joint.sum(0)).T
    row = torch.linalg.matrix_power(kernel, num_sweeps)[0]
    assert (row - torch.linalg.matrix_power(kernel, num_sweeps - 1)[0]).abs().max() > 0.02
    images, draws = torch.zeros(n, 2, dtype=torch.float64), Draws(rng=generator(), dtype=torch.float64)
    particles, *_ = UpDown(1, 1, 0.0, 0.0, gibbs_steps=num_sweeps).update(
        model, images, images[:, :0], None, 1.0, draws
    )
    found = torch.bincount((particles @ torch.tensor([8.0, 4, 2, 1]).double()).long(), minlength=16) / n
    assert ((found - row).abs() < 4.5 * (row * (1 - row) / n).sqrt() + 1e-9).all()


@torch.no_grad()
def test_up_down_betters_an_untied_stack():
    data = states(4)[[0, 3, 12, 15, 15, 15]]
    dbn = DBN(DBNConfig((4, 3, 4), tied=False)).double()
    rng = generator(5)
    for parameter in dbn.parameters():
        parameter.copy_(0.1 * torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    before = exact_bound(dbn, data).mean()
    steps = list(UpDown(300, 6, 0.3, 0.3).steps(dbn, data, rng=generator()))
    assert exact_bound(dbn, data).mean() > before + 0.2
    assert [s.step for s in steps] == list(range(1, 301)) and steps[-1].num_steps == 300 and steps[-1].epoch == 300
    assert steps[19].particles.shape == (6, 4) and {"generation", "recognition"} == set(steps[19].metrics)


@torch.no_grad()
@pytest.mark.parametrize("persistent", [False, True])
def test_up_down_learns_labels_and_repeats_itself(persistent):
    labels = torch.arange(60) % 3
    images = one_hot(labels, 3).repeat_interleave(2, 1)
    data = with_labels(images, labels, 3)
    dbn = DBN(DBNConfig((6, 6, 8), num_labels=3))
    dbn.layers[0].W.copy_(6 * torch.eye(6))
    dbn.layers[0].visible.bias.fill_(-3.0)
    dbn.layers[0].hidden.bias.fill_(-3.0)
    dbn.top.W.copy_(0.1 * torch.randn(9, 8, generator=generator()))
    models = [dbn.untied() for _ in range(2)]
    trainer = UpDown(40, 20, 0.05, 1.0, persistent=persistent, classification=1.0, precision="bfloat16")
    for model in models:
        last = fit(trainer, model, data, rng=generator())
    assert all(
        torch.equal(a, b)
        for a, b in zip(models[0].state_dict().values(), models[1].state_dict().values(), strict=False)
    )
    assert torch.equal(models[0].classify(images).argmax(1), labels)
    assert "error" in last.metrics


@torch.no_grad()
def test_up_down_accepts_changes_and_stops_at_infinity():
    dbn, data = stack((5, 4, 3)), states(5)
    steps = UpDown(4, 8).steps(dbn, data, rng=generator())
    next(steps)
    steps.send(UpDown(4, 8, 0.0, 0.0))
    before = {name: value.clone() for name, value in dbn.state_dict().items()}
    list(steps)
    assert all(torch.equal(before[name], value) for name, value in dbn.state_dict().items())
    with pytest.raises(Diverged, match="last finite weights"):
        fit(UpDown(40, 8, 1e308, 1e308), dbn, data, rng=generator())
    assert all(bool(value.isfinite().all()) for value in dbn.state_dict().values())


def test_up_down_refuses_with_a_sentence():
    data = torch.zeros(3, 5)
    with pytest.raises(ValueError, match="untied"):
        fit(UpDown(1), DBN(DBNConfig((5, 4, 3))), data, rng=generator())
    with pytest.raises(ValueError, match="num_examples, 5"):
        fit(UpDown(1), DBN(DBNConfig((5, 4, 3), tied=False)), torch.zeros(3, 6), rng=generator())
    with pytest.raises(ValueError, match="has none"):
        fit(UpDown(1, classification=1.0), DBN(DBNConfig((5, 4, 3), tied=False)), data, rng=generator())
    for bad, match in (
        ({"gibbs_steps": 0}, "gibbs_steps"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"precision": "x"}, "float32"),
    ):
        with pytest.raises(ValueError, match=match):
            UpDown(1, **bad)
    assert log_down(DBN(DBNConfig((5, 4, 3))), (data, torch.zeros(3, 4))).shape == (3,)
