"""What all models and trainers promise, held to at once: every family is trained on bars and stripes alike."""

import dataclasses
from typing import NamedTuple

import pytest
import torch

from deepgen import checkpoint, datasets
from deepgen.adversarial_training import AdversarialTraining
from deepgen.classifier import Classifier, ClassifierConfig, ClassifierTraining
from deepgen.contrastive_divergence import ContrastiveDivergence
from deepgen.dbm import DBM, DBMConfig
from deepgen.dbn import DBN, DBNConfig, with_labels
from deepgen.doubled_pretraining import DoubledPretraining
from deepgen.gan import GAN, GANConfig
from deepgen.greedy_layerwise import GreedyLayerwise
from deepgen.rbm import RBM, RBMConfig
from deepgen.training import Diverged, TrainStep
from deepgen.up_down import UpDown
from deepgen.vae import VAE, VAEConfig
from deepgen.variational_pcd import VariationalPCD
from deepgen.variational_training import VariationalTraining

BARS = datasets.bars_and_stripes(4, 4)  # 30 images: three batches of ten
STANDARDISED = datasets.standardise(BARS.images, datasets.statistics(BARS.images))
LABELLED = with_labels(BARS.images, BARS.labels, 2)


class Case(NamedTuple):
    """One trainer on one model."""

    model: type
    config: object
    trainer: object
    data: torch.Tensor


def pcd(**changes):
    return ContrastiveDivergence(**{"num_epochs": 3, "batch_size": 10, "num_chains": 10} | changes)


CASES = {
    "rbm, PCD": Case(RBM, RBMConfig(16, 8), pcd(), BARS.images),
    "rbm, CD": Case(RBM, RBMConfig(16, 8), pcd(persistent=False, momentum=0.5), BARS.images),
    "rbm, bfloat16": Case(RBM, RBMConfig(16, 8), pcd(precision="bfloat16"), BARS.images),
    "rbm, Gaussian": Case(RBM, RBMConfig(16, 8, "gaussian", learn_variance=True), pcd(), STANDARDISED),
    "dbn": Case(DBN, DBNConfig((16, 8, 6)), GreedyLayerwise((pcd(), pcd(num_epochs=2))), BARS.images),
    "dbn, labels": Case(DBN, DBNConfig((16, 8, 6), num_labels=2), GreedyLayerwise((pcd(), pcd())), LABELLED),
    "dbn, up-down": Case(DBN, DBNConfig((16, 8, 6), 2, tied=False), UpDown(3, batch_size=10), LABELLED),
    "dbm, pretraining": Case(DBM, DBMConfig((16, 8, 6)), DoubledPretraining(3, batch_size=10), BARS.images),
    "dbm": Case(DBM, DBMConfig((16, 8, 6)), VariationalPCD(3, batch_size=10), BARS.images),
    "dbm, Gaussian": Case(DBM, DBMConfig((16, 8), "gaussian"), VariationalPCD(3, batch_size=10), STANDARDISED),
    "vae": Case(VAE, VAEConfig(16, (8,), 2), VariationalTraining(3, batch_size=10), BARS.images),
    "gan": Case(GAN, GANConfig(16, 4, (8,), (8,)), AdversarialTraining(3, batch_size=10), BARS.images),
    "classifier": Case(Classifier, ClassifierConfig((4, 4), 2, (4,)), ClassifierTraining(3, batch_size=10), LABELLED),
}


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return CASES[request.param]


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def trained(case, seed=1):
    model = case.model(case.config)
    return model, list(case.trainer.steps(model, case.data, rng=generator(seed)))


def weights(model):
    return torch.cat([tensor.flatten().double() for tensor in model.state_dict().values()])


def test_steps_are_counted_and_say_how_many_there_are(case):
    _, steps = trained(case)
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    assert {step.num_steps for step in steps} == {len(steps)}
    epochs = [step.epoch for step in steps]
    assert epochs == sorted(epochs) and epochs[0] > 0
    assert len(steps) == pytest.approx(3 * epochs[-1])  # three batches a pass


def test_steps_are_small_values(case):
    model, steps = trained(case)
    for step in steps:
        assert isinstance(step, TrainStep)
        assert all(type(value) is float for value in step.metrics.values())
        if step.particles is not None:
            assert step.particles.shape[1:] == (16,) and not step.particles.requires_grad
            assert step.particles.dtype == torch.float32 and step.particles.isfinite().all()
    assert any(step.metrics for step in steps) or model.family == "dbm"


