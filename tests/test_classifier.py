from itertools import product

import pytest
import torch

from deepgen import checkpoint, datasets
from deepgen.classifier import Classifier, ClassifierConfig, ClassifierTraining, accuracy, shifted
from deepgen.dbn import with_labels
from deepgen.training import fit


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def test_features_are_what_convolutions_by_hand_give():
    model = Classifier(ClassifierConfig(image_shape=(5, 6), num_labels=3, channels=(2,), num_features=5)).double()
    for parameter in model.parameters():
        parameter.data.normal_(generator=generator())
    x = torch.rand(1, 30, generator=generator(), dtype=torch.float64)
    kernel, bias = model.convolutions[0].weight, model.convolutions[0].bias
    wide = torch.zeros(9, 10, dtype=torch.float64)
    wide[2:7, 2:8] = x.reshape(5, 6)
    maps = torch.zeros(2, 3, 3, dtype=torch.float64)
    for k, r, c in product(range(2), range(3), range(3)):
        maps[k, r, c] = (wide[2 * r : 2 * r + 5, 2 * c : 2 * c + 5] * kernel[k, 0]).sum() + bias[k]
    features = (model.dense.weight @ maps.clamp(min=0).flatten() + model.dense.bias).clamp(min=0)
    torch.testing.assert_close(model.features(x)[0], features)
    torch.testing.assert_close(model.logits(x)[0], model.output.weight @ features + model.output.bias)


def test_shifted_images_are_the_same_images_elsewhere():
    images = torch.zeros(200, 5 * 7)
    images[:, 2 * 7 + 3] = 1  # one pixel in the middle
    moved = shifted(images, (5, 7), 2, rng=generator()).reshape(200, 5, 7)
    assert (moved.sum((1, 2)) == 1).all()
    rows, cols = moved.amax(2).argmax(1), moved.amax(1).argmax(1)
    assert set(rows.tolist()) == {0, 1, 2, 3, 4} and set(cols.tolist()) == {1, 2, 3, 4, 5}
    assert torch.equal(shifted(images, (5, 7), 0, rng=generator()), images)


def bars():
    dataset = datasets.bars_and_stripes(4, 4)
    return dataset, with_labels(dataset.images, dataset.labels, 2)


def trained(seed=1):
    _, data = bars()
    model = Classifier(ClassifierConfig((4, 4), num_labels=2, channels=(8,), num_features=16))
    trainer = ClassifierTraining(num_epochs=60, batch_size=10, learning_rate=1e-2, max_shift=0)
    return model, fit(trainer, model, data, rng=generator(seed))


def test_it_learns_to_tell_bars_from_stripes():
    dataset, _ = bars()
    model, step = trained()
    assert accuracy(model, dataset.images, dataset.labels) == 1
    assert step.step == step.num_steps == 180 and step.epoch == 60 and set(step.metrics) == {"loss", "accuracy"}


def test_same_seed_same_weights_and_nobody_elses_randomness():
    state = torch.random.get_rng_state()
    one, other = (trained()[0].state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(trained(seed=2)[0].output.weight, one["output.weight"])
    assert torch.equal(torch.random.get_rng_state(), state)


def test_settings_may_change_while_it_runs():
    _, data = bars()
    model = Classifier(ClassifierConfig((4, 4), num_labels=2, channels=(8,)))
    steps = ClassifierTraining(num_epochs=3, batch_size=10).steps(model, data, rng=generator())
    next(steps)
    steps.send(ClassifierTraining(learning_rate=1e-30, weight_decay=0))
    before = model.output.weight.clone()
    next(steps)
    torch.testing.assert_close(model.output.weight, before, rtol=0, atol=1e-20)


def test_checkpoint_round_trip():
    model, _ = trained()
    loaded, card = checkpoint.loads(checkpoint.dumps(model))
    assert loaded.config == model.config and card.family == "classifier"
    x = torch.rand(5, 16)
    assert torch.equal(loaded.logits(x), model.logits(x))


def test_errors_are_sentences():
    with pytest.raises(ValueError, match="cannot be halved 3 times"):
        ClassifierConfig((4, 4), channels=(1, 2, 3))
    with pytest.raises(ValueError, match="at least one channel"):
        ClassifierConfig(channels=(0, 3))
    with pytest.raises(ValueError, match="needs 1 epoch"):
        ClassifierTraining(num_epochs=0)
    with pytest.raises(ValueError, match="learning rate must be above 0"):
        ClassifierTraining(learning_rate=0)
    model = Classifier(ClassifierConfig((4, 4), num_labels=2, channels=(8,)))
    with pytest.raises(ValueError, match=r"16 \+ 2 labels"):
        fit(ClassifierTraining(), model, torch.zeros(10, 16), rng=generator())
