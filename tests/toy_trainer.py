"""A trainer for the tests of jobs: it does nothing useful, at a chosen speed, and goes wrong when told to."""

import os
import signal
import time
from collections.abc import Generator
from dataclasses import dataclass

import torch

from deepgen.training import Diverged, TrainStep


@dataclass(frozen=True)
class ToyTrainer:
    """Adds ``learning_rate`` to every weight at each update, and hands it out as a metric."""

    num_steps: int = 10**6
    learning_rate: float = 1.0
    seconds_per_step: float = 0.002
    mishap: str = ""  # at update 100

    def __post_init__(self):
        if self.learning_rate < 0:
            raise ValueError(f"learning_rate is at least 0, got {self.learning_rate}")

    @torch.no_grad()
    def steps(self, model, data, *, rng) -> Generator[TrainStep, "ToyTrainer | None", None]:
        trainer = self
        for step in range(1, self.num_steps + 1):
            time.sleep(trainer.seconds_per_step)
            if step == 100:
                go_wrong(self.mishap, model)
            for parameter in model.parameters():
                parameter += trainer.learning_rate
            particles = torch.full((2, data.shape[1]), float(step)) if step % 20 == 0 else None
            phase = "first" if step <= 50 else "second"
            metrics = {"rate": trainer.learning_rate, "step": step}
            changed = yield TrainStep(step, self.num_steps, step / 10, metrics, phase, particles)
            trainer = changed or trainer


def go_wrong(mishap: str, model) -> None:
    match mishap:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exception":
            raise RuntimeError("the toy broke")
        case "diverged":
            raise Diverged("training diverged at update 100; try a lower rate")
        case "not a number":
            next(model.parameters()).fill_(float("nan"))
        case "hangs":
            time.sleep(60)


def measure(model, *, rng) -> dict[str, float]:
    return {"mean_weight": float(next(model.parameters()).mean())}


def initialise(model, data, *, rng) -> None:
    with torch.no_grad():
        model.W.fill_(1000.0)
