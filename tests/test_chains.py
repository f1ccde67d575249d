"""Chains as values, and what can be told from watching them."""

from itertools import islice

import pytest
import torch

from deepgen.chains import Chains, Clamp, run_chains
from deepgen.dbm import DBM, DBMConfig
from deepgen.rbm import RBM, RBMConfig


def test_running_yields_one_sweep_after_another_and_leaves_the_start_alone():
    model = RBM(RBMConfig(5, 3)).requires_grad_(False)
    start = model.init_chains(7, rng=torch.Generator().manual_seed(0))
    before = [layer.clone() for layer in start.layers]
    history = list(islice(run_chains(model, start, rng=torch.Generator().manual_seed(1)), 4))
    assert all(torch.equal(a, b) for a, b in zip(before, start.layers, strict=True))
    chains, rng = start, torch.Generator().manual_seed(1)
    for seen in history:
        chains = model.gibbs_step(chains, rng=rng)
        assert all(torch.equal(a, b) for a, b in zip(chains.layers, seen.layers, strict=True))
    assert not torch.equal(history[0].layers[0], history[1].layers[0])


def test_running_holds_the_clamp():
    model = RBM(RBMConfig(5, 3)).requires_grad_(False)
    clamp = Clamp(torch.tensor([1, 0, 0, 0, 1]).bool(), torch.tensor([1.0, 0, 0, 0, 0]))
    start = model.init_chains(7, rng=torch.Generator().manual_seed(0))
    for chains in islice(run_chains(model, start, rng=torch.Generator().manual_seed(1), clamp=clamp), 5):
        assert (chains.layers[0][:, 0] == 1).all() and (chains.layers[0][:, 4] == 0).all()


def test_a_clamp_changes_the_held_units_only():
    v = torch.tensor([[0.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    held = Clamp(torch.tensor([True, False, False]), torch.tensor([0.5, 9.0, 9.0])).apply(v)
    assert torch.equal(held, torch.tensor([[0.5, 0.0, 1.0], [0.5, 1.0, 1.0]]))


@pytest.mark.parametrize("kind", ["rbm", "dbm"])
def test_what_is_held_is_heard_from_the_first_sweep_on(kind):
    model = RBM(RBMConfig(4, 3)) if kind == "rbm" else DBM(DBMConfig((4, 3)))
    model, rng, n = model.double().requires_grad_(False), torch.Generator().manual_seed(0), 20_000
    for parameter in model.parameters():
        parameter.normal_(0, 2, generator=rng)
    held = Clamp(torch.ones(4).bool(), torch.tensor([1.0, 0, 0, 1]).double())
    start = Chains((1 - held.values.expand(n, 4), torch.zeros(n, 3).double()))
    h = model.gibbs_step(start, rng=rng, clamp=held).layers[1]
    mean = model.mean_hidden(held.values) if kind == "rbm" else model.mean(1, [held.values, None])
    assert ((h.mean(0) - mean).abs() < 4.5 * (mean * (1 - mean) / n).sqrt() + 1e-12).all()


def test_chains_are_values():
    a = Chains((torch.zeros(2, 3), torch.zeros(2, 2)))
    assert a._replace(layers=a.layers[:1]).layers[0] is a.layers[0] and len(a.layers) == 2
