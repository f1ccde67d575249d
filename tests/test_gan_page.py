"""The GAN page without a browser: its sections, what the worker measures, the nearest training image, the spikes."""

import base64
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from deepgen import datasets
from deepgen.gan import GAN, GANConfig
from ui.gan import live as gan_live
from ui.gan import models as gan_models
from ui.gan import training as gan_training
from ui.gan import walk as gan_walk
from ui.gan.measure import NUM_BINS, measure
from ui.vae import training as vae_training

SHELL = Path(__file__).parents[1] / "ui" / "shell.py"


def test_equations_carry_live_numbers():
    app = AppTest.from_file(SHELL, default_timeout=60).run().switch_page("../pages/gan.py").run()
    app.segmented_control(key="gan_section").set_value("Mathematics").run()
    assert not app.exception
    assert any("0.0025" in latex.value and "0.9975" in latex.value for latex in app.latex)
    app.slider(key="gan_shift").set_value(0.0).run()
    assert any(r"-1.386 + 2 \cdot 0.000 = -1.386" in latex.value for latex in app.latex)


def test_every_setting_of_the_training_room_makes_a_task():
    defaults = {control.name: control.default for control in gan_training.CONTROLS}
    for control in gan_training.CONTROLS:
        for option in control.options or (True, False):
            task = gan_training.make_task(defaults | {control.name: option})
            assert task.model is GAN and task.config.num_visible == 784
    live = {control.name for control in gan_training.CONTROLS if control.live}
    assert live <= set(task.trainer.__dataclass_fields__), "what moves live is a field of the trainer"


def test_the_worker_measures_labels_and_verdicts():
    gan = GAN(GANConfig(784, 10, (8,), (8,)))
    found = measure(gan, data="mnist", rng=torch.Generator().manual_seed(0))
    for kind in ("real", "fake"):
        assert sum(found[f"{kind} {i}"] for i in range(NUM_BINS)) == pytest.approx(1, abs=1e-5)
    if "modes" in found:  # the classifier is there
        assert sum(found[f"label {i}"] for i in range(10)) == pytest.approx(1)
        assert 1 <= found["modes"] <= 10 and found["kl_labels"] >= 0


@pytest.mark.parametrize("count", [1, 25])
def test_the_nearest_training_images_are_found(monkeypatch, count):
    examples = (datasets.load("mnist").images[:2000] * 255).round().byte()
    monkeypatch.setattr(gan_walk, "training_bytes", lambda data: examples)
    pictures = examples[1234 : 1234 + count].numpy().tobytes()
    found = gan_walk.nearest({"id": 7, "data": "mnist", "pictures": base64.b64encode(pictures).decode()})
    assert found["id"] == 7 and max(found["distances"]) < 0.02 < found["usual"] and found["count"] == 2000
    assert base64.b64decode(found["pictures"]) == pictures


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"pictures": "?", "data": "mnist"}, {"pictures": "AAAA", "data": "mnist"}, {"pictures": 3},
        {"pictures": base64.b64encode(bytes(26 * 784)).decode(), "data": "mnist"},
    ],
)  # fmt: skip
def test_a_question_that_is_no_picture_is_not_answered(asked):
    assert gan_walk.nearest(asked) is None


def test_spikes_stand_out_of_the_median_before_them():
    values = [1.0 + 0.1 * (i % 3) for i in range(100)]
    values[50] = values[80] = 9.0
    assert gan_live.spikes(range(0, 1000, 10), values) == [500, 800]
    assert gan_live.spikes([], []) == []


def test_a_model_without_real_images_on_this_machine_is_not_offered(monkeypatch):
    def images_url(data, count=1000):
        if data == "fashion":
            raise ValueError("not on this machine")
        return "/somewhere"

    monkeypatch.setattr(gan_models.assets, "images_url", images_url)
    assert [model["data"] for model in gan_models.models()] == ["mnist"]


def test_a_generator_of_points_has_no_place_among_pictures():
    assert "Samples" in gan_models.place({"num_visible": 784, "output": "tanh"})
    with pytest.raises(ValueError, match="linear"):
        gan_models.place({"num_visible": 784, "output": "linear"})


def test_collapse_and_its_cure_set_the_controls_and_say_so():
    app = AppTest.from_file(SHELL, default_timeout=60).run().switch_page("../pages/gan.py").run()
    app.segmented_control(key="gan_section").set_value("Train").run()
    app.button(key="gan_remedy_0").click().run()
    assert app.toggle(key="gan_train_freeze_discriminator").value and any("D is frozen" in c.value for c in app.caption)
    app.button(key="gan_remedy_1").click().run()
    assert not app.exception and not app.toggle(key="gan_train_freeze_discriminator").value


def test_what_remedies_set_are_options_of_the_controls():
    for training in (gan_training, vae_training):
        controls = {control.name: control for control in training.CONTROLS}
        for settings, said in training.REMEDIES.values():
            assert said.startswith("Set: ")
            for name, value in settings.items():
                assert controls[name].live and value in (controls[name].options or (True, False))
