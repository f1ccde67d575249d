import pytest
import torch

from deepgen import datasets, evaluation
from deepgen.classifier import Classifier, ClassifierConfig
from deepgen.dbm import DBM, DBMConfig
from deepgen.dbn import DBN, DBNConfig
from deepgen.enumeration import log_marginal
from deepgen.enumeration import log_partition_exact as log_partition_exact_dbm
from deepgen.likelihood import all_states, log_likelihood, log_partition_exact
from deepgen.rbm import RBM, RBMConfig
from deepgen.vae import VAE, VAEConfig

BARS = "bars-and-stripes-3x3"
EFFORT = {"num_betas": 200, "num_chains": 200}


def randomised(model, scale=0.5, seed=1):
    rng = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data.normal_(0, scale, generator=rng)
    return model


@torch.no_grad()
def test_small_rbms_are_measured_exactly():
    model = randomised(RBM(RBMConfig(9, 4)))
    exact = log_likelihood(model, datasets.load(BARS).images, log_partition_exact(model)).mean().item()
    assert evaluation.evaluate(model, BARS) == {"log_likelihood": pytest.approx(exact, abs=1e-5)}


@torch.no_grad()
def test_wide_rbms_are_measured_from_both_sides():
    model = randomised(RBM(RBMConfig(9, 21)), scale=0.2)
    wide = RBM(RBMConfig(25, 21))
    wide.W[:9].copy_(model.W)
    wide.visible.bias[:9].copy_(model.visible.bias)
    wide.hidden.bias.copy_(model.hidden.bias)
    exact = log_likelihood(wide, datasets.load("bars-and-stripes-5x5").images, log_partition_exact(model)).mean().item()
    exact -= 16 * torch.tensor(2.0).log().item()  # pixels without weights are fair coins
    metrics = evaluation.evaluate(wide, "bars-and-stripes-5x5", **EFFORT)
    for side in ("log_likelihood_ais", "log_likelihood_reverse_ais"):
        assert metrics[side] == pytest.approx(exact, abs=0.1)


