"""Every page's training room: what its controls say by default trains, with the real data, in a real worker."""

import importlib

import pytest

from deepgen import checkpoint
from ui.training.workers import Workers

FAMILIES = ("rbm", "dbn", "dbm", "vae", "gan")
LONG = 60.0


@pytest.fixture(scope="module")
def workers():
    workers = Workers(slots=1)
    yield workers
    workers.shutdown()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_default_settings_train(workers, family):
    room = importlib.import_module(f"ui.{family}.training")
    task = room.make_task({control.name: control.default for control in room.CONTROLS})
    job = workers.submit(task, "ada")
    now = job.wait_for(lambda now: (now.step and now.curves and now.weights) or now.ended, LONG)
    assert now.state == "running", now.message
    job.pause()
    assert job.wait(LONG)
    model, card = checkpoint.loads(job.snapshot.weights)
    assert model.config == task.config and card.family == task.model.family and card.seed == task.seed
    job.resume()
    job.stop()
    assert job.wait(LONG) and job.snapshot.state == "stopped"
    measured = {line.metric for plot in room.PLOTS for line in plot.lines}
    assert measured & set(job.snapshot.curves), "no curve of the page is measured from the first update on"
