"""How every file in pretrained/ was made: one entry each. ``python -m deepgen pretrain NAME`` makes it again.

To add a file: add an entry to ``PRESETS`` under the file's name, <family>-<dataset>[-variant]; run
``python -m deepgen pretrain NAME``, which trains, measures the weights as they are stored (``evaluation.py`` says how),
writes pretrained/NAME.safetensors with its card and renews the table in pretrained/README.md; commit both.
A change of an entry makes the tests ask for the file to be made again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from . import datasets
from .adversarial_training import AdversarialTraining
from .classifier import ClassifierConfig, ClassifierTraining
from .contrastive_divergence import ContrastiveDivergence
from .dbm import DBMConfig
from .dbn import DBNConfig, with_labels
from .doubled_pretraining import DoubledPretraining
from .evaluation import training_images
from .gan import GAN, GANConfig
from .greedy_layerwise import GreedyLayerwise
from .race import contestants
from .rbm import RBMConfig
from .training import TrainStep
from .up_down import UpDown
from .vae import VAEConfig
from .variational_pcd import VariationalPCD
from .variational_training import VariationalTraining


@dataclass(frozen=True)
class Preset:
    """What is needed to make a file again."""

    family: str
    config: object  # the family's config dataclass
    trainers: tuple  # applied one after another
    about: str  # half a sentence for the table: why there is this file
    data: str = "mnist"
    seed: int = 1
    start: str | None = None  # the pretrained file that training starts from ...
    adopt: Callable[[nn.Module, nn.Module], None] | None = None  # ... by (model, started); None: same weights
    finish: Callable[..., nn.Module] | None = None  # (model, rng=) -> what is stored in its stead


RACE = contestants(num_epochs=6, average_last=0.0, precision="bfloat16")


def stack_on_rbm(dbn: nn.Module, rbm: nn.Module) -> None:
    """The lowest layer of a stack, trained already."""
    dbn.layers[0].load_state_dict(rbm.state_dict())


def untie(dbn: nn.Module, tied: nn.Module) -> None:
    """Recognition weights of one's own, equal to the generative ones to begin with."""
    dbn.load_state_dict(tied.untied().state_dict())


GAN_RECIPE = {
    "batch_size": 64,
    "learning_rate": 4e-4,
    "discriminator_learning_rate": 8e-4,
    "r1": 0.2,
    "decay": True,
    "precision": "bfloat16",
}