@torch.no_grad()
def test_gaussian_units_are_measured_on_standardised_pixels():
    model = RBM(RBMConfig(9, 2, visible="gaussian"))
    x = datasets.load(BARS).images
    x = (x - x.mean(0)) / x.std(0)
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1).mean().item()
    assert evaluation.evaluate(model, BARS)["log_likelihood"] == pytest.approx(normal, abs=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("num_labels", [0, 2])
def test_the_bound_of_a_dbn_holds_labels_or_not(num_labels):
    model = randomised(DBN(DBNConfig((9, 5, 4), num_labels=num_labels)), scale=0.5)
    if num_labels:
        model.top.visible.bias[-2:] = torch.tensor([2.0, 0.5])  # labels have biases, too
    hidden = torch.cat(list(all_states(5, dtype=torch.float32)))
    log_joint = -model.top_free_energy(hidden)  # of the hidden layer, up to the top's log Z
    below = model.layers[0]
    inputs = below.inputs_to_visible(hidden)
    x = datasets.load(BARS).images
    log_given = x @ (inputs + below.visible.bias).T - below.visible.log_partition(inputs)
    log_p = (log_given + log_joint).logsumexp(1) - log_joint.logsumexp(0)
    metrics = evaluation.evaluate(model, BARS, num_samples=50, **EFFORT)
    assert metrics["bound_ais"] < log_p.mean() + 0.1 and metrics["bound_reverse_ais"] < log_p.mean() + 0.1
    exact = model.log_likelihood_bound(
        x, log_joint.logsumexp(0).item(), num_samples=500, rng=torch.Generator().manual_seed(2)
    )
    assert metrics["bound_ais"] == pytest.approx(exact.mean().item(), abs=0.15)
    assert ("accuracy" in metrics) == bool(num_labels)


@torch.no_grad()
def test_the_bound_of_a_dbm_holds():
    model = randomised(DBM(DBMConfig((9, 5, 4))), scale=0.3)
    exact = (log_marginal(model, datasets.load(BARS).images) - log_partition_exact_dbm(model)).mean().item()
    metrics = evaluation.evaluate(model, BARS, num_sweeps=100, **EFFORT)
    for side in ("bound_ais", "bound_reverse_ais"):
        assert exact - 0.5 < metrics[side] < exact + 0.1


@torch.no_grad()
def test_the_bound_of_a_dbm_is_that_of_the_fixed_point():
    model, x = randomised(DBM(DBMConfig((9, 5, 4))), scale=1.0), datasets.load(BARS).images
    metrics = evaluation.evaluate(model, BARS, num_sweeps=1, num_betas=2, num_chains=2)
    settled = model.log_likelihood_bound(x, 0.0, num_iterations=500).mean().item()
    assert metrics["bound_ais"] + metrics["log_partition_ais"] == pytest.approx(settled, abs=0.01)


@torch.no_grad()
def test_units_that_hear_nothing_do_not_speak():
    model = randomised(DBM(DBMConfig((9, 5, 4))), scale=2.0)
    model.weights[0][:, :2] = 0.0
    model.weights[1][:2] = 0.0
    model.weights[1][:, 1:] = 0.0
    v = datasets.load(BARS).images
    assert evaluation.speaking_units(model, v) == [3, 1]
    model.weights[1].zero_()
    assert evaluation.speaking_units(model, v) == [3, 0]


@torch.no_grad()
def test_the_way_back_of_a_dbm_begins_at_samples_of_the_model():
    """In a single step, with nowhere to recover on the way."""
    model = randomised(DBM(DBMConfig((64, 5, 4))), scale=0.3)
    metrics = evaluation.evaluate(model, "bars-and-stripes-8x8", num_sweeps=100, num_betas=2, num_chains=500)
    found = metrics["bound_ais"] + metrics["log_partition_ais"] - metrics["bound_reverse_ais"]
    assert found == pytest.approx(log_partition_exact_dbm(model), abs=0.5)


@torch.no_grad()
def test_bounds_of_a_vae_come_in_order():
    model = VAE(VAEConfig(9, (8,), 2))
    model.initialise(datasets.load(BARS).images, rng=torch.Generator().manual_seed(1))
    metrics = evaluation.evaluate(model, BARS, num_samples=500)
    assert metrics["elbo"] <= metrics["importance_weighted_bound_500"] <= metrics["log_likelihood"] + 0.05
    assert metrics["log_likelihood"] - metrics["importance_weighted_bound_500"] < 0.1


@torch.no_grad()
def test_grey_values_are_measured_as_they_are():
    """A decoder that knows the biases alone: both bounds are sums over pixels."""
    model = VAE(VAEConfig(784, (2,)))
    model.visible.bias.fill_(-2.0)
    metrics = evaluation.evaluate(model, "mnist", num_examples=20, num_samples=2)
    on, off = torch.tensor([-2.0, 2.0]).sigmoid().log().tolist()
    grey = datasets.load("mnist", "test").images[:20].sum(1).mean().item()
    binary = datasets.binarised_test("mnist")[:20].sum(1).mean().item()
    assert grey != binary
    assert metrics["elbo_of_grey_values"] == pytest.approx(grey * on + (784 - grey) * off, rel=1e-5)
    assert metrics["elbo"] == pytest.approx(binary * on + (784 - binary) * off, rel=1e-5)


def test_a_classifier_that_always_says_the_same_is_right_as_often_as_that_label_comes():
    model = Classifier(ClassifierConfig((3, 3), num_labels=2, channels=(2,)))
    model.output.bias.data[1] = 1.0
    labels = datasets.load(BARS).labels
    assert evaluation.evaluate(model, BARS) == {"accuracy": labels.double().mean().item()}


def test_efforts_unknown_to_a_family_are_refused():
    with pytest.raises(ValueError, match="a classifier is evaluated without num_betas"):
        evaluation.evaluate(Classifier(ClassifierConfig((3, 3), channels=(2,))), BARS, num_betas=3)
