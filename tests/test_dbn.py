"""The stack against exact enumeration: tied start, bound, labels, greedy training (proof 6)."""

import math
from itertools import islice

import pytest
import torch

from deepgen import checkpoint, greedy_layerwise
from deepgen.chains import Chains, run_chains
from deepgen.contrastive_divergence import ContrastiveDivergence, expectations
from deepgen.datasets import bars_and_stripes
from deepgen.dbn import DBN, DBNConfig, LabelledUnits, one_hot, with_labels
from deepgen.greedy_layerwise import GreedyLayerwise, recognise, tied_start
from deepgen.likelihood import all_states, log_likelihood, log_partition_exact
from deepgen.phases import Phases
from deepgen.rbm import RBM, RBMConfig
from deepgen.training import fit


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def random_model(model, scale=0.8, seed=1):
    model = model.double()
    rng = generator(seed)
    for parameter in model.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=torch.float64) * scale)
    return model


def states(num_units):
    return torch.cat(list(all_states(num_units)))


def top_log_partition(dbn):
    """log Z of the top pair, labels one of n; by its hidden states; a tensor, for autograd's sake."""
    h = states(dbn.config.layer_sizes[-1])
    return (dbn.top.visible.log_partition(dbn.top.inputs_to_visible(h)) - dbn.top.hidden.energy(h)).logsumexp(0)


def exact_log_likelihood(dbn, v):
    """log p(v) by summing over all states of all directed layers; (batch,)."""
    log_p = -dbn.top_free_energy(states(dbn.config.layer_sizes[-2])) - top_log_partition(
        dbn
    )  # of the layer below the top
    for level in reversed(range(len(dbn.layers))):
        rbm, above = dbn.layers[level], states(dbn.config.layer_sizes[level + 1])
        below = v if level == 0 else states(dbn.config.layer_sizes[level])
        joint = rbm.inputs_to_hidden(below) @ above.T - rbm.visible.energy(below)[:, None]
        log_p = (joint - rbm.visible.log_partition(rbm.inputs_to_visible(above)) + log_p).logsumexp(1)
    return log_p


def exact_bound(dbn, v):
    """E_q[log p(v, h) - log q(h | v)] for a DBN with one directed layer, by enumeration of h; (batch,)."""
    rbm, h = dbn.layers[0], states(dbn.config.layer_sizes[1])
    up = dbn.recognition_inputs(0, v)
    log_q = up @ h.T - rbm.hidden.energy(h) - rbm.hidden.log_partition(up)[:, None]
    log_p = rbm.inputs_to_hidden(v) @ h.T - rbm.visible.energy(v)[:, None]
    log_p = (
        log_p - rbm.visible.log_partition(rbm.inputs_to_visible(h)) - dbn.top_free_energy(h) - top_log_partition(dbn)
    )
    return (log_q.exp() * (log_p - log_q)).sum(1)


def stack_on(rbm, *sizes, num_labels=0):
    """A DBN whose lowest RBM is ``rbm`` and whose others all started tied."""
    dbn = DBN(DBNConfig((rbm.config.num_visible, rbm.config.num_hidden, *sizes), num_labels)).double()
    dbn.layers[0].load_state_dict(rbm.state_dict())
    for below, above in zip(dbn.rbms, dbn.rbms[1:], strict=False):
        tied_start(below, above)
    return dbn


def test_labelled_units_are_a_binary_layer_beside_one_choice():
    units = random_model(LabelledUnits(3, 4))
    x = torch.cat([states(3).repeat_interleave(4, 0), one_hot(torch.arange(4), 4).double().repeat(8, 1)], 1)
    inputs = torch.randn(1, 7, generator=generator(), dtype=torch.float64)
    scores = 1.7 * ((x @ inputs[0]) - units.energy(x))
    assert units.log_partition(inputs, beta=1.7)[0] == pytest.approx(float(scores.logsumexp(0)), abs=1e-12)
    mean = scores.softmax(0) @ x
    assert torch.allclose(units.mean(inputs, beta=1.7)[0], mean, atol=1e-12)
    drawn = units.sample(inputs.expand(20000, -1), rng=generator(), beta=1.7)
    assert torch.equal(drawn[:, 3:].sum(1), torch.ones(20000, dtype=torch.float64))
    assert (drawn.mean(0) - mean).abs().max() < 4 * 0.5 / math.sqrt(20000)


