"""The game: its losses and their gradients, who is moved by which step, the optimal discriminator, live changes."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from deepgen import adversarial_training, checkpoint
from deepgen.adversarial_training import (
    LOSSES,
    AdversarialTraining,
    average,
    discriminator_loss,
    generator_loss,
    input_gradient,
    set_rates,
)
from deepgen.gan import GAN, GANConfig
from deepgen.metrics import jensen_shannon, value_of_optimal_discriminator
from deepgen.training import Diverged, fit


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tiny(**changes) -> GAN:
    config = dict(num_visible=2, num_latents=3, generator_layers=(7, 5), discriminator_layers=(8, 4), output="linear")
    return GAN(GANConfig(**(config | changes)), rng=rng()).double()


def points(n: int = 64) -> torch.Tensor:
    return torch.randn(n, 2, dtype=torch.float64, generator=rng(9)) + 2


def weights(module) -> dict:
    return copy.deepcopy(dict(module.state_dict()))


def same(before: dict, module) -> bool:
    return all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_each_loss_sends_its_own_gradient_into_the_logit():
    logit = torch.tensor([-6.0], dtype=torch.float64, requires_grad=True)
    D = torch.sigmoid(logit).item()
    slopes = {loss: torch.autograd.grad(generator_loss(logit, loss), logit)[0].item() for loss in LOSSES}
    assert slopes["saturating"] == pytest.approx(-D) and round(D, 4) == 0.0025
    assert slopes["non-saturating"] == pytest.approx(-(1 - D)) and round(1 - D, 4) == 0.9975
    assert slopes["least-squares"] == pytest.approx(-7)
    assert slopes["wasserstein"] == -1


def test_discriminator_loss_is_cross_entropy_with_one_sided_smoothing():
    real, fake = torch.randn(2, 30, dtype=torch.float64, generator=rng())
    by_hand = F.binary_cross_entropy_with_logits(real, torch.full_like(real, 0.9))
    by_hand = by_hand + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    for loss in ("saturating", "non-saturating"):
        assert discriminator_loss(real, fake, loss, label_smoothing=0.1).item() == pytest.approx(by_hand.item())


def test_the_other_losses_by_hand():
    real, fake = torch.randn(2, 30, dtype=torch.float64, generator=rng())
    squares = ((real - 0.9) ** 2).mean() / 2 + (fake**2).mean() / 2  # one-sided here as well
    assert discriminator_loss(real, fake, "least-squares", label_smoothing=0.1).item() == pytest.approx(squares.item())
    critic = discriminator_loss(real, fake, "wasserstein", label_smoothing=0.1)
    assert critic.item() == pytest.approx(fake.mean().item() - real.mean().item())


def test_losses_stay_finite_at_certain_verdicts():
    certain = torch.tensor([-1e4, 1e4])
    for loss in ("saturating", "non-saturating"):
        assert torch.isfinite(discriminator_loss(certain, certain, loss))
        assert torch.isfinite(generator_loss(certain, loss))


def test_a_fitted_discriminator_reaches_p_over_p_plus_q_and_the_value_minus_log_4_plus_2_jsd():
    p, q = torch.tensor([1, 2, 3, 4]), torch.tensor([4, 3, 2, 1])  # times a tenth, over four one-hot examples
    states = torch.eye(4, dtype=torch.float64)
    real, fake = states.repeat_interleave(p, 0), states.repeat_interleave(q, 0)
    D = tiny(num_visible=4).discriminator
    optimiser = torch.optim.LBFGS(D.parameters(), max_iter=150, tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = discriminator_loss(D(real), D(fake), "non-saturating")
        loss.backward()
        return loss

    optimiser.step(closure)
    assert torch.allclose(torch.sigmoid(D(states)), p / (p + q).double(), atol=1e-4)
    value = -discriminator_loss(D(real), D(fake), "non-saturating").item()
    divergence = jensen_shannon(p / 10, q / 10)
    assert value == pytest.approx(-math.log(4) + 2 * divergence, abs=1e-6)
    assert value_of_optimal_discriminator(p / 10, q / 10) == pytest.approx(-math.log(4) + 2 * divergence, abs=1e-6)


def test_against_a_frozen_generator_the_trainer_finds_the_optimal_discriminator():
    gan = GAN(GANConfig(2, 2, (), (32,), batch_norm=False, output="linear"), rng=rng(1))
    with torch.no_grad():  # x = z: q = N(0, I), against p = N((1, 0), I) the optimal logit is x_1 - 1/2
        gan.generator.layers[0].weight.copy_(torch.eye(2))
        gan.generator.layers[0].bias.zero_()
    before = weights(gan.generator)
    data = torch.randn(50_000, 2, generator=rng(2)) + torch.tensor([1.0, 0.0])
    trainer = AdversarialTraining(num_epochs=3, batch_size=250, learning_rate=4e-3, decay=True, freeze_generator=True)
    fit(trainer, gan, data, rng=rng(3))
    x = torch.cartesian_prod(torch.linspace(-1, 2, 7), torch.linspace(-1, 1, 5))
    assert (torch.sigmoid(gan.discriminator(x)) - torch.sigmoid(x[:, 0] - 0.5)).abs().max() < 0.05
    assert same(before, gan.generator)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_moves_one_player_only(loss, batch_norm):
    gan = tiny(batch_norm=batch_norm)
    before = weights(gan.generator), weights(gan.discriminator)
    trainer = AdversarialTraining(num_epochs=1, batch_size=16, loss=loss, r1=0.1)
    fit(replace(trainer, freeze_generator=True), gan, points(), rng=rng())
    assert same(before[0], gan.generator) and not same(before[1], gan.discriminator)

    gan = tiny(batch_norm=batch_norm)
    fit(replace(trainer, freeze_discriminator=True), gan, points(), rng=rng())
    assert not same(before[0], gan.generator) and same(before[1], gan.discriminator)


def test_the_first_update_is_adam_on_the_loss_that_autograd_differentiates():
    gan = tiny(batch_norm=False, discriminator_layers=(8,))
    before = weights(gan.discriminator)
    trainer = AdversarialTraining(num_epochs=1, batch_size=64, learning_rate=1e-3, r1=0.7, averaging=0.0)
    reference = copy.deepcopy(gan)
    next(trainer.steps(gan, points(), rng=rng(5)))

    stream = rng(5)
    reference.sample_latents(trainer.num_particles, rng=stream)
    real = points()[torch.randperm(64, generator=stream)].requires_grad_()
    fake = reference.generator(reference.sample_latents(64, rng=stream)).detach()
    D = reference.discriminator
    slope = torch.autograd.grad(D(real).sum(), real, create_graph=True)[0]
    loss = -(torch.log(torch.sigmoid(D(real))) + torch.log(1 - torch.sigmoid(D(fake)))).mean()
    (loss + 0.35 * slope.square().sum(1).mean()).backward()
    for (name, parameter), moved in zip(D.named_parameters(), gan.discriminator.parameters(), strict=True):
        adam = parameter.grad / (parameter.grad.abs() + 1e-8)  # its first step is the sign, but for epsilon
        assert torch.allclose(moved, before[name] - 1e-3 * adam, atol=1e-9), name


def test_the_discriminator_descends_its_smoothed_loss_and_half_r1_times_the_squared_slope():
    """Plain descent at rate 1 shows the gradient itself, where Adam's first step shows its sign alone."""
    D, reference = tiny().discriminator, tiny().discriminator
    real, fake = points(), torch.randn(64, 2, dtype=torch.float64, generator=rng())
    trainer = AdversarialTraining(r1=0.7, label_smoothing=0.1)
    trainer.discriminator_step(D, torch.optim.SGD(D.parameters(), lr=1.0), real, fake, rng=rng())
    slopes = torch.autograd.grad(reference(real.requires_grad_()).sum(), real, create_graph=True)[0]
    loss = discriminator_loss(reference(real), reference(fake), "non-saturating", label_smoothing=0.1)
    (loss + 0.35 * slopes.square().sum(1).mean()).backward()
    for old, new in zip(reference.parameters(), D.parameters(), strict=True):
        assert torch.allclose(new, old - old.grad, atol=1e-12)


