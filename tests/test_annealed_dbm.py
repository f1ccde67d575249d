from itertools import islice

import pytest
import torch

from deepgen.annealed_dbm import AnnealedDBM
from deepgen.annealing import ais, linear_betas, reverse_ais
from deepgen.chains import Chains, run_chains
from deepgen.dbm import DBM, DBMConfig
from deepgen.enumeration import log_partition_exact
from deepgen.likelihood import all_states


def machine(sizes, visible="bernoulli", seed=0, scale=1.0):
    rng = torch.Generator().manual_seed(seed)
    model = DBM(DBMConfig(sizes, visible)).double()
    for name, parameter in model.named_parameters():
        if not name.endswith("log_sigma"):
            parameter.data = scale * torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
    return model.requires_grad_(False)


def exact_chains(model, num_chains, rng):
    states = torch.cat(list(all_states(sum(model.config.layer_sizes)))).split(model.config.layer_sizes, 1)
    chosen = torch.multinomial(torch.softmax(-model.energy(states), 0), num_chains, replacement=True, generator=rng)
    return Chains(tuple(x[chosen] for x in states))


@pytest.mark.parametrize("sizes", [(5, 4), (4, 3, 5), (4, 3, 3, 2)])
@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_the_path_begins_and_ends_where_it_says(sizes, visible):
    model, rng = machine(sizes, visible), torch.Generator().manual_seed(0)
    path = AnnealedDBM(model, base=torch.linspace(-1, 1, sizes[0]).double(), rng=rng)
    odd_states = torch.cat(list(all_states(sum(sizes[1::2])))).split(sizes[1::2], 1)
    state = path.beside(torch.zeros(len(odd_states[0]), sizes[0]).double(), list(odd_states))
    assert path.log_unnormalised(state, 0.0).logsumexp(0).item() == pytest.approx(path.log_partition_start(), abs=1e-5)
    assert path.log_unnormalised(state, 1.0).logsumexp(0).item() == pytest.approx(log_partition_exact(model))


@pytest.mark.parametrize("sizes", [(4, 3, 5), (4, 3, 3, 2)])
def test_ais_finds_the_exact_value_from_below_and_reverse_ais_from_above(sizes):
    model, rng = machine(sizes, scale=1.2), torch.Generator().manual_seed(1)
    exact = log_partition_exact(model)
    path = AnnealedDBM(model, rng=rng)
    *_, forward = ais(path, num_chains=4000, betas=linear_betas(60))
    assert abs(forward.estimate.value - exact) < 4 * forward.estimate.std_error
    *_, backward = reverse_ais(path, path.at(exact_chains(model, 4000, rng)), betas=linear_betas(60))
    assert abs(backward.estimate.value - exact) < 4 * backward.estimate.std_error
    # Hurried and with few chains each, the two err to their own sides.
    low = [list(ais(path, num_chains=2, betas=linear_betas(3)))[-1].estimate.value for _ in range(80)]
    high = [
        list(reverse_ais(path, path.at(exact_chains(model, 2, rng)), betas=linear_betas(3)))[-1].estimate.value
        for _ in range(80)
    ]
    assert sum(low) / 80 < exact < sum(high) / 80


def test_a_step_leaves_the_model_as_it_is():
    model, rng = machine((3, 3, 3), scale=1.5), torch.Generator().manual_seed(2)
    path = AnnealedDBM(model, rng=rng)
    chains = exact_chains(model, 20_000, rng)
    before = chains.layers
    state = path.at(chains)
    for _ in range(3):
        state = path.step(state, 1.0)
    for x, y in ((before[0], state[0]), (before[1], state[1][0])):
        assert ((x.mean(0) - y.mean(0)).abs() < 4 * (0.5 / 20_000) ** 0.5).all()
    later = next(islice(run_chains(model, chains, rng=rng), 2, None)).layers
    assert ((later[0].T @ later[1] - state[0].T @ state[1][0]).abs() / 20_000 < 4 * (0.5 / 20_000) ** 0.5).all()


@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_a_step_leaves_every_temperature_as_it_is(visible, beta):
    """Odd layers drawn exactly from p_beta: their joint histogram before and after a step."""
    sizes, n = (3, 2, 3, 2), 40_000
    model, rng = machine(sizes, visible), torch.Generator().manual_seed(3)
    path = AnnealedDBM(model, base=torch.linspace(-1, 1, 3).double(), rng=rng)
    states = torch.cat(list(all_states(4)))
    unused = torch.zeros(16, 3).double()
    p = path.log_unnormalised(path.beside(unused, list(states.split(2, 1))), beta).softmax(0)
    start = states[torch.multinomial(p, n, replacement=True, generator=rng)]
    after = path.step(path.beside(unused.new_zeros(n, 3), list(start.split(2, 1))), beta)
    found = torch.bincount((torch.cat(after[1], 1) @ torch.tensor([8.0, 4, 2, 1]).double()).long(), minlength=16) / n
    assert ((found - p).abs() < 4.5 * (p * (1 - p) / n).sqrt()).all()