@pytest.mark.parametrize("num_labels", [0, 3])
@pytest.mark.parametrize("sizes", [(5,), (8,), (6, 9)])
def test_tied_start_changes_nothing_and_the_bound_is_tight(sizes, num_labels):
    rbm = random_model(RBM(RBMConfig(5, 3)))
    dbn = stack_on(rbm, *sizes, num_labels=num_labels)
    v = states(5)
    log_p = log_likelihood(rbm, v, log_partition_exact(rbm))
    assert torch.allclose(exact_log_likelihood(dbn, v), log_p, atol=1e-12)
    # with q the true posterior every single weight is p(v): no variance at all
    assert torch.allclose(dbn.log_weights(v, top_log_partition(dbn), rng=generator()), log_p, atol=1e-12)


def test_swapping_weights_without_biases_is_not_a_tied_start():
    """The paper's (22) names the weights alone; the distribution then is another one."""
    rbm = random_model(RBM(RBMConfig(5, 3)))
    dbn = stack_on(rbm, 5)
    dbn.top.visible.bias.zero_()
    dbn.top.hidden.bias.zero_()
    v = states(5)
    assert (exact_log_likelihood(dbn, v) - log_likelihood(rbm, v, log_partition_exact(rbm))).abs().max() > 0.1


def test_tied_start_refuses_with_a_sentence():
    with pytest.raises(ValueError, match="at least as many units"):
        tied_start(RBM(RBMConfig(5, 3)), RBM(RBMConfig(3, 4)))
    with pytest.raises(ValueError, match="Gaussian"):
        tied_start(RBM(RBMConfig(5, 3, visible="gaussian")), RBM(RBMConfig(3, 5)))


def test_a_better_top_raises_the_bound_by_its_own_gain():
    rbm, data = random_model(RBM(RBMConfig(5, 3))), states(5)[[0, 3, 7, 21, 30, 30]]
    dbn = stack_on(rbm, 6)
    before, likelihood_before = exact_bound(dbn, data).mean(), exact_log_likelihood(dbn, data).mean()
    h, everything = states(3), states(3)
    q = (dbn.layers[0].mean_hidden(data)[:, None] - (1 - h)).abs().prod(2).mean(0)  # average of q(h | v) over the data
    gain = -float(q @ log_likelihood(dbn.top, h, log_partition_exact(dbn.top)))
    for _ in range(50):  # exact gradient ascent
        model = log_likelihood(dbn.top, everything, log_partition_exact(dbn.top)).exp()
        change = expectations(dbn.top, h, q) - expectations(dbn.top, everything, model)
        dbn.top.W += 0.1 * change.W
        dbn.top.visible.bias += 0.1 * change.visible_bias
        dbn.top.hidden.bias += 0.1 * change.hidden_bias
    gain += float(q @ log_likelihood(dbn.top, h, log_partition_exact(dbn.top)))
    after = exact_bound(dbn, data).mean()
    assert gain > 0.01
    assert float(after - before) == pytest.approx(gain, abs=1e-12)
    assert before.item() == pytest.approx(likelihood_before.item(), abs=1e-12)  # tight at first,
    assert exact_log_likelihood(dbn, data).mean() > after + 1e-6  # then log p(v) rises by still more


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_bound_estimate_and_truth_are_in_order(visible, tied):
    dbn = random_model(DBN(DBNConfig((4, 3, 4), visible=visible, tied=tied)))
    v = torch.randn(3, 4, generator=generator(), dtype=torch.float64)
    v = v if visible == "gaussian" else (v > 0).double()
    truth, bound, log_z = exact_log_likelihood(dbn, v), exact_bound(dbn, v), top_log_partition(dbn)
    draws = torch.stack([dbn.log_weights(v, log_z, rng=generator(i)) for i in range(600)])
    assert ((draws.mean(0) - bound).abs() < 4 * draws.std(0) / math.sqrt(600) + 1e-12).all()
    weights = (draws - truth).exp()  # importance weights average to one
    assert ((weights.mean(0) - 1).abs() < 5 * weights.std(0) / math.sqrt(600)).all()
    assert (bound < truth + 1e-12).all()
    estimate = dbn.log_likelihood_estimate(v, log_z, num_samples=300, rng=generator())
    assert ((estimate - truth).abs() < (bound - truth).abs() + 0.05).all()
    assert dbn.log_likelihood_bound(v, log_z, num_samples=3, rng=generator()).shape == (3,)


