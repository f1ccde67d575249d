"""Starting worker processes fast, and without running the page again in them. Never imports streamlit.

On Linux and macOS a fork server imports torch and the trainers once; a worker is a fork of it. Elsewhere a worker is a
new interpreter, which takes seconds to start. Either would import the main module of its parent, which in the script
thread of a page is the page: it is left out of what the child is told.
"""

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.spawn
import os
import threading
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"

_context = multiprocessing.get_context(METHOD)
_preparation_data = multiprocessing.spawn.get_preparation_data
_starting = threading.Lock()


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(connection: Connection, task):
    """A worker process for the task, not started yet."""
    return _context.Process(target=_work, args=(connection, task), daemon=True, name="training")


def start(process) -> None:
    """Start a prepared process; a tenth of a second once the fork server is warm."""
    warm()
    with _starting:
        multiprocessing.spawn.get_preparation_data = _without_main
        try:
            process.start()
        finally:
            multiprocessing.spawn.get_preparation_data = _preparation_data


def warm() -> None:
    """Start the fork server unless it runs. Returns at once; the imports go on in the background for a few seconds."""
    if METHOD != "forkserver":
        return
    with _starting:
        before = {name: os.environ.get(name) for name in ("PYTHONPATH", "OMP_NUM_THREADS")}
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), before["PYTHONPATH"]]))
        os.environ["OMP_NUM_THREADS"] = "1"
        try:
            _context.set_forkserver_preload(["ui.training.preload"])
            multiprocessing.forkserver.ensure_running()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def _without_main(name: str) -> dict:
    return {key: value for key, value in _preparation_data(name).items() if not key.startswith("init_main")}


def _work(connection: Connection, task) -> None:
    from ui.training.worker import work  # imports torch: in the worker, not in the server

    work(connection, task)
