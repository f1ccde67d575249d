"""The computations that correct the paper, against closed forms and each other."""

import math

import pytest

from deepgen import errata


def test_the_outer_product_of_means_has_rank_one():
    found = errata.outer_product_of_means()
    assert found["rank_of_notebook"] == 1 < found["rank"]
    assert found["relative_error"] > 0.1


def test_the_bias_of_contrastive_divergence_falls_with_its_sweeps():
    biases = [errata.bias_of_contrastive_divergence(k) for k in (1, 10, 1000)]
    assert biases[0] > biases[1] > biases[2]
    assert biases[0] > 0.05
    assert biases[2] < 1e-3  # in the end the chain forgets where it began


def test_the_tied_start_needs_its_biases_swapped():
    found = errata.tied_start_with_and_without_swap()
    assert found["swapped"] < 1e-12
    assert found["printed"] > 0.05


def test_kl_is_unbounded_and_jensen_shannon_is_not():
    found = errata.kl_is_unbounded()
    assert found["kl"] == pytest.approx(6.31, abs=0.01)
    assert 0.6 < found["jensen_shannon"] < found["bound"] == math.log(2)


def test_slopes_in_the_logit():
    found = errata.slopes_in_the_logit()
    assert found["saturating"] == pytest.approx(-0.0025, abs=5e-5)
    assert found["non_saturating"] == pytest.approx(-0.9975, abs=5e-5)


def test_log_sigma_is_not_log_variance():
    found = errata.sigma_taken_for_variance()
    assert found["true"] == pytest.approx(0.5 * (1 + math.exp(-3) - 1 + 3))
    assert found["notebook"] < found["true"]


def test_binarisation_is_worth_forty_five_nats():
    assert errata.noise_of_binarisation() == pytest.approx(45.5, abs=0.3)
