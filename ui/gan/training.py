"""The training room of the GAN page: its hyper-parameters, its curves, and what its samples show."""

from functools import partial

import streamlit as st

from ui import prose
from ui.figures import Line, Plot
from ui.gan import game, live
from ui.training.jobs import Snapshot, Task
from ui.training.remedies import remedies
from ui.training.room import IMAGES, SEED, Control, training_room

SIZES = {"paper": (256, 512, 1024), "notebook": (256, 256, 256), "small": (128, 256)}
CONTROLS = [
    IMAGES,
    Control(
        "sizes", "Generator", ("paper", "notebook", "small"), "notebook", "choice", group="Players",
        names={"paper": "256, 512, 1024: printed", "notebook": "256, 256, 256: notebook", "small": "128, 256"},
        help="The paper's text and its notebook disagree. Both are here; the smaller ones learn faster.",
    ),
    Control(
        "loss", "Loss", ("non-saturating", "saturating", "least-squares", "wasserstein"), "non-saturating", "choice",
        group="The game", live=True,
        names={
            "non-saturating": "Non-saturating (38)", "saturating": "Saturating (37)",
            "least-squares": "Least squares", "wasserstein": "Wasserstein with gradient penalty",
        },
        help="Moves at once, also while it trains.",
    ),
    Control(
        "discriminator_steps", "Steps of D for each of G, k", (1, 2, 3, 5, 10), 1, group="The game", live=True,
        help="Moves at once, also while it trains.",
    ),
    Control("freeze_discriminator", "Freeze D", default=False, kind="switch", group="The game", live=True,
            help="D rests, G learns: see it run to D's blind spot."),
    Control("freeze_generator", "Freeze G", default=False, kind="switch", group="The game", live=True,
            help="G rests, D learns: its verdicts move apart."),
    Control(
        "learning_rate", "Learning rate", (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.02), 0.0005,
        group="Updates", live=True, help="Of both players. Moves at once.",
    ),
    Control("num_epochs", "Epochs", (1, 2, 3, 5, 10, 20, 40), 10, group="Updates", help="Passes over 60 000 images."),
    Control("r1", "Gradient penalty R1", (0.0, 0.1, 0.3, 1.0, 3.0), 0.3, live=True, minor=True,
            help="Keeps D gentle around real images: the cure of the collapse theatre."),
    Control("label_smoothing", "One-sided label smoothing", (0.0, 0.1, 0.2, 0.3), 0.0, live=True, minor=True),
    Control("minibatch_discrimination", "Minibatch discrimination", (0, 8, 16, 32), 0, minor=True,
            help="How many measures of likeness within the batch D is shown (section 6.2)."),
    Control("batch_norm", "Batch normalisation in G", default=True, kind="switch", minor=True),
    Control("batch_size", "Batch", (16, 32, 64, 128, 256), 64, minor=True, help="Real images, and as many fakes."),
    Control("averaging", "Averaging of G", (0.0, 0.9, 0.99, 0.999), 0.99, live=True, minor=True,
            help="What is shown and kept is a moving average of the player. 0 shows the player itself."),
    SEED,
]  # fmt: skip

PLOTS = [
    Plot(
        "Losses", "", (Line("discriminator_loss", "D", "violet"), Line("generator_loss", "G", "orange")),
        "Neither falls when things go well: each player's loss depends on how good the other is.",
    ),
    Plot(
        "Mean verdict of D", "", 
        (Line("verdict_real", "on real images", "blue"), Line("verdict_fake", "on samples", "orange")),
        "Close together and near one half: D cannot tell. Far apart: G is losing.",
    ),
    Plot(
        "Norm of the gradient", "",
        (Line("discriminator_gradient", "of D", "violet"), Line("generator_gradient", "of G", "orange")),
    ),
    Plot("KL of the label shares", "nats", (Line("kl_labels", "500 samples", "orange"),),
         "0: every label as often as it should be. log 10 = 2.3: one label only, collapse."),
]  # fmt: skip


def make_task(settings: dict) -> Task:
    """What the controls say, as a task for a worker."""
    from deepgen.adversarial_training import AdversarialTraining
    from deepgen.gan import GAN, GANConfig, initialise
    from ui.gan.measure import measure

    settings = dict(settings)
    data, seed, sizes = settings.pop("data"), settings.pop("seed"), SIZES[settings.pop("sizes")]
    config = GANConfig(
        784,
        generator_layers=sizes,
        batch_norm=settings.pop("batch_norm"),
        minibatch_discrimination=settings.pop("minibatch_discrimination"),
    )
    trainer = AdversarialTraining(**settings)
    return Task(GAN, config, trainer, data, seed, initialise=initialise, measure=partial(measure, data=data))


def _live(now: Snapshot, url: str) -> None:
    data = st.session_state.get("gan_train_data", "mnist")
    live.mount(now.curves, data=data, key="gan_training_live")
    if now.step is None:
        return
    st.markdown("#### The same game in the plane, by the same clock")
    trainer = now.trainer
    follow = {
        "updates": now.step.step,
        "loss": trainer.loss,
        "k": trainer.discriminator_steps,
        "freezeD": trainer.freeze_discriminator,
        "freezeG": trainer.freeze_generator,
    }
    game.mount(follow=follow, key="gan_training_twin")


STEPS = {
    "One step of D": {"freeze_discriminator": False, "freeze_generator": True},
    "One step of G": {"freeze_discriminator": True, "freeze_generator": False},
}
REMEDIES = {
    "Cause collapse": (
        {"freeze_discriminator": True, "freeze_generator": False},
        "Set: D is frozen. G runs to what this D likes best; within a few hundred updates few of the bars of the labels are left.",
    ),
    "Cure it": (
        {
            "freeze_discriminator": False, "freeze_generator": False, "loss": "non-saturating", "discriminator_steps": 1,
            "learning_rate": 0.0005, "r1": 0.3,
        },
        "Set: D plays again; non-saturating loss, one step of D for each of G, both learn at 0.0005, R1 = 0.3.",
    ),
}  # fmt: skip


def mount() -> None:
    """Prose and room."""
    st.markdown(prose.section("gan", "Train"))
    remedies("gan", REMEDIES)
    training_room(
        "gan", controls=CONTROLS, make_task=make_task, plots=PLOTS, view=_live, steps=STEPS,
        particles="Samples from one fixed set of z",
        invitation="Nothing is trained yet. Press **Train**: out of noise come blots, out of blots strokes, "
        "within a minute digits.",
    )  # fmt: skip
