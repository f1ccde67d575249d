import os
import signal
import subprocess
import sys

import pytest
import torch
from PIL import Image

from deepgen import checkpoint
from deepgen.__main__ import RECIPES, main

TINY = {  # family: flags that make its training a matter of a second
    "rbm": ["--num-hidden", "12", "--num-epochs", "1000", "--batch-size", "30", "--learning-rate", "0.5"],
    "dbn": ["--layer-sizes", "8", "5", "--num-epochs", "10", "--batch-size", "10", "--num-chains", "10"],
    "dbm": ["--layer-sizes", "8", "5", "--num-epochs", "5", "--pretraining-num-epochs", "3", "--batch-size", "10"],
    "vae": ["--num-hidden", "20", "--num-epochs", "10", "--batch-size", "10"],
    "gan": ["--generator-layers", "16", "--discriminator-layers", "16", "--num-epochs", "10", "--batch-size", "10"],
    "classifier": [
        "--num-labels",
        "2",
        "--channels",
        "4",
        "--num-features",
        "8",
        "--num-epochs",
        "10",
        "--batch-size",
        "10",
    ],
}
BARS = ["--data", "bars-and-stripes-4x4"]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def trained(family, folder, *flags):
    path = folder / f"{family}.safetensors"
    assert main(["train", family, *BARS, *TINY[family], "--out", str(path), *flags]) == 0
    return path


@pytest.mark.parametrize("family", RECIPES)
def test_train_writes_a_checkpoint_that_tells_how_it_was_made(family, tmp_path, capsys):
    model, card = checkpoint.load(trained(family, tmp_path, "--seed", "7"))
    out, err = capsys.readouterr()
    assert "next: python -m deepgen evaluate" in out and "epoch" in err
    assert (card.family, card.data, card.seed) == (family, "bars-and-stripes-4x4", 7)
    assert card.trainer and card.seconds > 0
    again = checkpoint.load(trained(family, tmp_path, "--seed", "7"))[0]
    other = checkpoint.load(trained(family, tmp_path, "--seed", "8"))[0]
    weights = [[tensor for tensor in m.state_dict().values()] for m in (model, again, other)]
    assert all(torch.equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


@pytest.mark.parametrize("family", ["rbm", "dbn", "dbm", "vae", "classifier"])
def test_evaluate_prints_one_number_a_line(family, tmp_path, capsys):
    path = trained(family, tmp_path)
    capsys.readouterr()
    effort = ["--num-betas", "50", "--num-chains", "10"] if family in ("dbn", "dbm") else []
    assert main(["evaluate", str(path), *effort]) == 0
    numbers = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert numbers and all(float(value) == float(value) for value in numbers.values())
    if family == "rbm":
        assert float(numbers["log_likelihood"]) < -3.4  # no model beats the entropy, log 30, on its whole training set
        assert float(numbers["log_likelihood"]) > -7  # fair coins would have 16 log 2 = 11.1


@pytest.mark.parametrize("family", ["rbm", "dbn", "dbm", "vae", "gan"])
def test_sample_draws_a_grid(family, tmp_path, capsys):
    path = trained(family, tmp_path)
    assert main(["sample", str(path), "--out", str(tmp_path / "grid.png"), "--num", "7"]) == 0
    with Image.open(tmp_path / "grid.png") as picture:
        assert picture.size == (3 * 4, 3 * 4) and picture.mode == "L"  # seven tiles in three rows of three
        assert picture.getextrema()[1] > 0
        assert not any(picture.crop((4, 8, 12, 12)).tobytes())  # the two places left over stay black


def test_gaussian_units_come_back_as_intensities(tmp_path):
    path = trained("rbm", tmp_path, "--visible", "gaussian", "--learning-rate", "0.01", "--num-epochs", "50")
    assert main(["sample", str(path), "--out", str(tmp_path / "grid.png"), "--num", "400", "--num-steps", "20"]) == 0
    with Image.open(tmp_path / "grid.png") as picture:
        pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).float()
    assert 60 < pixels.mean() < 195  # bars and stripes are half dark; standardised pixels would have mean 0


def test_labelled_networks_are_trained_and_sampled_by_label(tmp_path, capsys):
    path = trained("dbn", tmp_path, "--num-labels", "2")
    assert main(["sample", str(path), "--out", str(tmp_path / "grid.png"), "--label", "1", "--num", "4"]) == 0
    assert main(["sample", str(path), "--out", str(tmp_path / "grid.png"), "--label", "7", "--num", "4"]) == 1
    assert "a label is a whole number from 0 to 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["train", "rbm", "--data", "mnits", "--out", "x"], "there is no data set 'mnits'"),
        (["train", "rbm", *BARS, "--out", "no/such/folder/x"], "no/such/folder/x cannot be written"),
        (["train", "rbm", *BARS, "--out", "."], ". cannot be written"),
        (["train", "vae", *BARS, "--num-epochs", "0", "--out", "x"], "nothing to train"),
        (["train", "rbm", *BARS, "--num-hidden", "1000000000", "--out", "x"], "num_hidden of RBMConfig cannot be"),
        (["train", "rbm", *BARS, "--learning-rate", "-1", "--out", "x"], "learning_rate is a finite number"),
        (["train", "rbm", *BARS, "--num-hidden", "0", "--out", "x"], "at least one unit"),
        (["evaluate", "nowhere.safetensors"], "nowhere.safetensors cannot be loaded: No such file"),
        (["sample", __file__, "--out", "x.png"], "does not begin as a .safetensors file does"),
    ],
)
def test_errors_are_sentences_and_exit_codes(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert message in err and err.startswith("deepgen: ") and err.count("\n") == 1 and not out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sample", "x", "--out", "y", "--num", "0"],
        ["train"],
        ["train", "transformer"],
        ["pretrain", "nothing"],
        ["train", "rbm"],
    ],
)
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


def test_efforts_that_a_family_does_not_know_are_refused(tmp_path, capsys):
    path = trained("classifier", tmp_path)
    assert main(["evaluate", str(path), "--num-betas", "10"]) == 1
    assert "a classifier is evaluated without num_betas" in capsys.readouterr().err
    assert main(["sample", str(path), "--out", str(tmp_path / "x.png")]) == 1
    assert "nothing to sample from" in capsys.readouterr().err


def test_diverging_keeps_the_last_finite_weights(tmp_path, capsys):
    path = tmp_path / "rbm.safetensors"
    flags = ["--visible", "gaussian", "--learning-rate", "1e30", "--num-epochs", "50"]
    assert main(["train", "rbm", *BARS, *TINY["rbm"], *flags, "--out", str(path)]) == 1
    assert "diverged" in capsys.readouterr().err
    checkpoint.load(path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_keeps_what_was_learnt(tmp_path):
    path = tmp_path / "rbm.safetensors"
    command = [sys.executable, "-m", "deepgen", "train", "rbm", *BARS, *TINY["rbm"], "--num-epochs", "1000000"]
    process = subprocess.Popen(
        [*command, "--out", str(path)], stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert "epoch" in process.stderr.readline()  # the first step is reported at once
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped early; what was learnt is in" in err and "Traceback" not in err
    model, _ = checkpoint.load(path)
    assert model.W.any()


def test_list_names_every_preset(capsys):
    assert main(["list"]) == 0
    assert "classifier-mnist" in capsys.readouterr().out
