"""What the cards say, as the page "Compare" tells it."""

import pytest

from deepgen import checkpoint
from deepgen.dbn import DBN, DBNConfig
from deepgen.gan import GAN, GANConfig
from deepgen.rbm import RBM, RBMConfig
from deepgen.vae import VAE, VAEConfig
from ui.compare import numbers as compare_numbers


def row(model, **card):
    return compare_numbers.row("a model", checkpoint.dumps(model, **card))


def test_a_bracket_is_told_as_one_with_its_lower_end_first():
    found = row(RBM(RBMConfig(6, 4)), metrics={"log_likelihood_ais": -84.1, "log_likelihood_reverse_ais": -84.4}, seconds=12.0)
    assert (found.low, found.high) == (-84.4, -84.1)
    assert found.likelihood == "-84.4 to -84.1"
    assert "AIS" in found.kind
    assert (found.parameters, found.seconds) == (6 * 4 + 6 + 4, 12.0)


def test_an_exact_value_is_one_number():
    found = row(VAE(VAEConfig(6, (5,))), metrics={"log_likelihood": -131.0, "elbo": -133.0})
    assert found.likelihood == "-131.0"
    assert "quadrature" in found.kind


def test_estimates_that_are_far_apart_bracket_nothing():
    found = row(RBM(RBMConfig(6, 4)), metrics={"log_likelihood_ais": -93.8, "log_likelihood_reverse_ais": -182.2})
    assert found.likelihood == "no usable number: the estimates are 88 nats apart"
    assert not compare_numbers.scatter([found], "Parameters", "Log-likelihood or bound, nats (upper end)").data[0].y


def test_what_was_not_measured_and_what_cannot_be_are_different_sentences():
    assert row(RBM(RBMConfig(6, 4))).likelihood == "not measured"
    assert "no likelihood" in row(GAN(GANConfig(6, 2, (5,), (4,), batch_norm=False))).likelihood


@pytest.mark.parametrize(
    "model, expected",
    [
        (RBM(RBMConfig(6, 4)), 2 * 6 * 4),
        (DBN(DBNConfig((6, 5, 4, 8), num_labels=3)), 6 * 5 + 5 * 4 + 2 * (4 + 3) * 8),
        (VAE(VAEConfig(6, (5, 3), num_latents=2)), 2 * 3 + 3 * 5 + 5 * 6),
        (GAN(GANConfig(6, 2, (5,), (4,), batch_norm=False)), 2 * 5 + 5 * 6),
    ],
    ids=["rbm", "dbn", "vae", "gan"],
)
def test_multiplications_are_those_of_one_step(model, expected):
    assert row(model).multiplications == expected


def test_the_chart_leaves_out_what_has_no_number():
    rows = [row(RBM(RBMConfig(6, 4)), metrics={"log_likelihood": -3.0}), row(RBM(RBMConfig(6, 4)))]
    figure = compare_numbers.scatter(rows, "Parameters", "Log-likelihood or bound, nats (upper end)")
    assert list(figure.data[0].y) == [-3.0]


def test_what_was_not_timed_took_no_zero_seconds():
    found = row(RBM(RBMConfig(6, 4)))
    assert found.seconds is None
    assert "not timed" in compare_numbers.table([found])


def test_a_stack_took_the_seconds_of_what_it_stands_on_too():
    file = compare_numbers.PRETRAINED / "dbn-mnist.safetensors"
    below = checkpoint.card_of((compare_numbers.PRETRAINED / "rbm-mnist.safetensors").read_bytes())
    alone = checkpoint.card_of(file.read_bytes())
    assert compare_numbers.row("a stack", file.read_bytes()).seconds == pytest.approx(alone.seconds + below.seconds)


def test_densities_of_grey_pixels_stay_out_of_the_chart():
    grey = row(RBM(RBMConfig(6, 4, visible="gaussian")), metrics={"log_likelihood": -3.0})
    assert "not to be compared" in grey.kind
    assert not compare_numbers.scatter([grey], "Parameters", compare_numbers.NATS).data[0].y
    binary = row(RBM(RBMConfig(6, 4)), metrics={"log_likelihood": -9.0})
    assert sorted([grey, binary], key=compare_numbers.rank) == [binary, grey]


def test_the_saved_table_has_all_digits_and_empty_cells():
    heading, first = compare_numbers.csv([row(GAN(GANConfig(6, 2, (5,), (4,), batch_norm=False)))]).splitlines()
    assert dict(zip(heading.split(","), first.split(","), strict=True))["low"] == ""


def test_a_foreign_file_is_a_sentence():
    with pytest.raises(checkpoint.CheckpointError, match="PNG"):
        compare_numbers.row("a picture", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
