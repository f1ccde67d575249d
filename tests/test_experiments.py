"""The paper's experiments as its notebook has them: the flaws are really in them, and what they write can be read."""

import json

import pytest
import torch

from benchmarks import experiments
from deepgen import datasets
from deepgen.dbn import DBN, DBNConfig
from deepgen.rbm import RBM, RBMConfig
from deepgen.vae import VAE, VAEConfig


@pytest.fixture(scope="module")
def images():
    return datasets.load("mnist").images[:400]


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(1)


def test_the_notebooks_update_of_the_weights_has_rank_one_in_each_phase(images, rng):
    rbm, again = RBM(RBMConfig(784, 6)), torch.Generator().manual_seed(1)
    experiments.train_rbm(rbm, images[: experiments.BATCH], num_epochs=1, rng=rng)  # one update
    start = torch.rand(784, 6, generator=again)
    assert torch.linalg.matrix_rank((rbm.W - start).double(), rtol=1e-4) <= 2


def test_every_layer_of_the_notebooks_stack_is_trained(images, rng):
    dbn = DBN(DBNConfig((784, 6, 5, 7)))
    experiments.train_dbn(dbn, images, num_epochs=1, rng=rng)
    assert all(rbm.W.any() for rbm in dbn.rbms)


@pytest.mark.parametrize(
    "model, rows",
    [(RBM(RBMConfig(784, 4)), 4), (DBN(DBNConfig((784, 4, 3, 5))), 4), (VAE(VAEConfig(784, (4,), 2)), 4)],
    ids=["rbm", "dbn", "vae"],
)
def test_a_sheet_shows_data_reconstructions_and_samples(model, rows, images, rng, tmp_path):
    from PIL import Image

    figures, pictures = experiments.measure(model, images, num_samples=20, num_sweeps=1, rng=rng)
    assert torch.equal(pictures[:10], images[:10])
    assert 0 < figures["reconstruction_error"] < 1
    assert json.loads(json.dumps(experiments.tidy(figures)))["samples_modes"] >= 0
    experiments.save_rows(pictures, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (280, 28 * rows)
        assert sheet.getpixel((5, 5)) == round(255 * float(pictures[0, 5 * 28 + 5]))


def test_pixels_drawn_alone_are_the_floor_that_a_model_must_beat():
    floor = experiments.without_a_model()
    assert -210 < floor["independent_pixels"] < -200
    assert 0.05 < floor["mean_image_error"] < 0.1


def test_what_has_no_number_is_null():
    assert experiments.tidy({"a": float("inf"), "b": -85.55364}) == {"a": None, "b": -85.5536}
