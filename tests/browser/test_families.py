"""Every family's checkpoint, run in the browser by families.js, against torch: means to 1e-5."""

import pytest
import torch

from deepgen import checkpoint
from deepgen.classifier import Classifier, ClassifierConfig
from deepgen.dbm import DBM, DBMConfig
from deepgen.dbn import DBN, DBNConfig
from deepgen.gan import GAN, GANConfig
from deepgen.vae import VAE, VAEConfig


def shaken(model, seed=0, scale=0.3):
    """The model with random numbers in every parameter and in every running mean; running variances positive."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            tensor.copy_(scale * torch.randn(tensor.shape, generator=rng))
            if "running_var" in name:
                tensor.abs_().add_(0.5)
    return model.eval()


@pytest.fixture
def run(engine, site):
    """``run(model, body, x=…)``: the results of a JavaScript expression about ``m``, the model as families.js gives it."""

    def run(model, body, **arguments):
        path = site.folder / f"family-{model.family}.safetensors"
        checkpoint.save(model, path, data="test")
        values = engine(
            f"""const families = await import('/ui/engine/families.js');
            const model = await engine.fetchModel(`${{argument.url}}?${{Math.random()}}`); // the same name, another model
            const m = families.{model.family}Of(model), x = floats(argument.x ?? []), z = floats(argument.z ?? []);
            return ({body}).map(list);""",
            url=f"{site.url}/{path.name}",
            **arguments,
        )
        return [torch.tensor(value) for value in values]

    return run


def close(got, expected):
    assert got.shape == expected.flatten().shape
    assert got == pytest.approx(expected.detach().flatten(), abs=1e-5)


def batch(*shape, seed=1):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_vae(run):
    vae, x, z = shaken(VAE(VAEConfig(30, (20, 15), 3))), batch(4, 30), 2 * batch(4, 3) - 1
    decoded, logits, mean, log_var = run(
        vae, "[m.decode(z, 4), m.logits(z, 4), m.encode(x, 4).mean, m.encode(x, 4).logVar]", x=x, z=z
    )
    close(decoded, vae.decode(z))
    close(logits, vae.inputs_to_visible(z) + vae.visible.bias)
    close(mean, vae.encode(x)[0])
    close(log_var, vae.encode(x)[1])


@pytest.mark.parametrize("options", [{}, {"batch_norm": False}, {"minibatch_discrimination": 4}, {"output": "linear"}])
def test_gan(run, options):
    gan = shaken(GAN(GANConfig(30, 5, (20, 15), (16, 12), **options)))
    x, z = batch(4, 30), 2 * batch(4, 5) - 1
    pictures, logits = run(gan, "[m.generate(z, 4), m.discriminate(x, 4)]", x=x, z=z)
    close(pictures, gan.generator(z))
    close(logits, torch.cat([gan.discriminator(one[None]) for one in x]))  # alone, an example resembles no other


def test_classifier(run):
    classifier, x = shaken(Classifier(ClassifierConfig((9, 7), 4, (3, 5), 8))), batch(3, 63)
    (logits,) = run(classifier, "[m(x, 3)]", x=x)
    close(logits, classifier.logits(x))


def test_dbm(run):
    dbm, v = shaken(DBM(DBMConfig((12, 9, 7, 5)))), batch(3, 12).round()
    got = run(dbm, "engine.meanField(m, x, 4).at(-1)", x=v)
    for mine, theirs in zip(got, dbm.mean_field(v, num_iterations=4)[1:], strict=True):
        close(mine, theirs)


@pytest.mark.parametrize("tied", [True, False])
def test_dbn(run, tied):
    dbn = shaken(DBN(DBNConfig((12, 9, 7, 5), num_labels=4, tied=tied)))
    v, h = batch(3, 12).round(), batch(3, 7, seed=2).round()
    first, second, below, picture = run(
        dbn, "[m.up(0, x, 3), m.up(1, m.up(0, x, 3), 3), m.down(1, z, 3), m.down(0, m.down(1, z, 3), 3)]", x=v, z=h
    )
    close(first, dbn.up_pass(v)[1])
    close(second, dbn.up_pass(v)[2])
    close(below, dbn.down_pass(h)[1])
    close(picture, dbn.down_pass(h)[0])
    top = torch.cat([h, torch.eye(4)[:3]], 1)
    hidden, visible, sampled = run(
        dbn,
        """(() => {
            const chains = new engine.BoltzmannChains({...m.top, softmax: m.softmax, numChains: 3, seed: 1});
            chains.layers[0].set(x);
            chains.sweep();
            return [chains.means[1], chains.means[0], chains.layers[1]];
        })()""",
        x=top,
    )
    close(hidden, dbn.top.mean_hidden(top))
    close(visible, dbn.top.mean_visible(sampled.float().reshape(3, 5)))