def test_labels_are_summed_out_and_told_apart_exactly():
    dbn = random_model(DBN(DBNConfig((5, 4, 3), num_labels=3)))
    v, h_top = states(5)[:7], states(3)
    h = dbn.up_pass(v)[-1]
    labels = one_hot(torch.arange(3), 3).double()
    joint = torch.stack(
        [
            torch.stack(
                [(-dbn.top.energy(torch.cat([row, label]).expand(8, -1), h_top)).logsumexp(0) for label in labels]
            )
            for row in h
        ]
    )
    assert torch.allclose(dbn.classify(v), joint.softmax(1), atol=1e-12)
    assert torch.allclose(-dbn.top_free_energy(h), joint.logsumexp(1), atol=1e-12)


def test_gibbs_sampling_with_labels_stays_at_the_exact_distribution():
    dbn = random_model(DBN(DBNConfig((3, 3, 3), num_labels=3)))
    x = torch.cat([states(3).repeat_interleave(3, 0), one_hot(torch.arange(3), 3).double().repeat(8, 1)], 1)
    p = (-dbn.top.free_energy(x)).softmax(0)
    start = x[torch.multinomial(p, 40000, replacement=True, generator=generator())]
    chains = Chains((start, dbn.top.sample_hidden(start, rng=generator(1))))
    chains = next(islice(run_chains(dbn.top, chains, rng=generator(2)), 4, None))
    found = (chains.layers[0][:, None] == x).all(2).double()
    assert torch.equal(found.sum(1), torch.ones(40000, dtype=torch.float64))
    z = (found.mean(0) - p) / (p * (1 - p) / 40000).sqrt()
    assert z.abs().max() < 4.5


def test_samples_keep_a_held_label_and_have_data_units():
    dbn = random_model(DBN(DBNConfig((5, 4, 3), num_labels=3)))
    clamp = dbn.clamp_label(torch.tensor([0, 2]), 2)
    chains = dbn.top.init_chains(2, rng=generator())
    for chains in islice(run_chains(dbn.top, chains, rng=generator(), clamp=clamp), 20):
        assert torch.equal(chains.layers[0][:, 4:], torch.tensor([[1.0, 0, 0], [0, 0, 1]], dtype=torch.float64))
    for label in (None, 1, torch.tensor([0, 1, 2])):
        picture = dbn.sample(3, num_steps=5, label=label, rng=generator())
        assert picture.shape == (3, 5) and picture.min() >= 0 and picture.max() <= 1
    # a label held is a distribution of its own: p(v | label) from the joint table
    h, label = states(4), torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    p = (-dbn.top.free_energy(torch.cat([h, label.expand(16, 3)], 1))).softmax(0)
    expected = p @ dbn.layers[0].mean_visible(h)
    found = dbn.sample(4000, num_steps=100, label=1, rng=generator(3))
    assert ((found.mean(0) - expected).abs() < 4.5 * found.std(0) / math.sqrt(4000) + 1e-12).all()


def test_what_is_impossible_is_refused_with_a_sentence():
    dbn = DBN(DBNConfig((5, 4, 3)))
    with pytest.raises(ValueError, match="no label units"):
        dbn.sample(2, label=1, num_steps=1, rng=generator())
    with pytest.raises(ValueError, match="no label units"):
        dbn.classify(torch.zeros(1, 5))
    with pytest.raises(ValueError, match="from 0 to 2"):
        DBN(DBNConfig((5, 4, 3), num_labels=3)).sample(2, label=3, num_steps=1, rng=generator())
    for bad in ((5,), (5, 0)):
        with pytest.raises(ValueError, match="at least two layers"):
            DBNConfig(bad)
    with pytest.raises(ValueError, match="at least three layers"):
        DBNConfig((5, 4), num_labels=3)
    with pytest.raises(ValueError, match="asked for 3"):
        dbn.truncated(3)
    with pytest.raises(ValueError, match="one ContrastiveDivergence for each"):
        GreedyLayerwise(())
    with pytest.raises(ValueError, match="stack of 2 RBMs"):
        fit(GreedyLayerwise((ContrastiveDivergence(1),)), dbn, torch.zeros(3, 5), rng=generator())
    with pytest.raises(ValueError, match="labels"):
        fit(GreedyLayerwise((ContrastiveDivergence(1),) * 2), dbn, torch.zeros(3, 7), rng=generator())


