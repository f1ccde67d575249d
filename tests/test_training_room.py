"""The training room through AppTest, around the toy trainer. No fragment runs by itself there: ``look`` reruns."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from deepgen import checkpoint
from deepgen.rbm import RBM, RBMConfig
from ui import checkpoints
from ui.training.jobs import Snapshot
from ui.training.room import duration, status
from ui.training.workers import workers

LONG = 30.0


@pytest.fixture
def room():
    app = AppTest.from_file("training_room_app.py", default_timeout=60).run()
    assert not app.exception
    yield app
    if "toy_job" in app.session_state:
        app.session_state["toy_job"].stop()
        assert app.session_state["toy_job"].wait(LONG)


@pytest.fixture(scope="module", autouse=True)
def all_workers_end():
    yield
    deadline = time.monotonic() + LONG
    while workers._unfinished and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not workers._unfinished


def press(app, name):
    app.button(key=f"toy_{name}").click().run()
    assert not app.exception, app.exception
    return app.session_state["toy_job"]


def look(app, condition):
    """Run the page again once the job is as wanted."""
    job = app.session_state["toy_job"]
    now = job.wait_for(condition, LONG)
    assert condition(now), now.message
    app.run()
    assert not app.exception, app.exception
    return now


def buttons(app):
    return {button.label for button in app.button}


def texts(app):
    return " ".join(element.value for kind in ("caption", "info", "error", "markdown") for element in app.get(kind))


def test_the_empty_room_says_what_to_do(room):
    assert room.info[0].value == "Press Train." and buttons(room) == {"Train"}
    assert [slider.label for slider in room.select_slider] == ["Hidden units", "Rate", "Updates"]


def test_train_pause_resume_stop(room):
    job = press(room, "train")
    now = look(room, lambda now: now.step and now.weights and now.step.step > 5)
    assert now.state == "running" and buttons(room) == {"Pause", "Stop"}
    assert room.select_slider(key="toy_train_num_hidden").disabled
    assert not room.select_slider(key="toy_train_learning_rate").disabled
    assert "stage of version" in texts(room) and "/assets/" in texts(room)
    press(room, "pause")
    assert buttons(room) >= {"Resume", "Stop", "Keep for this visit"} and job.snapshot.state == "paused"
    press(room, "resume")
    assert job.snapshot.state == "running" and buttons(room) == {"Pause", "Stop"}
    press(room, "stop")
    assert job.snapshot.state == "stopped"
    assert buttons(room) >= {"Train", "Train on", "Keep for this visit"}
    assert not room.select_slider(key="toy_train_num_hidden").disabled
    assert len(room.get("plotly_chart")) == 1 and len(room.get("download_button")) == 2


def test_a_live_control_reaches_the_worker(room):
    job = press(room, "train")
    room.select_slider(key="toy_train_learning_rate").set_value(2.0).run()
    assert job.snapshot.trainer.learning_rate == 2.0
    assert job.wait_for(lambda now: now.curves and now.curves["rate"][1][-1] == 2.0, LONG).curves["rate"][1][-1] == 2.0


def test_train_on_begins_with_the_weights_that_are_there(room):
    room.select_slider(key="toy_train_num_steps").set_value(5).run()
    press(room, "train")
    look(room, lambda now: now.state == "finished")
    press(room, "onward")
    now = look(room, lambda now: now.state == "finished")
    assert checkpoint.loads(now.weights)[0].W[0, 0].item() == 10.0
    room.select_slider(key="toy_train_num_hidden").set_value(3).run()
    press(room, "onward")
    look(room, lambda now: now.state == "failed")
    assert "choose the same architecture" in room.error[0].value


@pytest.mark.parametrize(("mishap", "sentence"), [("killed", "ended from outside"), ("diverged", "try a lower rate")])
def test_a_mishap_is_told_and_the_weights_can_be_taken_along(room, mishap, sentence):
    room.selectbox(key="toy_train_mishap").set_value(mishap).run()
    press(room, "train")
    look(room, lambda now: now.state == "failed")
    assert sentence in room.error[0].value
    assert buttons(room) >= {"Train", "Keep for this visit"} and len(room.get("download_button")) == 2


def test_impossible_settings_are_a_sentence(room):
    room.selectbox(key="toy_train_mishap").set_value("bad").run()
    room.button(key="toy_train").click().run()
    assert (
        room.error[0].value == "This cannot be trained: that mishap is unknown." and "toy_job" not in room.session_state
    )


def test_the_training_survives_a_look_at_another_section_and_can_be_chosen_there(room):
    room.select_slider(key="toy_train_num_steps").set_value(5).run()
    job = press(room, "train")
    look(room, lambda now: now.state == "finished")
    press(room, "keep")
    room.segmented_control(key="toy_section").set_value("Models").run()
    assert room.selectbox(key="toy_model").options == ["Your training", "rbm-toy-update-5"]
    room.segmented_control(key="toy_section").set_value("Train").run()
    assert room.session_state["toy_job"] is job and buttons(room) >= {"Train"}


def test_without_any_model_the_picker_says_how_to_get_one(room):
    room.segmented_control(key="toy_section").set_value("Models").run()
    assert "train one, or bring" in room.info[0].value


def test_two_visitors_do_not_see_each_other(room):
    job = press(room, "train")
    other = AppTest.from_file("training_room_app.py", default_timeout=60).run()
    assert "toy_job" not in other.session_state and other.info[0].value == "Press Train."
    assert other.session_state["visitor"] != room.session_state["visitor"] == job.owner


def test_an_upload_is_taken_or_refused_in_a_sentence():
    content = checkpoint.dumps(RBM(RBMConfig(784, 2)), data="mnist")
    assert checkpoints.receive(content, "rbm") == "an RBM with 2,354 parameters, trained on mnist"
    with pytest.raises(ValueError, match="it holds an RBM, and this page is about the VAE"):
        checkpoints.receive(content, "vae")
    with pytest.raises(ValueError, match="its data have 4 numbers each"):
        checkpoints.receive(checkpoint.dumps(RBM(RBMConfig(4, 2))), "rbm")
    for broken in (b"", content[:50], content[:-1], b"PK\x03\x04 a zip"):
        with pytest.raises(checkpoint.CheckpointError):
            checkpoints.receive(broken, "rbm")


def test_status_and_durations_read_as_people_speak():
    assert [duration(seconds) for seconds in (0.2, 42.4, 61, 599, 660, 7300)] == [
        "1 s", "42 s", "1 min 01 s", "9 min 59 s", "11 min", "2 h 01 min",
    ]  # fmt: skip
    assert status(Snapshot("waiting", None, message="Place 2 in the queue.")) == "Place 2 in the queue."


def test_jobs_know_nothing_of_streamlit():
    for name in ("jobs", "workers", "processes", "worker", "preload", "series"):
        assert "import streamlit" not in Path("ui", "training", f"{name}.py").read_text()


def test_what_was_set_is_still_set_after_a_look_at_another_section(room):
    job = press(room, "train")
    room.select_slider(key="toy_train_learning_rate").set_value(2.0).run()
    room.segmented_control(key="toy_section").set_value("Models").run()
    room.segmented_control(key="toy_section").set_value("Train").run()
    assert room.select_slider(key="toy_train_learning_rate").value == 2.0
    assert job.snapshot.trainer.learning_rate == 2.0