PRESETS: dict[str, Preset] = {
    "rbm-mnist": Preset(
        "rbm",
        RBMConfig(784, 500),
        (ContrastiveDivergence(num_epochs=100, average_last=0.15, final_gibbs_steps=5, precision="bfloat16"),),
        about="the RBM that everything begins with",
    ),
    "rbm-1000-mnist": Preset(
        "rbm",
        RBMConfig(784, 1000),
        (ContrastiveDivergence(num_epochs=80, average_last=0.15, final_gibbs_steps=5, precision="bfloat16"),),
        about="as many hidden units as the paper has",
    ),
    "rbm-cd1-mnist": Preset(
        "rbm",
        RBMConfig(784, 500),
        (RACE["CD-1"],),
        about="one sweep an update: the race, lane 1",
    ),
    "rbm-cd10-mnist": Preset(
        "rbm",
        RBMConfig(784, 500),
        (RACE["CD-10"],),
        about="negative examples ten sweeps from the data: the race, lane 2",
    ),
    "rbm-pcd1-mnist": Preset(
        "rbm",
        RBMConfig(784, 500),
        (RACE["PCD-1"],),
        about="negative examples from chains that never restart: the race, lane 3",
    ),
    "rbm-gaussian-mnist": Preset(
        "rbm",
        RBMConfig(784, 500, visible="gaussian", learn_variance=True),
        (ContrastiveDivergence(num_epochs=12, learning_rate=0.01, final_gibbs_steps=3, precision="bfloat16"),),
        about="grey digits: real-valued units that learn their variances",
    ),
    "rbm-gaussian-fashion": Preset(
        "rbm",
        RBMConfig(784, 500, visible="gaussian", learn_variance=True),
        (ContrastiveDivergence(num_epochs=12, learning_rate=0.01, final_gibbs_steps=3, precision="bfloat16"),),
        about="grey clothes: real-valued units that learn their variances",
        data="fashion",
    ),
    "dbm-mnist": Preset(
        "dbm",
        DBMConfig((784, 500, 1000)),
        (
            DoubledPretraining(num_epochs=1),
            VariationalPCD(
                num_epochs=80, learning_rate=0.05, gibbs_steps=1, mean_field_iterations=3, precision="bfloat16"
            ),
        ),
        about="the book's deep Boltzmann machine",
    ),
    "dbm-3-mnist": Preset(
        "dbm",
        DBMConfig((784, 500, 500, 1000)),
        (
            DoubledPretraining(num_epochs=1),
            VariationalPCD(
                num_epochs=80, learning_rate=0.05, gibbs_steps=1, mean_field_iterations=3, precision="bfloat16"
            ),
        ),
        about="three hidden layers",
    ),
    "vae-mnist": Preset(
        "vae",
        VAEConfig(784, (512, 256, 128)),
        (VariationalTraining(num_epochs=30, precision="bfloat16"),),
        about="the latent square: two latents, unfolded by three hidden layers",
        seed=0,
    ),
    "vae-paper-mnist": Preset(
        "vae",
        VAEConfig(784, (512,)),
        (VariationalTraining(num_epochs=30, precision="bfloat16"),),
        about="the paper's network, with the right KL",
    ),
    "vae-20-mnist": Preset(
        "vae",
        VAEConfig(784, (512, 256), num_latents=20),
        (VariationalTraining(num_epochs=20, precision="bfloat16"),),
        about="twenty latents: sharper, and no square to look at",
    ),
    "vae-fashion": Preset(
        "vae",
        VAEConfig(784, (512, 256, 128)),
        (VariationalTraining(num_epochs=20, precision="bfloat16"),),
        about="the latent square of clothes",
        data="fashion",
    ),
    "vae-paper-fashion": Preset(
        "vae",
        VAEConfig(784, (512,)),
        (VariationalTraining(num_epochs=12, precision="bfloat16"),),
        about="the paper's network on clothes",
        data="fashion",
    ),
    "gan-mnist": Preset(
        "gan",
        GANConfig(784),
        (AdversarialTraining(num_epochs=60, **GAN_RECIPE),),
        about="digits out of noise: the paper's sizes, the averaged generator, its normalisation folded in",
        finish=GAN.folded,
    ),
    "gan-fashion": Preset(
        "gan",
        GANConfig(784),
        (AdversarialTraining(num_epochs=14, **GAN_RECIPE),),
        about="clothes out of noise",
        data="fashion",
        finish=GAN.folded,
    ),
    "dbn-mnist": Preset(
        "dbn",
        DBNConfig((784, 500, 784, 1000)),
        (
            GreedyLayerwise(
                (
                    ContrastiveDivergence(1),
                    ContrastiveDivergence(8, learning_rate=0.01, final_gibbs_steps=5, precision="bfloat16"),
                    ContrastiveDivergence(10, learning_rate=0.01, final_gibbs_steps=5, precision="bfloat16"),
                ),
                num_trained=1,
            ),
        ),
        about="three RBMs stacked, each from its tied start",
        start="rbm-mnist",
        adopt=stack_on_rbm,
    ),
    "dbn-paper-mnist": Preset(
        "dbn",
        DBNConfig((784, 500, 500, 1000)),
        (
            GreedyLayerwise(
                (
                    ContrastiveDivergence(1),
                    ContrastiveDivergence(60, learning_rate=0.03, final_gibbs_steps=5, precision="bfloat16"),
                    ContrastiveDivergence(60, learning_rate=0.03, final_gibbs_steps=5, precision="bfloat16"),
                ),
                num_trained=1,
            ),
        ),
        about="the paper's sizes, the layers above from small random weights",
        start="rbm-mnist",
        adopt=stack_on_rbm,
    ),
    "dbn-labels-mnist": Preset(
        "dbn",
        DBNConfig((784, 500, 500, 2000), num_labels=10),
        (
            GreedyLayerwise(
                (
                    ContrastiveDivergence(1),
                    ContrastiveDivergence(6, learning_rate=0.03, precision="bfloat16"),
                    ContrastiveDivergence(50, learning_rate=0.03, precision="bfloat16"),
                ),
                num_trained=1,
                classification=30.0,
            ),
        ),
        about="Hinton's architecture with label units, stacked greedily",
        start="rbm-mnist",
        adopt=stack_on_rbm,
    ),
    "dbn-labels-updown-mnist": Preset(
        "dbn",
        DBNConfig((784, 500, 500, 2000), num_labels=10, tied=False),
        (
            UpDown(
                20,
                learning_rate=0.01,
                top_learning_rate=0.01,
                gibbs_steps=2,
                persistent=True,
                classification=60.0,
                precision="bfloat16",
            ),
        ),
        about="the same after up-down",
        start="dbn-labels-mnist",
        adopt=untie,
    ),
    "classifier-mnist": Preset(
        "classifier",
        ClassifierConfig(),
        (ClassifierTraining(num_epochs=4, max_shift=1),),
        about="judges the digits that the models draw",
    ),
    "classifier-fashion": Preset(
        "classifier",
        ClassifierConfig(),
        (ClassifierTraining(num_epochs=4, max_shift=0),),
        about="judges the clothes that the models draw",
        data="fashion",
    ),
}


def training_data(config, data: str) -> Tensor:
    """The named training set as trainers want it for this ``config``: (num_examples, num_visible [+ num_labels])."""
    images = training_images(data, getattr(config, "visible", "bernoulli"))
    if num_labels := getattr(config, "num_labels", 0):
        images = with_labels(images, datasets.load(data).labels, num_labels)
    return images


def stages(trainers: tuple, model: nn.Module, data: Tensor, *, rng: torch.Generator) -> Iterator[TrainStep]:
    """The steps of several trainers, one after another on one model."""
    for trainer in trainers:
        yield from trainer.steps(model, data, rng=rng)