def test_untied_and_truncated_copies_describe_the_same_layers():
    dbn = random_model(DBN(DBNConfig((5, 4, 3, 4), num_labels=2)))
    v = states(5)
    untied = dbn.untied()
    assert torch.allclose(exact_log_likelihood(untied, v), exact_log_likelihood(dbn, v), atol=1e-12)
    assert all(torch.equal(a, b) for a, b in zip(untied.up_pass(v), dbn.up_pass(v), strict=False))
    lower = dbn.truncated(2)
    assert lower.config == DBNConfig((5, 4, 3)) and torch.equal(lower.top.W, dbn.layers[1].W)
    lower.top.W.zero_()
    assert dbn.layers[1].W.abs().sum() > 0
    untied.recognition[0].mul_(2)
    assert torch.equal(untied.truncated(2).recognition[0], untied.recognition[0])


@pytest.mark.parametrize(
    "config",
    [DBNConfig((5, 4, 3)), DBNConfig((5, 4, 3), num_labels=2, tied=False), DBNConfig((5, 4), visible="gaussian")],
)
def test_a_saved_stack_comes_back_bit_by_bit(config, tmp_path):
    dbn = random_model(DBN(config)).float()
    checkpoint.save(dbn, tmp_path / "dbn.safetensors", data="none")
    again, card = checkpoint.load(tmp_path / "dbn.safetensors")
    assert again.config == config and card.family == "dbn"
    assert all(torch.equal(a, b) for a, b in zip(dbn.state_dict().values(), again.state_dict().values(), strict=True))


def given(means, below):
    """p(below | means) of independent binary units, every row against every state; (rows, states)."""
    return (means[:, None] - (1 - below)).abs().prod(2)


def test_passes_through_the_directed_layers_draw_every_layer_between():
    """Means of means are something else than the mean over what is drawn: nothing in between may be a probability."""
    dbn, n = random_model(DBN(DBNConfig((4, 3, 3, 2))), scale=3.0, seed=4), 40_000
    bottom, second = dbn.layers
    h2 = torch.tensor([[1.0, 0, 1]], dtype=torch.float64)
    down = given(second.mean_visible(h2), states(3)) @ bottom.mean_visible(states(3))  # E[v | h2]
    pictures = dbn.down_pass(h2.expand(n, 3), rng=generator())[0]
    assert (down - dbn.down_pass(h2)[0]).abs().max() > 0.05
    assert ((pictures.mean(0) - down).abs() < 4.5 * pictures.std(0) / math.sqrt(n) + 1e-12).all()

    assert torch.equal(dbn.down_pass(h2, level=1, rng=generator())[0], bottom.mean_visible(h2))  # the picture is a mean

    grey = torch.tensor([[0.1, 0.5, 0.9, 0.3]], dtype=torch.float64)
    shown = given(grey, states(4)) @ given(bottom.mean_hidden(states(4)), states(3)) @ second.mean_hidden(states(3))
    wrong = (second.mean_hidden(given(grey, states(4)) @ bottom.mean_hidden(states(4))), dbn.up_pass(grey)[2])
    wrong += (given(bottom.mean_hidden(grey), states(3)) @ second.mean_hidden(states(3)),)
    assert all((shown - other).abs().max() > 0.05 for other in wrong)
    activities = recognise(dbn, 2, grey.expand(n, 4), rng=generator())
    assert ((activities.mean(0) - shown).abs() < 4.5 * activities.std(0) / math.sqrt(n)).all()
    assert torch.equal(recognise(dbn, 0, grey, rng=generator()), grey)


def test_a_tied_start_leaves_its_spare_units_a_direction_each():
    dbn = DBN(DBNConfig((4, 3, 60)))
    random_model(dbn.layers[0])
    dbn.double()
    GreedyLayerwise((ContrastiveDivergence(1),) * 2).start(dbn, 1, torch.zeros(2, 3), rng=generator())
    assert torch.equal(dbn.top.W[:, :4], dbn.layers[0].W.T)
    assert float(dbn.top.W[:, 4:].std()) == pytest.approx(0.01, rel=0.3)


def test_chains_of_the_trainer_have_one_label_each():
    top = random_model(DBN(DBNConfig((4, 3, 5), num_labels=3))).top
    data = torch.cat([states(3), one_hot(torch.arange(8) % 3, 3).double()], 1)
    trainer = ContrastiveDivergence(1, num_chains=500)
    phases = Phases(trainer, top, data, 8, rng=generator())
    for _ in range(3):
        phases.update(trainer, data, 0.0, 1)
        assert torch.equal(phases.particles()[:, 3:].sum(1), torch.ones(500).double())


