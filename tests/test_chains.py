"""Chains as values, and what can be told from watching them."""

from itertools import islice

import torch

from deepgen.chains import Chains, Clamp, run_chains
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


def test_chains_are_values():
    a = Chains((torch.zeros(2, 3), torch.zeros(2, 2)))
    assert a._replace(layers=a.layers[:1]).layers[0] is a.layers[0] and len(a.layers) == 2
