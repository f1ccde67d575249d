"""What runs in the worker process: build the model, pull the trainer, report, obey. Never imports streamlit."""

import contextlib
import inspect
import math
import os
import sys
import time
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from deepgen import checkpoint, datasets
from deepgen.training import Diverged, TrainStep

REPORT_SECONDS = 0.2  # a page is redrawn less often than that
WEIGHTS_SECONDS = 0.5
MEMORY_BYTES = 4 * 2**30  # what one visitor's training may take; the server and its other visitors need the rest

# Stays out of the way of who forks: parallel regions begun before a fork would hang after it.
torch.set_num_threads(1)


@cache
def examples(name: str, split: str) -> Tensor:
    """The images of a data set; workers forked after it was read once share the memory, so it is not to be changed."""
    return datasets.load(name, split).images


def build(task, *, rng: torch.Generator) -> tuple[torch.nn.Module, Tensor]:
    """The model that the task starts from, and the data."""
    data = examples_of(task)
    if task.start is None:
        model = task.model(task.config)
        if task.initialise is not None:
            task.initialise(model, data, rng=rng)
    else:
        model, _ = checkpoint.loads(task.start) if isinstance(task.start, bytes) else checkpoint.load(task.start)
        if model.family != task.model.family or model.config != task.config:
            raise ValueError(
                f"the checkpoint to go on from holds a {model.family} with {model.config}, but what is to be trained "
                f"is a {task.model.family} with {task.config}: choose the same architecture or start anew"
            )
    return model, data


def examples_of(task, split: str = "train") -> Tensor:
    """What the task is to be learnt from, or, for ``split="test"``, measured on."""
    if callable(task.examples):
        return task.examples(split)
    if task.examples is not None:
        return torch.from_numpy(task.examples)
    data = examples(task.data, split)
    return datasets.standardise(data, datasets.statistics(examples(task.data, "train"))) if task.standardised else data


class Reporter:
    """Sends what has happened, in bundles: pages look a few times a second, updates come hundreds of times."""

    def __init__(self, connection, task, model):
        self.connection, self.task, self.model, self.trainer = connection, task, model, task.trainer
        self.statistics = datasets.statistics(examples(task.data, "train")) if task.standardised else None
        self.rng = torch.Generator().manual_seed(task.seed + 1)  # measuring does not disturb the training
        self.seconds = 0.0  # of training; pauses do not count
        self.step: TrainStep | None = None
        self.points: list[tuple[int, dict]] = []
        self.metrics: dict[str, float] = {}  # the last of each, for the card
        self.particles = None
        self.next_report = self.next_weights = self.next_measurement = 0.0

    def took(self, step: TrainStep, seconds: float) -> None:
        """Note one update; whatever is due is measured and sent."""
        self.seconds += seconds
        if step.particles is not None:
            self.particles = step.particles
        self.step = replace(step, particles=None)
        self.note(step.metrics)
        if self.seconds >= self.next_report:
            self.next_report = self.seconds + REPORT_SECONDS
            self.send(with_weights=self.seconds >= self.next_weights, measured=self.seconds >= self.next_measurement)

    def note(self, metrics) -> None:
        """A point on each of these curves."""
        if metrics:
            self.points.append((self.step.step, dict(metrics)))
            self.metrics |= {name: float(value) for name, value in metrics.items() if math.isfinite(value)}

    def rest(self) -> None:
        """Send everything, the weights in full precision: a pause or the end."""
        if self.step is not None:
            self.send(with_weights=True, measured=self.task.measure is not None, dtype=torch.float32)

    def send(self, *, with_weights: bool, measured: bool, dtype: torch.dtype = torch.float16) -> None:
        if measured and self.task.measure is not None:
            began = time.perf_counter()
            with torch.no_grad():
                self.note(self.task.measure(self.model, rng=self.rng))
            took = time.perf_counter() - began
            self.seconds += took
            self.next_measurement = self.seconds + max(REPORT_SECONDS, 10 * took)
        weights = None
        if with_weights:
            began = time.perf_counter()
            weights = self._weights(dtype)
            self.next_weights = self.seconds + max(WEIGHTS_SECONDS, 20 * (time.perf_counter() - began))
        particles = None if self.particles is None else self.particles.detach().float()
        if particles is not None and self.statistics is not None:
            particles = datasets.unstandardise(particles, self.statistics)
        particles = None if particles is None else particles.numpy()
        self.connection.send(("progress", self.step, self.points, particles, weights, self.seconds))
        self.points, self.particles = [], None

    def _weights(self, dtype: torch.dtype) -> bytes:
        if not all(bool(torch.isfinite(tensor.sum())) for tensor in self.model.state_dict().values()):
            raise Diverged(f"a weight is no longer a number at update {self.step.step}: lower the learning rate")
        task = self.task
        return checkpoint.dumps(
            self.model,
            dtype=dtype,
            trainer=self.trainer,
            data=task.data,
            seed=task.seed,
            metrics=self.metrics,
            seconds=round(self.seconds, 3),
        )


def be_modest() -> None:
    """From now on pages come first; until the first update somebody waits for this process."""
    if hasattr(os, "nice"):
        os.nice(10)


def train(connection, task) -> tuple[str, str]:
    """Pull the trainer as long as nobody says otherwise; the state in which it ended, and a sentence."""
    rng = torch.Generator().manual_seed(task.seed)
    model, data = build(task, rng=rng)
    report = Reporter(connection, task, model)
    held_out = {}
    if "held_out" in inspect.signature(task.trainer.steps).parameters and not isinstance(task.examples, np.ndarray):
        held_out["held_out"] = examples_of(task, "test")
    steps = task.trainer.steps(model, data, rng=rng, **held_out)
    paused, changed = False, None
    once = None  # (number of the command, trainer) of a single update within a pause
    while True:
        while connection.poll(None if paused and once is None else 0):  # a pause is not to pull
            command, *rest = connection.recv()
            if command == "stop":
                report.rest()
                return "stopped", "Stopped. What was learnt is kept."
            if command == "change":
                changed = report.trainer = rest[0]
            if command == "step":
                once = rest
            if command == "pause" and not paused:
                report.rest()
            if command in ("pause", "resume"):
                paused = command == "pause"
                connection.send(("obeyed", rest[0]))
        began = time.perf_counter()
        obeyed = changed if once is None else once[1]
        try:
            step = next(steps) if obeyed is None or report.step is None else steps.send(obeyed)
        except StopIteration:
            report.rest()
            return "finished", "Finished."
        except Diverged:
            with contextlib.suppress(ValueError, Diverged):
                report.rest()  # the trainer has put the last finite weights back
            raise
        if report.step is None:
            be_modest()
        else:  # a generator takes what is sent only from its first yield on
            changed = None if once is None else report.trainer
        report.took(step, time.perf_counter() - began)
        if once is not None:
            report.rest()
            connection.send(("obeyed", once[0]))
            once = None


def work(connection, task) -> None:
    """The life of a worker process. The other end learns of a sudden death by the end of the stream."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        Path("/proc/self/oom_score_adj").write_text("800")  # if memory is short the worker dies, not the server
    torch.set_num_threads(1)
    try:
        state, message = train(connection, task)
    except (EOFError, BrokenPipeError):
        return  # nobody is left to train for
    except (ValueError, Diverged) as error:
        state, message = "failed", f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}."
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            state, message = "failed", "There is not enough memory for this model: choose fewer units."
        else:
            state, message = "failed", f"Training ended with an unexpected {type(error).__name__}: {error}."
    with contextlib.suppress(OSError):
        connection.send(("end", state, message))
