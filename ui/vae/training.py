"""The training room of the VAE page: hyper-parameters, both terms of the bound, the square on the newest weights."""

import streamlit as st

from ui import prose
from ui.figures import Line, Plot
from ui.training.jobs import Snapshot, Task
from ui.training.remedies import remedies
from ui.training.room import IMAGES, SEED, Control, training_room
from ui.vae import models, square

CONTROLS = [
    IMAGES,
    Control(
        "num_hidden", "Hidden layers", ("64", "512", "256-128", "512-256-128"), "256-128", "choice", group="Networks",
        names={
            "64": "64: quick", "512": "512, as in the paper", "256-128": "256 – 128", "512-256-128": "512 – 256 – 128",
        },
        help="Of the encoder; the decoder mirrors it. Two latents must be unfolded: depth helps more than width.",
    ),
    Control(
        "num_latents", "Latents", (2, 3, 5, 10, 20, 50), 2, group="Networks",
        help="With two the square can be looked at. More make sharper pictures; some of them will not be used.",
    ),
    Control(
        "kl_weight", "Weight of the KL", (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0), 1.0, group="Bound",
        live=True,
        help="1 is the bound itself. At 0 the codes fly apart; at 50 and more the posterior collapses onto the prior.",
    ),
    Control(
        "kl_warm_up", "Warm-up of the KL, epochs", (0.0, 0.5, 1.0, 2.0, 5.0, 10.0), 0.0, group="Bound",
        help="The weight rises from 0 over so many epochs: latents are taken into use before they cost anything.",
    ),
    Control(
        "learning_rate", "Learning rate", (1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 2e-2, 0.1), 1e-3, group="Updates", live=True,
        help="Of Adam, at the start; it falls to 0 along a half cosine. Moves at once.",
    ),
    Control("num_epochs", "Epochs", (1, 2, 3, 5, 10, 20, 40), 5, group="Updates", help="Passes over 60 000 images."),
    Control(
        "num_importance_samples", "Importance samples", (1, 2, 5, 10), 1, minor=True, live=True,
        help="Above 1 the tighter bound of Burda et al. is maximised; an update costs in proportion.",
    ),
    Control(
        "binarise", "Fresh binary pixels every batch", default=True, kind="switch", minor=True, live=True,
        help="Off: the grey values themselves, whose cross-entropy is what tutorials print.",
    ),
    Control("batch_size", "Batch", (32, 64, 128, 256, 512), 128, minor=True, help="Images per update."),
    SEED,
]  # fmt: skip

PLOTS = [
    Plot(
        "The bound (ELBO)", "nats an image",
        (Line("elbo", "training images"), Line("held_out_elbo", "held-out images", "orange")),
        "Higher is better. At another weight of the KL this is still the bound, but no longer what is maximised.",
    ),
    Plot(
        "Its first term: reconstruction", "nats an image",
        (Line("reconstruction", "training images"), Line("held_out_reconstruction", "held-out images", "orange")),
        "E[log p(x | z)]: how well the pixels are foreseen from the code.",
    ),
    Plot(
        "Its second term: KL", "nats an image",
        (
            Line("kl", "training images"), Line("held_out_kl", "held-out images", "orange"),
            Line("kl_weight", "its weight", "violet"),
        ),
        "What the code tells about the picture, in nats. When it falls to zero the posterior has collapsed.",
    ),
    Plot(
        "Latents in use", "",
        (Line("active_latents", "mean code varies over pictures", "violet"),),
        "A latent is in use when its mean varies from picture to picture (variance above 0.01). Zero is collapse.",
    ),
]  # fmt: skip


def make_task(settings: dict) -> Task:
    """What the controls say, as a task for a worker."""
    from deepgen.vae import VAE, VAEConfig
    from deepgen.variational_training import VariationalTraining

    settings = dict(settings)
    num_hidden = tuple(int(size) for size in settings.pop("num_hidden").split("-"))
    config = VAEConfig(784, num_hidden, settings.pop("num_latents"))
    data, seed = settings.pop("data"), settings.pop("seed")
    return Task(VAE, config, VariationalTraining(**settings), data, seed)


def _square(now: Snapshot, url: str) -> None:
    data = st.session_state["vae_job"].task.data
    model = models.entry("training", "Your training", url, data, 500)
    terms = {name: _averaged(now.curves[name][1]) for name in ("kl", "reconstruction")}
    terms["weight"] = now.trainer.kl_weight
    square.mount([model], chosen="training", parts="live", terms=terms, key="vae_training_square")


def _averaged(values, most: int = 80) -> list[float]:
    """Means of neighbours, so that a path is seen and not the noise of batches; the newest points are at the end."""
    length = max(5, -(-len(values) // most))
    return [round(float(values[max(0, end - length) : end].mean()), 2) for end in range(len(values), 0, -length)][::-1]


REMEDIES = {
    "Cause collapse": (
        {"kl_weight": 100.0},
        "Set: the KL weighs 100. Within two hundred updates the codes tell nothing and every picture is the same grey mean.",
    ),
    "Cure it": (
        {"kl_weight": 0.0},
        "Set: the KL weighs 0, so codes cost nothing. When latents are in use again, move the weight back to 1: "
        "1 alone does not wake them, because a decoder that has stopped listening gives the encoder nothing to say.",
    ),
}


def mount() -> None:
    """Prose and room."""
    st.markdown(prose.section("vae", "Train"))
    remedies("vae", REMEDIES)
    job = st.session_state.get("vae_job")
    flat = job is not None and job.task.config.num_latents == 2
    training_room(
        "vae", controls=CONTROLS, make_task=make_task, plots=PLOTS, view=_square if flat else None,
        particles="" if flat else "What the decoder paints: of fixed draws, or of the grid of figure 12",
        invitation="Nothing is trained yet. Press **Train**: within seconds the grid unfolds from one grey blot, "
        "and the codes of the test pictures part.",
    )  # fmt: skip