def test_greedy_training_recognises_afresh_every_epoch(monkeypatch):
    levels = []

    def spy(model, level, images, *, rng):
        levels.append(level)
        return recognise(model, level, images, rng=rng)

    monkeypatch.setattr(greedy_layerwise, "recognise", spy)
    data = bars_and_stripes(3, 3).images
    layers = (ContrastiveDivergence(4, 7), ContrastiveDivergence(3, 7), ContrastiveDivergence(2, 7))
    fit(GreedyLayerwise(layers), DBN(DBNConfig((9, 6, 5, 7))), data, rng=generator())
    assert [levels.count(level) for level in range(3)] == [1, 4, 3]  # before, and after each of its epochs


def test_greedy_training_tells_its_phases_and_repeats_itself():
    data = with_labels(bars_and_stripes(3, 3).images, bars_and_stripes(3, 3).labels, 2)
    trainer = GreedyLayerwise(
        (ContrastiveDivergence(4, 7), ContrastiveDivergence(3, 7, persistent=False), ContrastiveDivergence(2, 7))
    )
    models = [DBN(DBNConfig((9, 6, 5, 7), num_labels=2)) for _ in range(2)]
    runs = [list(trainer.steps(model, data, rng=generator())) for model in models]
    assert all(
        torch.equal(a, b)
        for a, b in zip(models[0].state_dict().values(), models[1].state_dict().values(), strict=False)
    )
    assert [s.step for s in runs[0]] == list(range(1, 19)) and {s.num_steps for s in runs[0]} == {18}
    assert [s.phase for s in runs[0]][::2] == ["layer 1 of 3"] * 4 + ["layer 2 of 3"] * 3 + ["layer 3 of 3"] * 2
    assert runs[0][-1].epoch == trainer.num_epochs == 9
    assert {tuple(s.particles.shape) for s in runs[0] if s.particles is not None} == {(7, 9), (100, 9)}


def test_greedy_training_leaves_trained_layers_alone_and_follows_changes():
    data = bars_and_stripes(3, 3).images
    dbn = random_model(DBN(DBNConfig((9, 4, 5)))).float()
    bottom = dbn.layers[0].W.clone()
    trainer = GreedyLayerwise((ContrastiveDivergence(1, 7), ContrastiveDivergence(2, 7)), num_trained=1)
    steps = trainer.steps(dbn, data, rng=generator())
    next(steps)
    frozen = GreedyLayerwise(
        (ContrastiveDivergence(1, 7), ContrastiveDivergence(2, 7, learning_rate=0.0, average_last=0)), 1
    )
    steps.send(frozen)
    before = dbn.top.W.clone()
    assert len(list(steps)) == 2
    assert torch.equal(dbn.layers[0].W, bottom) and torch.equal(dbn.top.W, before)


def test_greedy_training_goes_on_from_weights_that_are_there():
    data = bars_and_stripes(3, 3).images
    dbn = random_model(DBN(DBNConfig((9, 4, 5)))).float()
    before = [rbm.W.clone() for rbm in dbn.rbms]
    still = ContrastiveDivergence(1, 7, learning_rate=0.0)
    fit(GreedyLayerwise((still, still)), dbn, data, rng=generator())
    assert all(torch.allclose(rbm.W, W) for rbm, W in zip(dbn.rbms, before, strict=True))


@pytest.mark.parametrize("num_labels", [0, 2])
def test_greedy_training_learns_more_than_its_first_layer(num_labels):
    images, labels = bars_and_stripes(3, 3).images, bars_and_stripes(3, 3).labels
    data = with_labels(images, labels, 2) if num_labels else images
    dbn = DBN(DBNConfig((9, 8, 16), num_labels)).double()
    layers = (ContrastiveDivergence(400, 14, 1.0), ContrastiveDivergence(400, 14, 0.2, gibbs_steps=3))
    fit(GreedyLayerwise(layers), dbn, data.double(), rng=generator())
    rbm = dbn.layers[0]
    own = log_likelihood(rbm, images.double(), log_partition_exact(rbm)).mean()
    assert exact_bound(dbn, images.double()).mean() > own + 0.03


def test_the_exact_label_gradient_teaches_what_sampling_leaves_vague():
    images, labels = bars_and_stripes(3, 3).images, bars_and_stripes(3, 3).labels
    right = []
    for classification in (0.0, 50.0):
        dbn = DBN(DBNConfig((9, 8, 16), 2))
        layers = (ContrastiveDivergence(400, 14, 1.0), ContrastiveDivergence(300, 14, 0.1))
        trainer = GreedyLayerwise(layers, classification=classification)
        fit(trainer, dbn, with_labels(images, labels, 2), rng=generator())
        right.append((dbn.classify(images).argmax(1) == labels).float().mean())
    assert right[1] == 1 > right[0]
