"""Random numbers by the block: their laws, their seed, their buffer."""

import math

import pytest
import torch

from deepgen.noise import Noise


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_blocks_follow_their_laws(dtype):
    noise, n = Noise(rng=torch.Generator().manual_seed(0), dtype=dtype), 100_000
    u = noise.uniform(n // 100, 100).clone()
    assert u.shape == (1000, 100) and u.dtype == dtype and u.min() >= 0 and u.max() < 1
    assert abs(float(u.mean()) - 0.5) < 4 / math.sqrt(12 * n)
    assert abs(float(u.var()) - 1 / 12) < 4 * math.sqrt(1 / 180 / n)
    z = noise.normal(n).clone()
    assert abs(float(z.mean())) < 4 / math.sqrt(n) and abs(float(z.var()) - 1) < 4 * math.sqrt(2 / n)


def test_the_same_generator_gives_the_same_numbers_and_different_noises_differ():
    first, second = (Noise(rng=torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first.uniform(50), second.uniform(50))
    rng = torch.Generator().manual_seed(1)
    a, b = Noise(rng=rng), Noise(rng=rng)
    assert not torch.equal(a.uniform(50), b.uniform(50))


def test_blocks_share_one_buffer_that_grows():
    noise = Noise(rng=torch.Generator().manual_seed(0))
    large = noise.uniform(10, 10)
    small = noise.uniform(2, 3)
    assert small.data_ptr() == large.data_ptr() and torch.equal(small.flatten(), large.flatten()[:6])
    assert noise.uniform(20, 20).shape == (20, 20)
