from dataclasses import replace

import torch

from deepgen.datasets import bars_and_stripes
from deepgen.dbm import DBM, DBMConfig
from deepgen.double_counting import mean_log_likelihood
from deepgen.doubled_pretraining import DoubledPretraining
from deepgen.layers_then_joint import LayersThenJoint
from deepgen.training import fit
from deepgen.variational_pcd import VariationalPCD


def small(num_epochs):
    batch = {"batch_size": 6, "num_chains": 20}
    return LayersThenJoint(
        DoubledPretraining(num_epochs=num_epochs, **batch), VariationalPCD(num_epochs=2 * num_epochs, **batch)
    )


def test_it_is_the_one_and_then_the_other():
    data = bars_and_stripes(2, 2).images
    trainer, models = small(3), [DBM(DBMConfig((4, 3, 2))) for _ in range(2)]
    rng = torch.Generator().manual_seed(1)
    steps = list(trainer.steps(models[0], data, rng=rng))
    assert [step.step for step in steps] == list(range(1, 13)) and {step.num_steps for step in steps} == {12}
    assert [step.phase for step in steps] == ["layer 1 of 2"] * 3 + ["layer 2 of 2"] * 3 + ["joint"] * 6
    assert steps[-1].epoch == 12
    rng = torch.Generator().manual_seed(1)
    fit(trainer.pretraining, models[1], data, rng=rng)
    fit(trainer.joint, models[1], data, rng=rng)
    assert all(torch.equal(a, b) for a, b in zip(*(model.parameters() for model in models), strict=True))


def test_a_change_on_the_way_reaches_the_stage_that_runs():
    data = bars_and_stripes(2, 2).images
    model = DBM(DBMConfig((4, 3, 2)))
    trainer = small(3)
    steps = trainer.steps(model, data, rng=torch.Generator().manual_seed(1))
    for _ in range(7):
        next(steps)
    before = model.weights[0].clone()
    steps.send(replace(trainer, joint=replace(trainer.joint, learning_rate=1e-12)))
    assert (model.weights[0] - before).abs().max() < 1e-9


def test_bars_and_stripes_are_learnt():
    patterns = bars_and_stripes(2, 2).images
    model, rng = DBM(DBMConfig((4, 6, 4))), torch.Generator().manual_seed(0)
    batch = {"batch_size": 60, "num_chains": 200, "weight_decay": 0.0}
    trainer = LayersThenJoint(
        DoubledPretraining(num_epochs=1, learning_rate=0.1, **batch),
        VariationalPCD(num_epochs=100, learning_rate=2.0, gibbs_steps=2, mean_field_iterations=5, **batch),
    )
    fit(trainer, model, patterns.repeat(100, 1), rng=rng)
    entropy = torch.tensor(float(len(patterns))).log().item()
    assert -entropy - 0.1 < mean_log_likelihood(model, patterns) < -entropy