def test_the_seed_decides_everything_and_nobody_elses_randomness_is_touched(case):
    state = torch.random.get_rng_state()
    one, other, third = (weights(trained(case, seed)[0]) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(one, other) and not torch.equal(one, third)


def test_data_are_left_as_they_were(case):
    before = case.data.clone()
    trained(case)
    assert torch.equal(case.data, before)


def test_a_changed_trainer_may_be_sent(case):
    model, changed = case.model(case.config), case.trainer
    rates = [field.name for field in dataclasses.fields(changed) if field.name.endswith("learning_rate")]
    if rates:
        changed = dataclasses.replace(changed, **dict.fromkeys(rates, 1e-30))
    else:
        changed = dataclasses.replace(changed, layers=tuple(pcd(learning_rate=1e-30) for _ in changed.layers))
    steps = case.trainer.steps(model, case.data, rng=generator())
    next(steps)
    steps.send(changed)  # the update that this pulls is made under the new settings already
    assert isinstance(next(steps), TrainStep)


def without_average(trainer):
    """The same trainer, whose last weights are those of its last update."""
    if isinstance(trainer, GreedyLayerwise):
        return GreedyLayerwise(tuple(without_average(layer) for layer in trainer.layers))
    wanted = {"average_last": 0.0, "averaged": 0.0, "averaging": 0.0, "decay": True}
    names = {field.name for field in dataclasses.fields(trainer)}
    return dataclasses.replace(trainer, **{name: value for name, value in wanted.items() if name in names})


def test_rates_do_not_reach_zero_before_the_end(case):
    """The last update teaches as well: zero would come one later."""
    model = case.model(case.config)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    history = [
        torch.cat([parameter.detach().flatten() for parameter in parameters])
        for _ in without_average(case.trainer).steps(model, case.data, rng=generator())
    ]
    assert not torch.equal(history[-1], history[-2])


def test_pausing_is_not_pulling_and_stopping_is_closing(case):
    model = case.model(case.config)
    steps = case.trainer.steps(model, case.data, rng=generator())
    next(steps)
    before = weights(model)
    assert torch.equal(weights(model), before)
    steps.close()
    assert torch.equal(weights(model), before) and before.isfinite().all()


def absurd(trainer):
    """The same trainer with a learning rate that must lead out of the real numbers."""
    if isinstance(trainer, GreedyLayerwise):
        return GreedyLayerwise(tuple(absurd(layer) for layer in trainer.layers))
    rates = [field.name for field in dataclasses.fields(trainer) if field.name.endswith("learning_rate")]
    rate = 1e30 if hasattr(trainer, "beta1") or "Adam" in type(trainer).__doc__ else 3e38
    return dataclasses.replace(trainer, **dict.fromkeys(rates, rate), num_epochs=20)


def test_diverging_is_said_and_leaves_finite_weights(case):
    model = case.model(case.config)
    with pytest.raises(Diverged, match=r"lower|below"):
        for _ in absurd(case.trainer).steps(model, case.data, rng=generator()):
            pass
    assert weights(model).isfinite().all()


def test_models_are_made_again_from_their_config(case):
    model, _ = trained(case)
    again = type(model)(model.config)
    again.load_state_dict(model.state_dict())
    assert torch.equal(weights(again), weights(model))
    loaded, _ = checkpoint.loads(checkpoint.dumps(model, trainer=case.trainer))
    assert torch.equal(weights(loaded), weights(model))


def test_samples_are_pictures(case):
    model, _ = trained(case)
    if model.family == "classifier":
        return
    options = {} if model.family in ("vae", "gan") else {"num_steps": 5}
    one, other = (model.sample(7, rng=generator(), **options) for _ in range(2))
    assert one.shape == (7, 16) and one.dtype == torch.float32 and not one.requires_grad
    assert torch.equal(one, other)
    if getattr(case.config, "visible", "bernoulli") == "bernoulli":
        assert one.min() >= 0 and one.max() <= 1


@pytest.mark.parametrize(
    "wrong", [lambda x: x[:, :-1], lambda x: x[0], lambda x: x[:0]], ids=["narrow", "flat", "empty"]
)
def test_wrong_shapes_are_refused_with_a_sentence(case, wrong):
    with pytest.raises(ValueError, match=r"data|examples|pixels"):
        next(case.trainer.steps(case.model(case.config), wrong(case.data), rng=generator()))


@pytest.mark.parametrize("wrong", [2.0, -1.0, float("nan")])
def test_wrong_intensities_are_refused_with_a_sentence(case, wrong):
    if getattr(case.config, "visible", None) != "bernoulli":
        return
    data = case.data.clone()
    data[3, 4] = wrong
    with pytest.raises(ValueError, match=r"data|examples|pixels"):
        next(case.trainer.steps(case.model(case.config), data, rng=generator()))
