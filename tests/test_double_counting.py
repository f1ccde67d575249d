import math

import pytest

from deepgen.double_counting import double_counting


@pytest.mark.parametrize("seed", [1])
def test_doubled_inputs_compose_and_plain_ones_count_twice(seed):
    result = double_counting(seed=seed)
    assert result.best == pytest.approx(-math.log(14))
    assert result.plain + 1.5 < result.doubled < result.best
    assert result.doubled < result.doubled_then_joint < result.best
    assert result.plain < result.plain_then_joint < result.best
