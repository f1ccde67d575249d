"""The VAE page's server side: its sections, its training tasks, its live numbers."""

import math
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest
from test_vae import patterns, random_vae

from deepgen import checkpoint
from deepgen.training import fit
from deepgen.vae import VAE, VAEConfig
from ui.checkpoints import Choice
from ui.vae import models as vae_models
from ui.vae import numbers as vae_numbers
from ui.vae import training as vae_training

ROOT = Path(__file__).parents[1]


def test_bounds_of_one_picture_come_in_order():
    found = vae_numbers.bounds_of(random_vae(), patterns()[[21]])
    assert found["elbo"] < found["IWAE_10"] < found["IWAE_100"] < found["log_likelihood"] + 0.05
    assert found["reconstruction"] - found["kl"] == pytest.approx(found["elbo"])
    assert found["log_likelihood"] - found["IWAE_100"] < found["log_likelihood"] - found["elbo"]


def test_one_divergence_is_bounded_and_the_other_is_not():
    kl, js = vae_numbers.divergences(3, 0.1)
    assert kl == pytest.approx(6.31, abs=0.01)
    assert 0.68 < js < math.log(2)
    assert vae_numbers.divergences(0, 1) == pytest.approx((0, 0), abs=1e-9)


def test_what_the_controls_say_can_be_trained():
    defaults = {control.name: control.default for control in vae_training.CONTROLS}
    task = vae_training.make_task(defaults | {"num_hidden": "8-4", "num_latents": 3, "num_epochs": 1, "batch_size": 10})
    assert task.model is VAE and task.config.num_hidden == (8, 4) and task.config.num_latents == 3
    data = torch.rand(20, 784, generator=torch.Generator().manual_seed(0))
    step = fit(task.trainer, task.model(task.config), data, rng=torch.Generator().manual_seed(0))
    shown = {
        line.metric for plot in vae_training.PLOTS for line in plot.lines if not line.metric.startswith("held_out")
    }
    assert shown - {"active_latents"} <= set(step.metrics)


def test_every_option_of_a_control_is_one_that_the_trainer_takes():
    defaults = {control.name: control.default for control in vae_training.CONTROLS}
    for control in vae_training.CONTROLS:
        for option in control.options:
            vae_training.make_task(defaults | {control.name: option})


def test_the_mathematics_shows_the_numbers_of_the_chosen_picture():
    app = AppTest.from_file(ROOT / "ui" / "shell.py", default_timeout=60).run()
    app.switch_page("../pages/vae.py").run()
    app.segmented_control(key="vae_section").set_value("Mathematics").run()
    assert not app.exception
    kl = app.metric[0].value
    app.slider(key="vae_mean").set_value(0.0).run()
    app.slider(key="vae_deviation").set_value(1.0).run()
    assert (kl, app.metric[0].value) == ("6.31 nats", "0.00 nats")


def test_a_model_of_ones_own_has_a_square_only_with_two_latents():
    def mine(**config):
        vae = VAE(VAEConfig(**{"num_visible": 784, "num_hidden": (4,)} | config))
        return Choice("kept mine", "mine", "/somewhere", checkpoint.dumps(vae, data="mnist"))

    assert vae_models.of(mine())["names"] == list("0123456789")
    assert vae_models.of(mine(num_latents=3)) is None
    assert vae_models.of(mine(num_visible=6)) is None
    assert vae_models.of(mine(visible="gaussian")) is None


def test_what_is_brought_along_is_told_its_place_or_refused():
    assert "*Square*" in vae_models.place({"num_visible": 784})
    assert "20 latents" in vae_models.place({"num_latents": 20})
    with pytest.raises(ValueError, match="Gaussian"):
        vae_models.place({"visible": "gaussian"})


def test_a_missing_data_set_leaves_the_model_without_test_pictures(monkeypatch):
    def missing(name, count):
        raise ValueError("not on this machine")

    monkeypatch.setattr(vae_models.assets, "images_url", missing)
    assert vae_models.entry("vae-fashion", "clothes", "/somewhere", "fashion")["images"] is None


def test_the_path_of_both_terms_is_averaged_over_neighbours():
    path = vae_training._averaged(torch.arange(1000.0).numpy())
    assert len(path) == 77 and path[-1] == 993 and path == sorted(path)
