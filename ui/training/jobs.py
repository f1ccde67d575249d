"""One training of one visitor, as pages see it. Never imports streamlit.

A `Job` is made by `workers.submit(task, owner)`. Its `snapshot` is an immutable value, replaced by one assignment
whenever the worker reports, so a page may read it at any time from any thread. Commands return at once; the worker
obeys between two updates.
"""

import contextlib
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from ui.training.series import Series

STOP_SECONDS = 3.0  # a worker that has not obeyed by then is ended

State = Literal["waiting", "running", "paused", "finished", "stopped", "failed"]


@dataclass(frozen=True)
class Task:
    """What to train: everything that the worker needs, picklable, without a tensor."""

    model: type  # the class, RBM
    config: Any  # RBMConfig(...)
    trainer: Any  # ContrastiveDivergence(...)
    data: str = "mnist"  # a data set's name
    seed: int = 0
    standardised: bool = False  # pixels of mean 0 and standard deviation 1, for Gaussian visible units
    examples: np.ndarray | Callable | None = (
        None  # instead of the named images: (num_examples, num_visible), or (split) -> it
    )
    start: bytes | Path | None = None  # a checkpoint to go on from
    initialise: Callable | None = None  # (model, data, *, rng), where neither constructor nor trainer does it
    measure: Callable | None = None  # (model, *, rng) -> metrics that each update is too short for; a module's function


@dataclass(frozen=True)
class Snapshot:
    """A job as it is at one moment."""

    state: State
    trainer: Any  # the hyper-parameters in force
    message: str = ""  # a sentence
    place: int = 0  # in the queue, from 1
    step: Any = None  # the last TrainStep, without its particles
    particles: np.ndarray | None = None
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)  # (updates, values)
    phases: tuple[tuple[int, str], ...] = ()  # (first update, name)
    weights: bytes | None = None  # a checkpoint: the last good one, whatever happens later
    version: int = 0  # of the weights
    seconds: float = 0.0  # of training, without waiting and pauses
    seconds_left: float | None = None

    @property
    def resting(self) -> bool:
        """Nothing will change unless somebody acts."""
        return self.state not in ("waiting", "running")

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "stopped", "failed")

    @property
    def progress(self) -> float:
        """Share of the updates done, 0 to 1."""
        return 0.0 if self.step is None else min(1.0, self.step.step / max(1, self.step.num_steps))


class Job:
    """What a visitor may do with a training; its slot and its worker are the business of `Workers`."""

    def __init__(self, task: Task, owner: str, workers):
        self.task, self.owner = task, owner
        self.snapshot = Snapshot("waiting", task.trainer)
        self._workers, self._lock = workers, workers._lock
        self._process = None
        self._connection, self._worker_end = multiprocessing.Pipe()
        self._asked = self._obeyed = 0  # commands sent and carried out
        self._stopping = False
        self._curves: dict[str, Series] = {}
        self._pace: deque[tuple[float, int]] = deque(maxlen=40)  # the last few seconds: (seconds, update)
        self._changed = threading.Condition(self._lock)

    def pause(self) -> None:
        """Let the worker hold after its present update; its slot goes to whoever waits."""
        with self._lock:
            if not self.snapshot.resting and not self._stopping:
                self._workers._take_slot(self)
                self._paused_at = time.monotonic()
                self._update(state="paused", place=0, message="Paused. Resume whenever you like.")
                self._tell("pause")

    def resume(self) -> None:
        """Go on where it was paused, as soon as a slot is free."""
        with self._lock:
            if self.snapshot.state == "paused" and not self._stopping:
                self._workers._enqueue(self)

    def step(self, **hyper_parameters) -> None:
        """One update of a paused training, under other hyper-parameters if some are given, and rest again."""
        with self._lock:
            if self.snapshot.state == "paused" and not self._stopping:
                self._tell("step", replace(self.snapshot.trainer, **hyper_parameters))

    def stop(self) -> None:
        """End the training after its present update and keep what was learnt."""
        with self._lock:
            if self.snapshot.ended or self._stopping:
                return
            self._stopping = True
            if self._process is None and self.snapshot.state != "running":
                self._workers._forget(self)
                self._update(state="stopped", place=0, message="Stopped before it began.")
                return
            if self.snapshot.state == "waiting":
                self._workers._take_slot(self)
            self._update(place=0, message="Stopping after this update.")
            self._tell("stop")
            deadline = threading.Timer(STOP_SECONDS, self._kill)
            deadline.daemon = True
            deadline.start()

    def change(self, **hyper_parameters) -> None:
        """Go on under other hyper-parameters; a ValueError says which value is impossible, and nothing is changed."""
        with self._lock:
            trainer = replace(self.snapshot.trainer, **hyper_parameters)
            if not self.snapshot.ended and trainer != self.snapshot.trainer:
                self._update(trainer=trainer)
                self._tell("change", trainer)

    def wait(self, timeout: float) -> bool:
        """Until the worker has carried out all that it was told; false if it is still busy after ``timeout``."""
        with self._changed:
            obeyed = lambda: self._obeyed >= self._asked and not self._stopping  # noqa: E731
            return self._changed.wait_for(lambda: self.snapshot.ended or obeyed(), timeout)

    def wait_for(self, condition: Callable[[Snapshot], bool], timeout: float) -> Snapshot:
        """The snapshot once it meets ``condition``, or the present one after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: condition(self.snapshot), timeout)
            return self.snapshot

    def _update(self, **changes) -> None:
        self.snapshot = replace(self.snapshot, **changes)
        self._changed.notify_all()

    def _tell(self, command: str, value: Any = None) -> None:
        if self._process is None:
            return  # it will be started when it is to run, with the hyper-parameters of that time
        values = (value,)
        if command in ("pause", "resume", "step"):
            self._asked += 1
            values = (self._asked, value)
        with contextlib.suppress(OSError):  # a worker that has just died: its attendant says so
            self._connection.send((command, *values))

    def _kill(self) -> None:
        if self._process is not None and self._process.pid is not None and not self.snapshot.ended:
            self._process.kill()

    def _receive(self, kind: str, *content) -> None:
        """Take in one message of the worker."""
        if kind == "obeyed":
            self._obeyed = content[0]
            self._changed.notify_all()
        elif kind == "end":
            state, message = content
            self._update(state=state, message=message, seconds_left=None, place=0)
        else:
            step, points, particles, weights, seconds = content
            old, phases = self.snapshot, self.snapshot.phases
            if not phases or phases[-1][1] != step.phase:
                phases += ((step.step, step.phase),)
            for update, metrics in points:
                for name, value in metrics.items():
                    self._curves.setdefault(name, Series()).add(update, value)
            self._pace.append((seconds, step.step))
            self._update(
                step=step,
                message=old.message if old.state != "running" or self._stopping else "",
                seconds=seconds,
                seconds_left=_seconds_left(self._pace, step.num_steps),
                particles=old.particles if particles is None else particles,
                weights=old.weights if weights is None else weights,
                version=old.version + (weights is not None),
                curves=MappingProxyType({name: curve.points() for name, curve in self._curves.items()}),
                phases=phases,
            )


def _seconds_left(pace: deque, num_steps: int) -> float | None:
    """At the pace of the last few seconds."""
    (began, first), (seconds, last) = pace[0], pace[-1]
    return None if last == first else (num_steps - last) * (seconds - began) / (last - first)
