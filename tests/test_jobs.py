import multiprocessing
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from toy_trainer import ToyTrainer, initialise, measure

from deepgen import checkpoint
from deepgen.contrastive_divergence import ContrastiveDivergence
from deepgen.rbm import RBM, RBMConfig
from ui.training import processes
from ui.training.jobs import Task
from ui.training.series import Series
from ui.training.workers import MAX_UNFINISHED, Workers

LONG = 60.0  # seconds: a limit that is reached only when something is broken


def task(**changes) -> Task:
    fields = {name: changes.pop(name) for name in ("seed", "start", "measure", "initialise") if name in changes}
    examples = np.zeros((4, 3), np.float32)
    return Task(RBM, RBMConfig(3, 2), ToyTrainer(**changes), data="toy", examples=examples, **fields)


def alive(job) -> bool:
    """Whether the worker of the job is still among the processes."""
    return job._process is not None and job._process.is_alive()


@pytest.fixture(scope="module", autouse=True)
def warm_workers():
    """The first start waits for the fork server's imports; after it a start is fast."""
    workers = Workers(slots=1)
    job = workers.submit(task(num_steps=1), "first")
    assert job.wait_for(lambda now: now.ended, 60).state == "finished"
    yield
    workers.shutdown()


@pytest.fixture
def workers():
    workers = Workers(slots=1, grace=1.0)
    yield workers
    started = [job for job in workers._unfinished if job._process is not None]
    workers.shutdown()
    assert not any(alive(job) for job in started)


def running(workers, owner="ada", **changes):
    job = workers.submit(task(**changes), owner)
    assert job.wait_for(lambda now: now.step and now.weights, LONG).state == "running"
    return job


def weight(content: bytes) -> float:
    model, _ = checkpoint.loads(content)
    return model.W[0, 0].item()


def test_a_training_starts_without_a_new_interpreter_and_never_holds_up_the_page(workers):
    began = time.perf_counter()
    job = workers.submit(task(), "ada")
    assert time.perf_counter() - began < 0.5
    first = job.wait_for(lambda now: now.step, LONG)
    assert time.perf_counter() - began < 3  # 0.15 s on an idle machine; on a busy one imports alone take longer
    assert first.state == "running" and first.step.step >= 1 and not first.resting and 0 < first.progress < 0.5


def test_a_training_streams_to_its_end(workers):
    job = workers.submit(task(num_steps=300, measure=measure, seed=7), "ada")
    began = time.perf_counter()
    end = job.wait_for(lambda now: now.ended, LONG)
    assert (end.state, end.message, end.progress) == ("finished", "Finished.", 1.0)
    assert 300 * 0.002 < end.seconds < time.perf_counter() - began + 1
    assert end.step.particles is None and end.particles.tolist() == [[300.0] * 3] * 2
    updates, values = end.curves["step"]
    assert updates.tolist() == values.tolist() == list(range(1, 301))
    assert len(end.curves["mean_weight"][0]) >= 2 and end.curves["mean_weight"][1][-1] == 300
    assert end.phases[0] == (1, "first") and end.phases[-1][1] == "second" and end.version >= 2
    model, card = checkpoint.loads(end.weights)
    assert model.W[0, 0].item() == 300 and (card.family, card.data, card.seed) == ("rbm", "toy", 7)
    assert card.trainer[0]["name"] == "ToyTrainer" and card.metrics["mean_weight"] == 300


def test_the_time_left_is_that_of_the_present_pace(workers):
    job = running(workers, num_steps=10_000)
    now = job.wait_for(lambda now: now.step.step > 300, LONG)
    done = now.step.step / now.seconds
    assert now.seconds_left == pytest.approx((10_000 - now.step.step) / done, rel=0.8)


def test_a_snapshot_never_changes(workers):
    job = running(workers)
    snapshot = job.snapshot
    updates, values = (array.copy() for array in snapshot.curves["step"])
    job.wait_for(lambda now: now.version > snapshot.version, LONG)
    assert job.snapshot.version > snapshot.version and job.snapshot.step.step > snapshot.step.step
    np.testing.assert_array_equal(snapshot.curves["step"], (updates, values))
    with pytest.raises(AttributeError):
        snapshot.state = "finished"


