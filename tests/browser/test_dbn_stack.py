"""The stack that runs in the browser against torch: recognition, labels, and dreams that stay at the exact distribution."""

import pytest
import torch

from deepgen import checkpoint
from deepgen.dbn import DBN, DBNConfig, one_hot
from deepgen.dbn_exact import states_of


@pytest.fixture
def run(engine, site):
    def run(model, body, count=4, **arguments):
        checkpoint.save(model, site.folder / "stack.safetensors", data="test")
        return engine(
            f"""const {{ stackOf }} = await import('/ui/dbn/stage/stack.js');
            const model = await engine.fetchModel(`${{argument.url}}?${{Math.random()}}`);
            const stack = stackOf(model, {{ count: {count}, seed: 3 }});
            {body}""",
            url=f"{site.url}/stack.safetensors", **arguments,
        )  # fmt: skip

    return run


def shaken(config, scale=0.6):
    rng, dbn = torch.Generator().manual_seed(1), DBN(config).requires_grad_(False)
    for parameter in dbn.parameters():
        parameter.copy_(scale * torch.randn(parameter.shape, generator=rng))
    return dbn


def test_recognition_and_labels_agree_with_torch(run):
    dbn = shaken(DBNConfig((9, 7, 6, 8), num_labels=3, tied=False))
    v = torch.rand(1, 9, generator=torch.Generator().manual_seed(2))
    got = run(
        dbn, "const states = stack.rise(floats(argument.v), 1, false); return [...states, stack.labelsOf(states.at(-1))].map(list);", v=v
    )
    for found, expected in zip(got, (*dbn.up_pass(v), dbn.classify(v)), strict=True):
        assert found == pytest.approx(expected[0].tolist(), abs=1e-5)
    got = run(dbn, "return stack.fall(floats(argument.h), 1, false).map(list);", h=dbn.up_pass(v)[-1])
    for found, expected in zip(got, dbn.down_pass(dbn.up_pass(v)[-1]), strict=True):
        assert found == pytest.approx(expected[0].tolist(), abs=1e-5)


@pytest.mark.parametrize("held", [None, 1], ids=["free", "held"])
def test_dreams_follow_the_exact_distribution(run, held):
    dbn, count = shaken(DBNConfig((5, 3, 4), num_labels=3)), 6000
    got = run(
        dbn,
        "stack.hold(new Int8Array(stack.count).fill(argument.held)); stack.sweep(60, 1); return list(stack.chains.layers[0]);",
        count=count, held=-1 if held is None else held,
    )  # fmt: skip
    labels = one_hot(torch.arange(3) if held is None else torch.tensor([held]), 3)
    x = torch.cat([states_of(3).float().repeat_interleave(len(labels), 0), labels.repeat(8, 1)], 1)
    p = (-dbn.top.free_energy(x)).softmax(0)
    found = (torch.tensor(got).reshape(count, 1, 6) == x).all(2).float()
    assert torch.equal(found.sum(1), torch.ones(count))
    assert ((found.mean(0) - p).abs() < 4.5 * (p * (1 - p) / count).sqrt() + 1e-4).all()
