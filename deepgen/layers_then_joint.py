"""A deep Boltzmann machine from nothing: pretrained layer by layer, then all layers together."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from .dbm import DBM
from .doubled_pretraining import DoubledPretraining
from .training import TrainStep
from .variational_pcd import VariationalPCD


@dataclass(frozen=True)
class LayersThenJoint:
    """``DoubledPretraining``, then ``VariationalPCD``, as one training; either may be changed on the way."""

    pretraining: DoubledPretraining = field(default_factory=DoubledPretraining)
    joint: VariationalPCD = field(default_factory=VariationalPCD)

    def steps(
        self, model: DBM, data: Tensor, *, rng: torch.Generator
    ) -> Generator[TrainStep, "LayersThenJoint | None", None]:
        """The steps of both, counted on."""
        settings, steps_before, epochs_before = self, 0, 0.0
        batches = [max(1, len(data) // stage.batch_size) for stage in (self.pretraining, self.joint)]
        num_steps = len(model.weights) * self.pretraining.num_epochs * batches[0] + self.joint.num_epochs * batches[1]
        for stage in ("pretraining", "joint"):
            steps, changed = getattr(settings, stage).steps(model, data, rng=rng), None
            while True:
                try:
                    now = steps.send(changed)
                except StopIteration:
                    break
                total = replace(now, step=steps_before + now.step, epoch=epochs_before + now.epoch, num_steps=num_steps)
                received = yield total
                settings = received or settings
                changed = getattr(received, stage) if received else None
            steps_before, epochs_before = total.step, total.epoch
