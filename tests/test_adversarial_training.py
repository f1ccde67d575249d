"""The game: its losses and their gradients, who is moved by which step, the optimal discriminator, live changes."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from deepgen import checkpoint
from deepgen.adversarial_training import (
    LOSSES,
    AdversarialTraining,
    discriminator_loss,
    generator_loss,
    input_gradient,
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
