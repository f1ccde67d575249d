"""The laboratory's exact sums against the ones in test_dbn, and the theorem of greedy training without noise."""

import pytest
import torch
from test_dbn import exact_bound, exact_log_likelihood, generator, random_model, stack_on, states

from deepgen.dbn import DBN, DBNConfig
from deepgen.dbn_exact import bound, fit_bottom, fit_top
from deepgen.likelihood import log_likelihood, log_partition_exact
from deepgen.rbm import RBM, RBMConfig


@torch.no_grad()
@pytest.mark.parametrize("tied", [True, False])
def test_both_sides_of_equation_15(tied):
    dbn, v = random_model(DBN(DBNConfig((4, 3, 5), tied=tied))), states(4)
    found = bound(dbn, v)
    assert torch.allclose(found.log_likelihood, exact_log_likelihood(dbn, v), atol=1e-12)
    assert torch.allclose(found.bound, exact_bound(dbn, v), atol=1e-12)
    assert torch.allclose(found.log_likelihood - found.bound, found.gap, atol=1e-12)
    assert (found.gap > 0).all()


@torch.no_grad()
def test_greedy_training_raises_the_bound_step_by_step_and_log_p_with_it():
    data = states(4)[[3, 12, 5]]
    rbm = RBM(RBMConfig(4, 3)).double()
    rbm.W.copy_(torch.randn(4, 3, generator=generator(1), dtype=torch.float64))
    fit_bottom(rbm, data, num_steps=100, rate=2.0)
    own = log_likelihood(rbm, data, log_partition_exact(rbm)).mean()
    curve = list(fit_top(stack_on(rbm, 4), data, num_steps=60, rate=1.0))
    assert curve[0].gap.abs().max() < 1e-12
    assert curve[0].log_likelihood.mean().item() == pytest.approx(own.item(), abs=1e-12)
    bounds = torch.stack([each.bound.mean() for each in curve])
    assert (bounds.diff() > 0).all() and bounds[-1] > bounds[0] + 0.05
    assert all((each.log_likelihood > each.bound - 1e-12).all() for each in curve)


def test_the_exact_bound_is_for_two_rbms():
    with pytest.raises(ValueError, match="two RBMs"):
        bound(DBN(DBNConfig((4, 3, 3, 3))), states(4))
