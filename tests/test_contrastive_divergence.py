"""The trainer: its gradient against autograd of the exact likelihood, its updates, and what it learns."""

import math

import pytest
import torch

from deepgen.contrastive_divergence import ContrastiveDivergence, expectations, gradient, initialise
from deepgen.datasets import bars_and_stripes
from deepgen.likelihood import all_states, log_likelihood, log_partition_exact
from deepgen.phases import Phases
from deepgen.rbm import RBM, RBMConfig
from deepgen.training import Diverged, fit, minibatches

KINDS = [{}, {"visible": "gaussian"}, {"visible": "gaussian", "learn_variance": True}]
NAMES = ["bernoulli", "gaussian", "learned variance"]


def tiny(num_visible=5, num_hidden=4, seed=0, scale=0.7, **config) -> RBM:
    rng = torch.Generator().manual_seed(seed)
    model = RBM(RBMConfig(num_visible, num_hidden, **config)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    return model


def visible_distribution(model: RBM) -> tuple[torch.Tensor, torch.Tensor]:
    """All states and their probabilities; for two real units a fine grid, on which sums are as good as integrals."""
    if model.config.visible == "bernoulli":
        states = torch.cat(list(all_states(model.config.num_visible)))
        return states, log_likelihood(model, states, log_partition_exact(model)).exp()
    axis = torch.arange(-24, 24, 0.1, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    return grid, log_likelihood(model, grid, log_partition_exact(model)).exp() * 0.1**2


def data_for(model: RBM, num_examples=7) -> torch.Tensor:
    data = torch.randn(num_examples, model.config.num_visible, generator=torch.Generator().manual_seed(1)).double()
    return data if model.config.visible == "gaussian" else (data > 0).double()


def trainable(model: RBM) -> list[torch.Tensor]:
    parameters = [model.W, model.visible.bias, model.hidden.bias]
    return [*parameters, model.visible.log_sigma] if model.config.learn_variance else parameters


@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_the_gradient_is_that_of_the_exact_log_likelihood(config):
    model = tiny(num_visible=2 if config else 5, scale=0.5, **config)
    data = data_for(model)
    states, probabilities = visible_distribution(model)
    assert probabilities.sum() == pytest.approx(1, abs=1e-10)
    h = torch.cat(list(all_states(model.config.num_hidden)))
    log_partition = (model.visible.log_partition(model.inputs_to_visible(h)) - model.hidden.energy(h)).logsumexp(0)
    exact = torch.autograd.grad(-model.free_energy(data).mean() - log_partition, trainable(model))
    found = gradient(model, data, states, probabilities)
    for a, b in zip(found[: len(exact)], exact, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def test_expectations_are_means_of_outer_products():
    """Not outer products of the means, which have rank one."""
    model = tiny()
    data = data_for(model)
    h = model.mean_hidden(data).detach()
    one_by_one = sum(torch.outer(v, p) for v, p in zip(data, h, strict=True)) / len(data)
    torch.testing.assert_close(expectations(model, data).W, one_by_one, rtol=0, atol=1e-12)
    assert torch.linalg.matrix_rank(expectations(model, data).W) > 1
    assert (expectations(model, data).W - torch.outer(data.mean(0), h.mean(0))).abs().max() > 0.01


def one_update(model: RBM, data: torch.Tensor, **settings):
    """The change of every parameter in one update, and the visible rows that it was made from."""
    trainer = ContrastiveDivergence(num_epochs=1, num_chains=9, **settings)
    phases = Phases(trainer, model, data, len(data), rng=torch.Generator().manual_seed(2))
    phases.hidden_mean.copy_(torch.linspace(0.1, 0.8, model.config.num_hidden))
    before = [p.detach().clone() for p in trainable(model)]
    reference = RBM(model.config).double()
    reference.load_state_dict(model.state_dict())
    phases.update(trainer, data, 0.01, 1)
    negative = phases.v_wide[phases.negative]
    if model.config.visible == "gaussian":
        negative = negative * reference.visible.log_sigma.detach().exp()  # kept in units of sigma
    return reference, negative, [(p.detach() - b) / 0.01 for p, b in zip(trainable(model), before, strict=True)]


@pytest.mark.parametrize("persistent", [True, False], ids=["PCD", "CD"])
@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_a_plain_update_follows_the_gradient(config, persistent):
    model = tiny(**config)
    data = data_for(model)
    reference, negative, change = one_update(model, data, centered=False, persistent=persistent)
    expected = list(gradient(reference, data, negative)[: len(change)])
    if config:
        expected[1] = expected[1] * reference.visible.log_sigma.detach().exp() ** 2  # a step in natural units
    for a, b in zip(change, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


@pytest.mark.parametrize("config", KINDS, ids=NAMES)
def test_a_centred_update_is_the_gradient_of_the_centred_parameters(config):
    """E = ... - (v / sigma - mu)^T W (h - lam): its gradient, carried over to the plain biases."""
    model = tiny(**config)
    data = data_for(model)
    reference, negative, change = one_update(model, data)
    sigma = reference.visible.log_sigma.detach().exp() if config else torch.ones(5).double()
    mu, lam = data.mean(0) / sigma, torch.linspace(0.1, 0.8, 4).double()
    W = 0
    for sign, v in ((1, data), (-1, negative)):
        W = W + sign * (v / sigma - mu).T @ (reference.mean_hidden(v).detach() - lam) / len(v)
    plain = gradient(reference, data, negative)
    torch.testing.assert_close(change[0], W, rtol=0, atol=1e-10)
    torch.testing.assert_close(change[1], plain.visible_bias * sigma**2 - sigma * (W @ lam), rtol=0, atol=1e-10)
    torch.testing.assert_close(change[2], plain.hidden_bias - W.T @ mu, rtol=0, atol=1e-10)


def test_weight_decay_shrinks_the_weights_alone():
    data = data_for(tiny())
    reference, _, plain = one_update(tiny(), data)
    _, _, decayed = one_update(tiny(), data, weight_decay=0.3)
    torch.testing.assert_close(decayed[0], plain[0] - 0.3 * reference.W.detach(), rtol=0, atol=1e-10)
    assert torch.equal(decayed[1], plain[1]) and torch.equal(decayed[2], plain[2])


def test_momentum_adds_up_the_steps():
    """Two updates with momentum 1/2: the second step is half the first and the new gradient."""
    model = tiny()
    data = data_for(model)
    trainer = ContrastiveDivergence(num_epochs=1, num_chains=9, momentum=0.5, centered=False)
    phases = Phases(trainer, model, data, len(data), rng=torch.Generator().manual_seed(2))
    steps, gradients = [], []
    for _ in range(2):
        before = [parameter.detach().clone() for parameter in trainable(model)]
        reference = RBM(model.config).double()
        reference.load_state_dict(model.state_dict())
        phases.update(trainer, data, 0.1, 1)
        steps.append([(now.detach() - old) / 0.1 for now, old in zip(trainable(model), before, strict=True)])
        gradients.append(gradient(reference, data, phases.particles())[:3])
    for first, second, a, b in zip(*steps, *gradients, strict=True):
        torch.testing.assert_close(first, a, rtol=0, atol=1e-10)
        torch.testing.assert_close(second, 0.5 * a + b, rtol=0, atol=1e-10)


def test_bfloat16_products_give_nearly_the_same_update():
    data = data_for(tiny(), num_examples=50).float()
    wide, narrow = (one_update_of_float32(data, precision) for precision in ("float32", "bfloat16"))
    assert (wide - narrow).norm() < 0.1 * wide.norm()


def one_update_of_float32(data: torch.Tensor, precision: str) -> torch.Tensor:
    model = tiny(num_hidden=30).float()
    trainer = ContrastiveDivergence(num_epochs=1, num_chains=50, precision=precision)
    phases = Phases(trainer, model, data, len(data), rng=torch.Generator().manual_seed(2))
    before = model.W.detach().clone()
    phases.update(trainer, data, 1.0, 1)
    assert torch.equal(
        phases.W.float(), model.W.detach().to(phases.W.dtype).float()
    )  # the next products see the update
    return model.W.detach() - before


def test_chains_of_the_trainer_stay_at_the_distribution():
    """With a learning rate of zero the fast sampler is plain Gibbs sampling: its averages are the model's."""
    model = tiny()
    _, probabilities = visible_distribution(model)
    trainer = ContrastiveDivergence(num_epochs=1, num_chains=2000, batch_size=10)
    phases = Phases(trainer, model, data_for(model), 7, rng=torch.Generator().manual_seed(3))
    for _ in range(60):
        phases.update(trainer, data_for(model), 0.0, 1)
    code = (phases.particles() @ (2 ** torch.arange(4, -1, -1).double())).long()
    histogram = torch.bincount(code, minlength=32) / 2000
    # expected total variation of 2000 independent draws, and three times its spread above
    floor = 0.5 * (2 * probabilities * (1 - probabilities) / (math.pi * 2000)).sqrt().sum()
    assert 0.5 * (histogram - probabilities).abs().sum() < floor + 0.02


def a_machine_that_copies(num_units: int = 6) -> RBM:
    """v determines h and h determines v, for all practical purposes: a chain stays where it begins."""
    model = RBM(RBMConfig(num_units, num_units)).double().requires_grad_(False)
    model.W.copy_(200 * torch.eye(num_units))
    for units in (model.visible, model.hidden):
        units.bias.fill_(-100.0)
    return model


def test_cd_begins_at_the_batch_and_pcd_goes_on_with_its_chains():
    data = (torch.rand(30, 6, generator=torch.Generator().manual_seed(0)) < 0.5).double()
    for persistent in (True, False):
        trainer = ContrastiveDivergence(num_epochs=1, num_chains=10, persistent=persistent)
        phases = Phases(trainer, a_machine_that_copies(), data, 10, rng=torch.Generator().manual_seed(2))
        before = phases.particles()
        for batch in data[:10], data[10:20]:
            phases.update(trainer, batch, 0.0, 2)
            assert torch.equal(phases.particles(), before if persistent else batch)


@pytest.mark.parametrize("num_sweeps", [1, 2, 3])
def test_cd_k_takes_k_sweeps_of_the_kernel(num_sweeps):
    """Where 20000 chains from one state have come to, against that state's row of the kernel's power."""
    model, n = tiny(4, 3, scale=2.5).requires_grad_(False), 20000
    v, h = (torch.cat(list(all_states(units))) for units in (4, 3))
    joint = torch.softmax(-model.energy(v.repeat_interleave(8, 0), h.repeat(16, 1)), 0).view(16, 8)
    kernel = (joint / joint.sum(1, keepdim=True)) @ (joint / joint.sum(0)).T
    start = int(joint.sum(1).argmin())  # far from where it is drawn to
    fewer, row = (torch.linalg.matrix_power(kernel, k)[start] for k in (num_sweeps - 1, num_sweeps))
    assert (row - fewer).abs().max() > 0.02
    trainer = ContrastiveDivergence(num_epochs=1, persistent=False)
    phases = Phases(trainer, model, v[start : start + 1], n, rng=torch.Generator().manual_seed(2))
    phases.update(trainer, v[start].expand(n, -1), 0.0, num_sweeps)
    found = torch.bincount((phases.particles() @ torch.tensor([8.0, 4, 2, 1]).double()).long(), minlength=16) / n
    assert ((found - row).abs() < 4.5 * (row * (1 - row) / n).sqrt() + 1e-9).all()


def test_intensities_become_fresh_binary_draws():
    data = torch.linspace(0, 1, 5).double().repeat(8000, 1)
    phases = Phases(
        ContrastiveDivergence(num_epochs=1), tiny(), data[:10], len(data), rng=torch.Generator().manual_seed(2)
    )
    phases.set_visible(phases.positive, data)
    drawn = phases.v_wide[phases.positive].clone()
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert ((drawn.mean(0) - data[0]).abs() <= 4.5 * (data[0] * (1 - data[0]) / 8000).sqrt()).all()
    phases.set_visible(phases.positive, data)
    assert not torch.equal(phases.v_wide[phases.positive], drawn)


def test_real_chains_are_drawn_about_their_mean():
    """All hidden units surely on: v ~ N(b + sigma W 1, sigma^2), in data units."""
    model, n = tiny(3, 2, visible="gaussian", learn_variance=True).requires_grad_(False), 20000
    model.hidden.bias.fill_(1000.0)
    phases = Phases(
        ContrastiveDivergence(num_epochs=1, num_chains=n), model, torch.zeros(7, 3).double(), 7,
        rng=torch.Generator().manual_seed(2),
    )  # fmt: skip
    phases.update(ContrastiveDivergence(num_epochs=1), torch.zeros(7, 3).double(), 0.0, 1)
    v, sigma = phases.particles(), model.visible.log_sigma.exp()
    assert ((v.mean(0) - model.mean_visible(torch.ones(1, 2).double())).abs() < 4.5 * sigma / math.sqrt(n)).all()
    torch.testing.assert_close(v.std(0), sigma, rtol=0.03, atol=0)


def test_the_hidden_offset_is_a_slow_average_of_the_data_s_hidden_mean():
    model = tiny()
    data = data_for(model)
    trainer = ContrastiveDivergence(num_epochs=1, num_chains=9)
    phases = Phases(trainer, model, data, len(data), rng=torch.Generator().manual_seed(2))
    before, mean = phases.hidden_mean.clone(), model.mean_hidden(data).mean(0).detach()
    phases.hidden_mean.add_(0.5)
    phases.update(trainer, data, 0.1, 1)
    torch.testing.assert_close(before, mean)
    torch.testing.assert_close(phases.hidden_mean, 0.99 * (before + 0.5) + 0.01 * mean, rtol=0, atol=1e-12)


def test_training_begins_with_small_weights_and_fair_hidden_units():
    """Uniform in (0, 1), as the notebook has them, every hidden unit is on for every example."""
    model = RBM(RBMConfig(60, 50)).requires_grad_(False)
    data = (torch.rand(200, 60, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    initialise(model, data, rng=torch.Generator().manual_seed(1))
    assert abs(float(model.W.mean())) < 4 * 0.01 / math.sqrt(3000)
    assert float(model.W.std()) == pytest.approx(0.01, rel=0.06)
    assert not model.hidden.bias.any()
    assert (model.mean_hidden(data) - 0.5).abs().max() < 0.1


def test_rates_sweeps_and_average_follow_their_plan(monkeypatch):
    """Ten updates: the rate falls from all of it to a tenth; the last fifth takes five sweeps and is averaged."""
    seen = []
    update = Phases.update

    def spy(phases, trainer, batch, rate, sweeps):
        update(phases, trainer, batch, rate, sweeps)
        seen.append((rate, sweeps, phases.model.W.detach().clone()))

    monkeypatch.setattr(Phases, "update", spy)
    data = data_for(tiny(), num_examples=20)
    for num_epochs, average_last in ((10, 0.2), (100, 0.5)):
        seen.clear()
        model = tiny()
        trainer = ContrastiveDivergence(
            num_epochs, batch_size=20, learning_rate=0.1, average_last=average_last, final_gibbs_steps=5
        )
        fit(trainer, model, data, rng=torch.Generator().manual_seed(0))
        rates, sweeps, weights = zip(*seen, strict=True)
        assert rates == pytest.approx([0.1 * (1 - i / num_epochs) for i in range(num_epochs)])
        late = round(num_epochs * average_last)
        assert sweeps == (1,) * (num_epochs - late) + (5,) * late
        # every tenth of the late updates is a sample of the average
        samples = [w for step, w in enumerate(weights, 1) if step > num_epochs - late and step % 10 == 0]
        torch.testing.assert_close(model.W.detach(), torch.stack(samples).mean(0), rtol=0, atol=1e-12)


def test_a_pass_shows_every_example_once_and_no_pass_is_like_the_other():
    rng, data = torch.Generator().manual_seed(0), torch.arange(23)
    passes = [list(minibatches(data, 5, rng=rng)) for _ in range(2)]
    for batches in passes:
        assert [len(batch) for batch in batches] == [5] * 4  # three are left for another pass
        assert len(torch.cat(batches).unique()) == 20
    assert not torch.equal(torch.cat(passes[0]), torch.cat(passes[1]))
    assert sorted(torch.cat(list(minibatches(data[:20], 5, rng=rng))).tolist()) == list(range(20))
    assert [len(batch) for batch in minibatches(data[:3], 5, rng=rng)] == [3]


def test_bars_and_stripes_are_learnt_to_a_tenth_of_a_nat():
    data = bars_and_stripes(3, 3).images
    rng = torch.Generator().manual_seed(0)
    model = RBM(RBMConfig(9, 16))
    initialise(model, data, rng=rng)
    trainer = ContrastiveDivergence(2500, batch_size=len(data), learning_rate=0.5, gibbs_steps=2, num_chains=500)
    before = log_likelihood(model, data, log_partition_exact(model)).mean()
    fit(trainer, model, data, rng=rng)
    after = float(log_likelihood(model, data, log_partition_exact(model)).mean())
    assert before < -4
    assert after > -math.log(len(data)) - 0.1


def test_same_seed_same_weights():
    data = bars_and_stripes(2, 2).images
    weights = []
    for seed in (1, 1, 2):
        rng = torch.Generator().manual_seed(seed)
        model = RBM(RBMConfig(4, 3))
        initialise(model, data, rng=rng)
        fit(ContrastiveDivergence(num_epochs=30, batch_size=3, momentum=0.5, weight_decay=1e-4), model, data, rng=rng)
        weights.append(model.W.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_steps_tell_where_they_are_and_measure():
    data = (torch.rand(200, 6, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    model = RBM(RBMConfig(6, 3))
    trainer = ContrastiveDivergence(num_epochs=4, batch_size=20, num_chains=7)
    steps = list(trainer.steps(model, data, rng=torch.Generator().manual_seed(0), held_out=data[:50]))
    assert [s.step for s in steps] == list(range(1, 41))
    assert steps[-1].num_steps == 40 and steps[-1].epoch == 4
    assert steps[0].particles.shape == (7, 6) and steps[1].particles is None
    names = {"pseudo_log_likelihood", "reconstruction_error"}
    assert set(steps[0].metrics) == names | {"held_out_" + name for name in names}
    assert steps[1].metrics == {} and steps[-1].metrics
    assert steps[-1].metrics["reconstruction_error"] == pytest.approx(0.25, abs=0.05)


def test_held_out_examples_are_measured_apart():
    """Pixels never on in 50 training examples are expected with 1/52, and are always on in the others."""
    model = RBM(RBMConfig(3, 2))
    trainer = ContrastiveDivergence(num_epochs=1, batch_size=50, learning_rate=0.0)
    step = next(
        trainer.steps(model, torch.zeros(50, 3), rng=torch.Generator().manual_seed(0), held_out=torch.ones(9, 3))
    )
    assert step.metrics["reconstruction_error"] == pytest.approx((1 / 52) ** 2, rel=0.1)
    assert step.metrics["held_out_reconstruction_error"] == pytest.approx((51 / 52) ** 2, rel=0.1)


def test_hyper_parameters_can_change_while_training():
    data = data_for(tiny(), num_examples=20).float()
    model = tiny().float()
    first = ContrastiveDivergence(num_epochs=10, batch_size=10, learning_rate=0.1)
    steps = first.steps(model, data, rng=torch.Generator().manual_seed(0))
    next(steps)
    frozen = ContrastiveDivergence(num_epochs=10, batch_size=10, learning_rate=0.0, num_chains=3, average_last=0)
    assert steps.send(frozen).step == 2  # from the next update on
    weights = model.W.detach().clone()
    seen = [step for step in steps]
    assert torch.equal(model.W, weights) and seen[-1].step == 20
    assert seen[-1].particles.shape == (3, 5)


def test_the_last_weights_are_averages():
    data = data_for(tiny(), num_examples=20).float()
    model = tiny().float()
    history = []
    for _ in ContrastiveDivergence(num_epochs=50, batch_size=20, average_last=1).steps(
        model, data, rng=torch.Generator().manual_seed(0)
    ):
        history.append(model.W.detach().clone())
    mean = torch.stack(history[9:49:10]).mean(0)
    # the fifth sample is the last update itself, which the average then replaces
    assert (history[-1] - mean).norm() < (history[-2] - mean).norm()


def test_the_schedules():
    def rates(schedule):
        trainer = ContrastiveDivergence(num_epochs=1, learning_rate=0.1, schedule=schedule)
        return [round(trainer.rate(progress), 6) for progress in (0, 0.5, 1)]

    assert rates("constant") == [0.1, 0.1, 0.1]
    assert rates("linear") == [0.1, 0.05, 0]
    assert rates("1/t") == [0.1, round(0.1 / 6, 6), round(0.1 / 11, 6)]


def test_divergence_keeps_the_last_finite_weights():
    model = tiny(visible="gaussian").float()
    data = data_for(model, num_examples=20).float()
    trainer = ContrastiveDivergence(num_epochs=5000, batch_size=20, learning_rate=50.0, schedule="constant")
    with pytest.raises(Diverged, match="learning rate below 50"):
        fit(trainer, model, data, rng=torch.Generator().manual_seed(0))
    assert all(bool(p.isfinite().all()) for p in model.parameters())


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"num_epochs": 0}, "num_epochs"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"gibbs_steps": 0}, "gibbs_steps"),
        ({"num_chains": -1}, "num_chains"),
        ({"final_gibbs_steps": 0}, "final_gibbs_steps"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"schedule": "cosine"}, "schedule"),
        ({"momentum": 1.0}, "momentum"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"average_last": 2.0}, "average_last"),
        ({"precision": "float16"}, "precision"),
    ],
)
def test_wrong_hyper_parameters_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        ContrastiveDivergence(**{"num_epochs": 1, **setting})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (torch.zeros(0, 5), "data are"),
        (torch.zeros(3, 4), "data are"),
        (torch.full((3, 5), math.nan), "not finite"),
        (torch.full((3, 5), 255.0), "intensities in"),
    ],
)
def test_wrong_data_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        fit(ContrastiveDivergence(num_epochs=1), RBM(RBMConfig(5, 2)), data, rng=torch.Generator())


def test_a_pixel_that_is_never_on_gets_a_finite_bias():
    model = RBM(RBMConfig(2, 3))
    initialise(model, torch.tensor([[0.0, 1.0]] * 8), rng=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.visible.bias.detach(), torch.tensor([-math.log(9), math.log(9)]))