def test_pause_stops_the_updates_and_resume_goes_on_where_it_was(workers):
    job = running(workers)
    began = time.perf_counter()
    job.pause()
    assert time.perf_counter() - began < 0.5 and job.snapshot.state == "paused"
    assert job.wait(LONG)
    held = job.snapshot
    assert weight(held.weights) == held.step.step  # the weights of the very update at which it was paused
    time.sleep(0.3)
    assert job.snapshot.step.step == held.step.step and alive(job)
    resumed = time.perf_counter()
    job.resume()
    later = job.wait_for(lambda now: now.step.step > held.step.step, LONG)
    assert later.state == "running"
    assert later.seconds - held.seconds < time.perf_counter() - resumed + 0.05  # the pause was no time of training
    job.pause(), job.resume(), job.pause(), job.resume()
    assert job.wait(LONG) and job.snapshot.state == "running"


def test_one_step_of_a_paused_training_under_rules_of_its_own(workers):
    job = running(workers)
    job.step(learning_rate=7.0)  # not while it runs
    job.pause()
    assert job.wait(LONG)
    held = job.snapshot
    job.step(learning_rate=7.0)
    assert job.wait(LONG)
    now = job.snapshot
    assert now.state == "paused" and now.step.step == held.step.step + 1 and now.version > held.version
    assert now.curves["rate"][1][-1] == 7.0 and now.trainer.learning_rate == 1.0
    job.step()
    assert job.wait(LONG) and job.snapshot.curves["rate"][1][-1] == 1.0
    job.resume()
    later = job.wait_for(lambda then: then.step.step > now.step.step + 5, LONG)
    assert later.curves["rate"][1][-1] == 1.0


def test_stop_keeps_what_was_learnt(workers):
    job = running(workers)
    job.stop()
    assert job.wait(LONG)
    end = job.snapshot
    assert end.state == "stopped" and "kept" in end.message and weight(end.weights) == end.step.step
    job.stop(), job.pause(), job.resume(), job.change(learning_rate=3.0)  # too late, and harmless
    assert job.snapshot is end


def test_stop_while_paused(workers):
    job = running(workers)
    job.pause()
    job.stop()
    assert job.wait(LONG) and job.snapshot.state == "stopped"


def test_a_worker_that_does_not_obey_is_ended(workers, monkeypatch):
    monkeypatch.setattr("ui.training.jobs.STOP_SECONDS", 0.2)
    job = running(workers, mishap="hangs", seconds_per_step=0.0)
    time.sleep(0.3)  # by now it hangs
    job.stop()
    assert job.wait(LONG) and job.snapshot.state == "stopped" and job.snapshot.weights


def test_hyper_parameters_change_while_it_runs(workers):
    job = running(workers)
    job.change(learning_rate=5.0)
    assert job.snapshot.trainer.learning_rate == 5.0
    end = job.wait_for(lambda now: now.curves["rate"][1][-1] == 5.0, LONG)
    assert set(end.curves["rate"][1]) == {1.0, 5.0}
    with pytest.raises(ValueError, match="learning_rate is at least 0"):
        job.change(learning_rate=-1.0)
    assert job.snapshot.state == "running" and job.snapshot.trainer.learning_rate == 5.0


@pytest.mark.parametrize(
    ("mishap", "sentence"),
    [
        ("killed", "ended from outside"),
        ("exception", "unexpected RuntimeError: the toy broke"),
        ("diverged", "Training diverged at update 100; try a lower rate"),
        ("not a number", "lower the learning rate"),
    ],
)
def test_a_mishap_is_a_sentence_and_the_last_good_weights_stay(workers, mishap, sentence):
    job = running(workers, mishap=mishap)
    end = job.wait_for(lambda now: now.ended, LONG)
    assert end.state == "failed" and sentence in end.message and end.message[0].isupper() and end.message.endswith(".")
    assert 0 < weight(end.weights) < 200
    following = workers.submit(task(num_steps=5), "ada")  # life goes on
    assert following.wait_for(lambda now: now.ended, LONG).state == "finished"


