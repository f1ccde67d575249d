"""The GAN as an architecture: shapes and ranges, folding of batch normalisation, minibatch discrimination."""

import math

import pytest
import torch

from deepgen.gan import GAN, GANConfig, MinibatchDiscrimination, initialise


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tiny(**changes) -> GAN:
    config = dict(num_visible=6, num_latents=3, generator_layers=(7, 5), discriminator_layers=(8, 4))
    return GAN(GANConfig(**(config | changes)), rng=rng()).double()


def test_samples_are_intensities_and_follow_the_seed():
    gan = tiny()
    x = gan.sample(50, rng=rng(1))
    assert x.shape == (50, 6) and x.min() >= 0 and x.max() <= 1
    assert torch.equal(x, gan.sample(50, rng=rng(1))) and not torch.equal(x, gan.sample(50, rng=rng(2)))
    assert gan.generator.training, "sampling puts the mode back"


def test_a_linear_output_reaches_beyond_the_unit_interval():
    x = tiny(output="linear", batch_norm=False).sample(500, rng=rng())
    assert x.min() < 0


def test_the_discriminator_sees_intensities_centred():
    images, anything = tiny().discriminator, tiny(output="linear").discriminator
    x = torch.rand(9, 6, dtype=torch.float64, generator=rng(1))
    assert torch.allclose(images(x), anything(2 * x - 1), atol=1e-12)


def test_the_configuration_rebuilds_the_architecture():
    gan = tiny(minibatch_discrimination=2)
    again = GAN(gan.config).double()
    again.load_state_dict(gan.state_dict())
    assert torch.equal(gan.sample(5, rng=rng()), again.sample(5, rng=rng()))


def test_paper_and_notebook_sizes():
    def shapes(part):
        return [tuple(layer.weight.shape) for layer in part.layers]

    paper = GAN(GANConfig(784))
    assert shapes(paper.generator) == [(256, 100), (512, 256), (1024, 512), (784, 1024)]
    assert shapes(paper.discriminator) == [(512, 784), (256, 512)]
    notebook = GAN(GANConfig(784, generator_layers=(256, 256, 256)))
    assert shapes(notebook.generator) == [(256, 100), (256, 256), (256, 256), (784, 256)]


def test_folding_batch_normalisation_changes_no_sample():
    gan = tiny()
    for norm in gan.generator.norms:  # neither scale nor shift may be forgotten
        torch.nn.init.uniform_(norm.weight, 0.5, 2, generator=rng(3))
        torch.nn.init.normal_(norm.bias, generator=rng(4))
    folded = gan.folded(rng=rng(5), num_latents=300)
    gan.generator.calibrate(gan.sample_latents(300, rng=rng(5)))
    assert not folded.config.batch_norm and not folded.generator.norms
    assert torch.allclose(folded.sample(40, rng=rng(6)), gan.sample(40, rng=rng(6)), atol=1e-12)
    x = torch.rand(9, 6, dtype=torch.float64, generator=rng(7))
    assert torch.equal(folded.discriminator(x), gan.discriminator(x))


def test_calibrated_statistics_are_those_of_the_batch():
    gan = tiny()
    z = gan.sample_latents(200, rng=rng(1))
    by_batch = gan.generator(z)
    gan.generator.calibrate(z)
    gan.generator.eval()
    # the batch's variance divides by n, the stored one by n - 1
    assert torch.allclose(gan.generator(z), by_batch, atol=1e-2)


def test_minibatch_discrimination_is_the_mean_similarity_to_the_others():
    layer = MinibatchDiscrimination(4, 3, num_dimensions=2, rng=rng()).double()
    features = torch.randn(5, 4, dtype=torch.float64, generator=rng(1))
    found = layer(features).detach()
    for i in range(5):
        for b in range(3):
            M = features @ layer.T.detach()[:, b]
            similar = [math.exp(-(M[i] - M[j]).abs().sum().item()) for j in range(5) if j != i]
            assert found[i, b].item() == pytest.approx(sum(similar) / 4, abs=1e-12)


def test_minibatch_discrimination_is_permutation_equivariant():
    D = tiny(minibatch_discrimination=3).discriminator
    x = torch.rand(11, 6, dtype=torch.float64, generator=rng(1))
    order = torch.randperm(11, generator=rng(2))
    assert torch.allclose(D(x)[order], D(x[order]), atol=1e-12)
    assert not torch.allclose(D(x)[:3], D(x[:3]), atol=1e-4), "a verdict depends on the company"


def test_a_collapsed_batch_is_as_similar_as_can_be():
    layer = MinibatchDiscrimination(4, 3, rng=rng())
    assert torch.allclose(layer(torch.ones(6, 4)), torch.ones(6, 3))
    assert torch.equal(layer(torch.ones(1, 4)), torch.zeros(1, 3))


def test_untrained_weights_follow_the_seed():
    gan, other = tiny(), tiny()
    initialise(gan, torch.zeros(1, 6), rng=rng(7))
    assert not torch.equal(gan.sample(3, rng=rng()), other.sample(3, rng=rng()))
    initialise(other, torch.ones(1, 6), rng=rng(7))
    assert torch.equal(gan.sample(3, rng=rng()), other.sample(3, rng=rng()))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_latents": 0}, "at least one unit"),
        ({"generator_layers": (3, 0)}, "at least one unit"),
        ({"discriminator_layers": ()}, "hidden layer"),
        ({"output": "sigmoid"}, "'tanh' or 'linear'"),
        ({"minibatch_discrimination": -1}, "0 or more"),
    ],
)
def test_impossible_architectures_are_refused_with_a_sentence(changes, said):
    with pytest.raises(ValueError, match=said):
        GANConfig(**({"num_visible": 6} | changes))
