"""Who trains when: a few slots, a fair queue, and an end for what nobody waits for. Never imports streamlit."""

import atexit
import threading
import time
from dataclasses import replace

from ui.training import processes
from ui.training.jobs import Job, Task

GRACE_SECONDS = 15.0  # a broken connection looks like a visitor who has gone; most come back
TURN_SECONDS = 30.0  # then who waits has a turn
MAX_UNFINISHED = 4  # per visitor
MAX_UNFINISHED_IN_ALL = 40  # each may hold a process of some 100 MB, also while it is paused
LONGEST_PAUSE_SECONDS = 1800.0  # then it is stopped if somebody else needs the room


class Workers:
    """The slots, the queue, and who owns what."""

    def __init__(self, slots: int | None = None, *, grace: float = GRACE_SECONDS, turn: float = TURN_SECONDS):
        self.slots = max(1, processes.num_cores() - 1) if slots is None else slots
        self.grace, self.turn = grace, turn
        self._lock = threading.RLock()
        self._waiting: list[Job] = []  # the next one first
        self._running: list[Job] = []
        self._unfinished: list[Job] = []
        self._gone: dict[str, threading.Timer] = {}  # visitors who have left, until the grace is over
        self._round = 0
        self._closed = False
        self._idle = threading.Condition(self._lock)
        atexit.register(self.shutdown)

    def submit(self, task: Task, owner: str) -> Job:
        """Queue a training for ``owner``; a ValueError if this visitor has too many already."""
        with self._lock:
            if self._closed:
                raise ValueError("the server is shutting down and takes no more trainings")
            if sum(job.owner == owner for job in self._unfinished) >= MAX_UNFINISHED:
                raise ValueError(f"{MAX_UNFINISHED} of your trainings are not finished yet: stop one of them first")
            if len(self._unfinished) >= MAX_UNFINISHED_IN_ALL:
                self._end_long_pauses()
                raise ValueError(
                    f"{len(self._unfinished)} trainings of all visitors are under way, and no more fit: try in a minute"
                )
            self.adopt(owner)
            job = Job(task, owner, self)
            self._unfinished.append(job)
            self._enqueue(job)
            return job

    def orphan(self, owner: str) -> None:
        """The visitor seems to have gone: unless adopted within the grace, the trainings are stopped."""
        with self._lock:
            self.adopt(owner)
            if any(job.owner == owner for job in self._unfinished):
                self._gone[owner] = timer = threading.Timer(self.grace, self._abandon, [owner])
                timer.daemon = True
                timer.start()

    def adopt(self, owner: str) -> None:
        """The visitor is here (again)."""
        with self._lock:
            if timer := self._gone.pop(owner, None):
                timer.cancel()

    def shutdown(self) -> None:
        """End every worker; nothing is left running."""
        with self._lock:
            self._closed = True
            for timer in self._gone.values():
                timer.cancel()
            for job in list(self._unfinished):
                job._stopping = True
                job._kill()
                if job._process is None:
                    self._forget(job)
                    job._update(state="stopped", place=0, message="Stopped: the server is shutting down.")
            self._idle.wait_for(lambda: not self._unfinished, 5)

    def _end_long_pauses(self) -> None:
        for job in list(self._unfinished):
            if job.snapshot.state == "paused" and time.monotonic() - job._paused_at > LONGEST_PAUSE_SECONDS:
                job.stop()

    def _abandon(self, owner: str) -> None:
        with self._lock:
            if self._gone.pop(owner, None) is not None:
                for job in [job for job in self._unfinished if job.owner == owner]:
                    job.stop()

    def _enqueue(self, job: Job) -> None:
        """A round is one training of everybody: who has one already waits or trains in a later round."""
        own = [other for other in self._running + self._waiting if other.owner == job.owner]
        job._round = max([self._round, *(other._round + 1 for other in own)])
        self._waiting.append(job)
        self._waiting.sort(key=lambda job: job._round)  # stable: in order of arrival within a round
        job._update(state="waiting")
        self._schedule()

    def _take_slot(self, job: Job) -> None:
        """The job no longer runs nor waits."""
        for jobs in (self._waiting, self._running):
            if job in jobs:
                jobs.remove(job)
        self._schedule()

    def _forget(self, job: Job) -> None:
        if job in self._unfinished:
            self._unfinished.remove(job)
            self._idle.notify_all()
        self._take_slot(job)

    def _schedule(self) -> None:
        """Give free slots to who is next, and tell the others their place."""
        while self._waiting and len(self._running) < self.slots and not self._closed:
            job = self._waiting.pop(0)
            self._running.append(job)
            self._round = max(self._round, job._round)
            job._turn_began = time.monotonic()
            job._update(state="running", place=0, message="Starting." if job._process is None else "")
            if job._process is None:
                task = replace(job.task, trainer=job.snapshot.trainer)  # it may have been changed while it waited
                job._process = processes.prepare(job._worker_end, task)
                threading.Thread(target=self._attend, args=[job], daemon=True, name="training attendant").start()
            else:
                job._tell("resume")
        for place, job in enumerate(self._waiting, 1):
            if job.snapshot.place != place:
                message = (
                    f"Place {place} in the queue: all cores are busy. Yours begins by itself, for trainings take turns "
                    f"of {self.turn:.0f} seconds; the rest of the page works meanwhile."
                )
                job._update(place=place, message=message)

    def _pass_turn(self, job: Job) -> None:
        """Who has had a long turn goes to the end of the queue if somebody waits."""
        over = time.monotonic() - job._turn_began > self.turn
        if over and self._waiting and job in self._running and not job._stopping:
            self._running.remove(job)
            job._tell("pause")
            self._enqueue(job)

    def _attend(self, job: Job) -> None:
        """Listen to one worker from its start to its end (a thread of its own)."""
        cause = None
        try:
            processes.start(job._process)
        except Exception as error:  # whatever keeps a process from starting must not keep the queue from moving
            cause = error
        job._worker_end.close()  # now the stream ends with the worker
        if self._closed:
            job._kill()
        try:
            while cause is None:
                message = job._connection.recv()
                with self._lock:
                    job._receive(*message)
                    self._pass_turn(job)
        except (OSError, EOFError):
            job._process.join(5)
        job._connection.close()
        with self._lock:
            if not job.snapshot.ended:
                job._update(**_sudden_end(job, cause), place=0, seconds_left=None)
            self._forget(job)


def _sudden_end(job: Job, cause: Exception | None) -> dict:
    """State and message of a job whose worker has vanished without a word."""
    now, process = job.snapshot, job._process
    kept = f"The weights of update {now.step.step} are kept." if now.weights else "Nothing had been learnt yet."
    if job._stopping:
        return {"state": "stopped", "message": f"Stopped. {kept}"}
    if process.pid is None:
        return {"state": "failed", "message": f"The training process could not be started ({cause}): start once more."}
    reason = f"ended with code {process.exitcode}"
    if (process.exitcode or 0) < 0:
        reason = f"was ended from outside (signal {-process.exitcode}), often because memory ran out"
    message = f"The training process {reason}. {kept} Start again, perhaps with a smaller model."
    return {"state": "failed", "message": message}


workers = Workers()  # of this server, shared by all visitors