def test_rates_fall_for_both_players_and_reach_adam(monkeypatch):
    seen = []

    def spy(adam, learning_rate, beta1):
        set_rates(adam, learning_rate, beta1)
        seen.append((learning_rate, adam.param_groups[0]["lr"], adam.param_groups[0]["betas"]))

    monkeypatch.setattr(adversarial_training, "set_rates", spy)
    for decay in (True, False):
        seen.clear()
        trainer = AdversarialTraining(
            num_epochs=1, batch_size=16, learning_rate=1e-3, discriminator_learning_rate=5e-3, beta1=0.3, decay=decay
        )
        fit(trainer, tiny(), points(), rng=rng())
        shares = [1.0, 0.75, 0.5, 0.25] if decay else [1.0] * 4
        assert [rate for rate, *_ in seen] == pytest.approx([rate * share for share in shares for rate in (1e-3, 5e-3)])
        assert all(rate == adams and betas == (0.3, 0.999) for rate, adams, betas in seen)


def test_the_penalty_is_taken_between_real_and_fake():
    """A critic that is a kink: |x_1| has slope 1 wherever it is asked, but for its smooth bottom between the two."""

    class Valley(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.depth = torch.nn.Parameter(torch.ones((), dtype=torch.float64))

        def forward(self, x):
            return self.depth * torch.where(x[:, 0].abs() < 1, x[:, 0] ** 2 / 2, x[:, 0].abs() - 0.5)

    D = Valley()
    adam = torch.optim.SGD(D.parameters(), lr=0.0)
    real, fake = torch.full((20_000, 1), 1.0).double(), torch.full((20_000, 1), -1.0).double()
    trainer = AdversarialTraining(loss="wasserstein", gradient_penalty=1.0)
    norm = trainer.discriminator_step(D, adam, real, fake, rng=rng())["discriminator_gradient"]
    # at x = 2 u - 1, u uniform, the slope is s = depth |x|: d/d depth of E (s - 1)^2 = 2 E (|x| - 1) |x| = -1/3
    assert norm == pytest.approx(1 / 3, abs=0.01)


def test_each_step_sees_examples_of_its_own(monkeypatch):
    seen, latents = [], []
    discriminator_step, generator_step = AdversarialTraining.discriminator_step, AdversarialTraining.generator_step

    def spy(trainer, D, adam, real, fake, *, rng):
        seen.append((real, fake))
        return discriminator_step(trainer, D, adam, real, fake, rng=rng)

    def spy_on_latents(trainer, G, D, adam, z):
        latents.append(z)
        return generator_step(trainer, G, D, adam, z)

    monkeypatch.setattr(AdversarialTraining, "discriminator_step", spy)
    monkeypatch.setattr(AdversarialTraining, "generator_step", spy_on_latents)
    fit(AdversarialTraining(num_epochs=1, batch_size=16, discriminator_steps=2), tiny(), points(), rng=rng())
    assert sorted(torch.cat([real for real, _ in seen]).tolist()) == sorted(points().tolist())
    fakes = torch.cat([fake for _, fake in seen])
    assert len(fakes.unique(dim=0)) == len(fakes)
    assert len(torch.cat(latents).unique(dim=0)) == 32


def test_the_average_takes_statistics_and_weights_alike():
    kept, player = tiny().generator, tiny().generator
    for number, module in ((1.0, kept), (2.0, player)):
        for value in module.state_dict().values():
            value.fill_(number)
    average(kept, player, 0.75)
    assert all((value == (1.25 if value.is_floating_point() else 2)).all() for value in kept.state_dict().values())


def test_both_players_see_fakes_from_batch_statistics():
    first = []
    for stored_mean in (0.0, 1e6):
        gan = tiny()
        for norm in gan.generator.norms:
            norm.running_mean.fill_(stored_mean)
        first.append(next(AdversarialTraining(batch_size=16).steps(gan, points(), rng=rng())).metrics)
    assert first[0] == first[1]


def test_input_gradient_is_that_of_the_logit():
    D = tiny().discriminator
    x = points(5)
    step = 1e-6 * torch.eye(2, dtype=torch.float64)
    numeric = torch.stack([(D(x + e) - D(x - e)) / 2e-6 for e in step], -1)
    assert torch.allclose(input_gradient(D, x), numeric, atol=1e-6)


def test_gradient_penalty_pulls_the_slope_to_one():
    gan = tiny(discriminator_layers=(16,))
    trainer = AdversarialTraining(
        num_epochs=150, batch_size=64, loss="wasserstein", learning_rate=1e-2, freeze_generator=True
    )
    fit(trainer, gan, points(), rng=rng())
    assert input_gradient(gan.discriminator, points()).norm(dim=1).mean().item() == pytest.approx(1, abs=0.15)


def test_the_discriminator_takes_k_steps_for_one_of_the_generator():
    for k in (1, 4):
        last = fit(AdversarialTraining(num_epochs=2, batch_size=8, discriminator_steps=k), tiny(), points(), rng=rng())
        assert last.num_steps == last.step == 2 * 8 // k and last.epoch == 2


def test_hyper_parameters_change_while_it_runs():
    gan = tiny()
    trainer = AdversarialTraining(batch_size=16)
    steps = trainer.steps(gan, points(), rng=rng())
    next(steps)
    before = weights(gan.generator)
    assert steps.send(replace(trainer, freeze_generator=True, loss="wasserstein")).metrics["generator_loss"] != 0
    next(steps)
    assert same(before, gan.generator), "what was sent stays until something else is sent"
    steps.send(trainer)
    assert not same(before, gan.generator)


def test_without_averaging_the_generator_is_the_player_and_with_it_lags():
    start = tiny()
    last = {}
    for averaging in (0.0, 0.999):
        gan = copy.deepcopy(start)
        trainer = AdversarialTraining(num_epochs=10, batch_size=16, learning_rate=0.01, averaging=averaging)
        fit(trainer, gan, points(), rng=rng())
        last[averaging] = gan.generator.layers[0].weight - start.generator.layers[0].weight
    assert 0 < last[0.999].norm() < last[0.0].norm()


def test_the_average_follows_quickly_at_first():
    """After the first update it has gone 9/11 of the player's way, whatever its decay will be."""
    start, ways = tiny(batch_norm=False), []
    for averaging in (0.0, 0.999):
        gan = copy.deepcopy(start)
        next(AdversarialTraining(averaging=averaging).steps(gan, points(), rng=rng()))
        ways.append(gan.generator.layers[0].weight - start.generator.layers[0].weight)
    assert torch.allclose(ways[1], ways[0] * 9 / 11, atol=1e-12)


def test_same_seed_same_weights_and_saved_bit_by_bit(tmp_path):
    first, second = tiny(minibatch_discrimination=2), tiny(minibatch_discrimination=2)
    for gan in (first, second):
        fit(AdversarialTraining(num_epochs=3, batch_size=16), gan, points(), rng=rng(4))
    assert same(weights(first), second)
    gan = copy.deepcopy(first).float()
    checkpoint.save(gan, tmp_path / "gan.safetensors")
    loaded, card = checkpoint.load(tmp_path / "gan.safetensors")
    assert card.family == "gan" and loaded.config == gan.config and same(weights(gan), loaded)


def test_particles_are_one_set_of_latents_seen_again_and_again():
    trainer = AdversarialTraining(
        num_epochs=6, batch_size=16, particles_every=10, num_particles=5, freeze_generator=True
    )
    shown = {s.step: s.particles for s in trainer.steps(tiny(), points(), rng=rng()) if s.particles is not None}
    assert list(shown) == [1, 10, 20, 24] and shown[1].shape == (5, 2)
    assert torch.equal(shown[1], shown[24]), "a frozen generator shows one picture"


def test_bfloat16_plays_the_same_game_roughly():
    found = []
    for precision in ("float32", "bfloat16"):
        gan = tiny().float()
        trainer = AdversarialTraining(num_epochs=1, batch_size=64, precision=precision)
        last = fit(trainer, gan, points().float(), rng=rng())
        assert gan.generator.layers[0].weight.dtype == torch.float32
        found.append(last.metrics["discriminator_loss"])
    assert found[1] == pytest.approx(found[0], rel=0.02) and found[0] != found[1]


def test_divergence_ends_in_a_sentence_and_the_last_good_weights():
    gan = tiny(batch_norm=False)
    trainer = AdversarialTraining(num_epochs=50, batch_size=16, learning_rate=1e60, loss="least-squares")
    with pytest.raises(Diverged, match="lower the learning rate"):
        fit(trainer, gan, points(), rng=rng())
    assert all(torch.isfinite(value).all() for value in gan.state_dict().values())


def test_unfit_data_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="at least two examples"):
        fit(AdversarialTraining(), tiny(), points(1), rng=rng())
    with pytest.raises(ValueError, match="they must agree"):
        fit(AdversarialTraining(), tiny(), torch.rand(20, 3), rng=rng())


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "hinge"},
        {"batch_size": 1},
        {"discriminator_steps": 0},
        {"label_smoothing": 1.0},
        {"averaging": 1.0},
        {"learning_rate": 0.0},
        {"discriminator_learning_rate": -1.0},
        {"r1": -1.0},
        {"precision": "float8"},
    ],
)
def test_impossible_hyper_parameters_are_refused_with_a_sentence(changes):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        AdversarialTraining(**changes)