def test_a_worker_killed_from_outside_is_noticed(workers):
    job = running(workers)
    os.kill(job._process.pid, 9)
    assert job.wait_for(lambda now: now.ended, LONG).state == "failed"


def test_a_model_beyond_the_memory_fails_alone(workers):
    big = Task(RBM, RBMConfig(60000, 60000), ToyTrainer(), examples=np.zeros((4, 3), np.float32))
    end = workers.submit(big, "ada").wait_for(lambda now: now.ended, LONG)
    assert end.state == "failed" and "not enough memory" in end.message


def test_a_task_that_cannot_be_sent_fails_with_a_sentence(workers):
    job = workers.submit(task(measure=lambda model, *, rng: {}), "ada")
    assert "could not be started" in job.wait_for(lambda now: now.ended, LONG).message
    assert workers.submit(task(num_steps=1), "ada").wait_for(lambda now: now.ended, LONG).state == "finished"


def test_the_queue_shows_the_place_and_lets_everybodys_first_training_before_anybodys_second(workers):
    first = running(workers, "ada")
    second = workers.submit(task(), "ada")
    third = workers.submit(task(), "bob")
    assert (third.snapshot.place, second.snapshot.place) == (1, 2)
    assert second.snapshot.state == third.snapshot.state == "waiting" and "lace 2" in second.snapshot.message
    first.stop()
    assert third.wait_for(lambda now: now.step, LONG).state == "running"
    assert second.snapshot.place == 1 and second.snapshot.step is None
    second.change(learning_rate=4.0)  # taken along when it begins
    third.pause()  # and a pause frees the slot
    assert second.wait_for(lambda now: now.step, LONG).state == "running"
    assert set(second.wait_for(lambda now: now.curves, LONG).curves["rate"][1]) == {4.0}
    third.resume()
    assert third.snapshot.state == "waiting" and third.snapshot.place == 1
    third.stop()
    assert third.wait(LONG) and third.snapshot.state == "stopped"


def test_who_waits_can_pause_stop_and_resume(workers):
    first = running(workers)
    waiting, paused = workers.submit(task(), "bob"), workers.submit(task(), "eve")
    paused.pause()
    waiting.stop()
    assert waiting.snapshot.state == "stopped" and paused.snapshot.state == "paused"
    first.stop()
    assert first.wait(LONG) and paused.snapshot.step is None
    paused.resume()
    assert paused.wait_for(lambda now: now.step, LONG).state == "running"


def test_long_trainings_take_turns():
    workers = Workers(slots=1, turn=0.2)
    ada, bob = (workers.submit(task(), owner) for owner in ("ada", "bob"))
    for job in (ada, bob, ada, bob):
        seen = job.snapshot.step.step if job.snapshot.step else 0
        assert job.wait_for(lambda now, seen=seen: now.step and now.step.step > seen + 20, LONG).step.step > seen
    workers.shutdown()


def test_two_visitors_have_two_models():
    workers = Workers(slots=2)
    ada, bob = (running(workers, owner, learning_rate=rate) for owner, rate in (("ada", 1.0), ("bob", 2.0)))
    for job, rate in ((ada, 1.0), (bob, 2.0)):
        job.stop()
        assert job.wait(LONG)
        assert weight(job.snapshot.weights) == rate * job.snapshot.step.step
    workers.shutdown()


def test_one_visitor_cannot_fill_the_queue(workers):
    for _ in range(MAX_UNFINISHED):
        workers.submit(task(), "ada")
    with pytest.raises(ValueError, match="stop one of them first"):
        workers.submit(task(), "ada")
    workers.submit(task(), "bob")


def test_a_full_server_says_so_and_ends_what_is_paused_for_long(workers, monkeypatch):
    monkeypatch.setattr("ui.training.workers.MAX_UNFINISHED_IN_ALL", 2)
    monkeypatch.setattr("ui.training.workers.LONGEST_PAUSE_SECONDS", 0.0)
    forgotten, other = running(workers, "ada"), workers.submit(task(), "bob")
    forgotten.pause()
    with pytest.raises(ValueError, match="2 trainings of all visitors are under way"):
        workers.submit(task(), "eve")
    assert forgotten.wait(LONG) and forgotten.snapshot.state == "stopped" and forgotten.snapshot.weights
    assert other.wait_for(lambda now: now.step, LONG).state == "running"


