"""The race: one start, the same batches, the same noise; and what is measured of chains."""

import math

import pytest
import torch

from deepgen.chains import autocorrelation
from deepgen.race import contestants, dream, race
from deepgen.rbm import RBM, RBMConfig


def test_contestants_share_their_start_and_everything_that_is_measured():
    rng = torch.Generator().manual_seed(0)
    data = (torch.rand(200, 6, generator=rng) < torch.linspace(0.1, 0.9, 6)).float()
    trainers = contestants(num_epochs=2, average_last=0.0, learning_rate=0.1)
    effort = {"num_betas": 20, "num_chains": 20, "burn_in": 5}
    laps = list(
        race(trainers, RBMConfig(6, 4), data, data, seed=3, num_sweeps=40, label=lambda x: x[:, 0] > 0.5, **effort)
    )
    assert [lap["CD-1"].epoch for lap in laps] == [1, 2]
    assert set(laps[0]) == {"CD-1", "CD-10", "PCD-1"}
    for lap in laps[-1].values():
        assert 0 < lap.reconstruction_error < 0.5
        assert -6 < lap.log_likelihood.upper < 0
        assert lap.dreams.shape == (36, 6)
        assert 1 <= lap.digits_visited <= 2
    # trained alone with the same seed, a contestant arrives at the same weights
    alone = RBM(RBMConfig(6, 4))
    for _ in trainers["CD-10"].steps(alone, data, rng=torch.Generator().manual_seed(3)):
        pass
    assert torch.equal(alone.W, laps[-1]["CD-10"].model.W)
    assert not torch.equal(alone.W, laps[-1]["CD-1"].model.W)


def test_the_first_update_of_all_sees_the_same_batch():
    """With a learning rate of zero nothing is learnt, and all contestants remain the start that they share."""
    data = torch.rand(100, 5, generator=torch.Generator().manual_seed(0))
    weights = []
    for trainer in contestants(num_epochs=1, learning_rate=0.0).values():
        model = RBM(RBMConfig(5, 3))
        for _ in trainer.steps(model, data, rng=torch.Generator().manual_seed(1)):
            pass
        weights.append(model.W)
    assert torch.equal(weights[0], weights[1]) and torch.equal(weights[0], weights[2])


def test_autocorrelation_of_a_known_chain():
    """x_t = r x_(t-1) + noise: the correlation at lag k is r^k."""
    rng, r = torch.Generator().manual_seed(0), 0.8
    x = [torch.randn(200, 3, generator=rng)]
    for _ in range(400):
        x.append(r * x[-1] + math.sqrt(1 - r * r) * torch.randn(200, 3, generator=rng))
    found = autocorrelation(torch.stack(x), 5)
    torch.testing.assert_close(found, r ** torch.arange(6.0), rtol=0, atol=0.02)


def test_chains_that_are_stuck_stay_correlated():
    stuck = torch.randn(1, 10, 3, generator=torch.Generator().manual_seed(0)).expand(20, -1, -1)
    torch.testing.assert_close(autocorrelation(stuck, 10), torch.ones(11))
    with pytest.raises(ValueError, match="longer history"):
        autocorrelation(stuck, 20)


def test_chains_that_keep_to_their_own_mode_stay_correlated():
    """Half the chains stay about 1, half about -1: of the variance 1 + 1/4 the 1 is never forgotten."""
    noise = torch.randn(400, 100, 3, generator=torch.Generator().manual_seed(0))
    side = torch.tensor([1.0, -1.0]).repeat(50)[:, None]
    expected = torch.tensor([1.0, 0.8, 0.8, 0.8])
    torch.testing.assert_close(autocorrelation(side + 0.5 * noise, 3), expected, rtol=0, atol=0.01)


def test_dreams_of_two_equal_models_are_equal():
    models = [RBM(RBMConfig(5, 3)).requires_grad_(False) for _ in range(2)]
    a, b = (dream(model, 20, rng=torch.Generator().manual_seed(0)) for model in models)
    assert torch.equal(a.visible, b.visible) and math.isnan(a.digits_visited)
    assert len(a.autocorrelation) == 2  # of sweeps 10 and 15: the first half is for arriving