def test_who_has_gone_is_stopped_after_the_grace_and_who_comes_back_is_not(workers):
    gone = running(workers, "ada")
    waiting = workers.submit(task(), "ada")
    workers.orphan("ada")
    assert gone.snapshot.state == "running"
    assert gone.wait_for(lambda now: now.ended, LONG).state == "stopped" and waiting.snapshot.ended
    assert not workers._gone

    back = running(workers, "bob")
    workers.orphan("bob")
    workers.adopt("bob")
    time.sleep(1.3)
    assert back.snapshot.state == "running"


def test_nothing_runs_after_the_shutdown():
    workers = Workers(slots=2)
    jobs = [running(workers, owner) for owner in ("ada", "bob")] + [workers.submit(task(), "eve")]
    jobs[0].pause()
    workers.shutdown()
    assert not any(alive(job) for job in jobs)
    assert all(job.wait_for(lambda now: now.ended, 5).state == "stopped" for job in jobs)
    with pytest.raises(ValueError, match="shutting down"):
        workers.submit(task(), "ada")


@pytest.mark.parametrize("paused", [False, True])
def test_a_worker_ends_when_its_server_is_no_more(paused):
    server_end, worker_end = multiprocessing.Pipe()
    process = processes.prepare(worker_end, task())
    processes.start(process)
    worker_end.close()
    assert server_end.recv()[0] == "progress"
    if paused:
        server_end.send(("pause", 1))
        while server_end.recv() != ("obeyed", 1):
            pass
    server_end.close()
    process.join(LONG)
    assert process.exitcode == 0


def test_training_goes_on_from_a_checkpoint(workers, tmp_path):
    first = workers.submit(task(num_steps=5, initialise=initialise), "ada").wait_for(lambda now: now.ended, LONG)
    assert weight(first.weights) == 1005
    path = tmp_path / "first.safetensors"
    path.write_bytes(first.weights)
    for start in (first.weights, path):
        second = workers.submit(task(num_steps=5, start=start), "ada").wait_for(lambda now: now.ended, LONG)
        assert weight(second.weights) == 1010
    other = Task(RBM, RBMConfig(3, 3), ToyTrainer(), examples=np.zeros((4, 3), np.float32), start=first.weights)
    end = workers.submit(other, "ada").wait_for(lambda now: now.ended, LONG)
    assert end.state == "failed" and "choose the same architecture" in end.message


def test_the_same_seed_gives_the_same_rbm(workers):
    trainer = ContrastiveDivergence(num_epochs=3, batch_size=10, num_chains=10)
    weights = []
    for seed in (1, 1, 2):
        rbm = Task(RBM, RBMConfig(16, 4), trainer, data="bars-and-stripes-4x4", seed=seed)
        end = workers.submit(rbm, "ada").wait_for(lambda now: now.ended, LONG)
        assert end.state == "finished" and "held_out_pseudo_log_likelihood" in end.curves
        weights.append(checkpoint.loads(end.weights)[0].W)
    assert weights[0].equal(weights[1]) and not weights[0].equal(weights[2])


def test_the_server_needs_neither_streamlit_nor_torch_to_have_workers():
    code = "import sys, ui.training.workers; print({'streamlit', 'torch'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=processes.ROOT, check=True)
    assert found.stdout.strip() == "set()"


def test_a_long_series_is_thinned_to_its_means():
    series = Series(limit=100)
    for step in range(1, 1001):
        series.add(step, float(step % 2))
        if step == 150:
            early = series.points()[0].copy(), series.points()
    updates, values = series.points()
    assert 50 <= len(updates) <= 100 and (np.diff(updates) > 0).all()
    np.testing.assert_allclose(values, 0.5)
    assert updates.mean() == pytest.approx(500, abs=20)
    np.testing.assert_array_equal(early[0], early[1][0])
