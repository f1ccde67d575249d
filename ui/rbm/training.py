"""The training room of the RBM page: its hyper-parameters, its curves, and the stage on the newest weights."""

import streamlit as st

from ui import prose
from ui.figures import Line, Plot
from ui.rbm import stage
from ui.training.jobs import Snapshot, Task
from ui.training.room import IMAGES, SEED, Control, training_room

CONTROLS = [
    IMAGES,
    Control(
        "num_hidden", "Hidden units", (16, 36, 64, 100, 196, 400, 500, 1000), 100, group="Machine",
        help="More units explain more and take longer: an update costs in proportion.",
    ),
    Control(
        "visible", "Visible units", ("bernoulli", "gaussian"), "bernoulli", "choice", group="Machine",
        names={"bernoulli": "Binary", "gaussian": "Gaussian, standardised pixels"},
        help="Gaussian units model grey levels (equations 11 and 12). They need a learning rate ten times lower.",
    ),
    Control(
        "persistent", "Negative examples", (True, False), True, "choice", group="Negative phase",
        names={True: "Chains that never restart (PCD)", False: "Chains from the data (CD)"},
        help="CD follows the chain for k sweeps from each batch; PCD keeps 100 chains alive over all updates.",
    ),
    Control(
        "gibbs_steps", "Sweeps per update, k", (1, 2, 5, 10, 25), 1, group="Negative phase", live=True,
        help="The chain's length. Moves at once, also while it trains.",
    ),
    Control(
        "learning_rate", "Learning rate", (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 2.0), 0.05,
        group="Updates", live=True, help="Moves at once, also while it trains. Above 0.2 the weights run away: try it.",
    ),
    Control("num_epochs", "Epochs", (1, 2, 3, 5, 10, 20, 40, 60), 10, group="Updates", help="Passes over the images."),
    Control("batch_size", "Batch", (10, 20, 50, 100, 200, 500), 100, minor=True, help="Images per update."),
    Control(
        "schedule", "Learning rate over time", ("linear", "constant", "1/t"), "linear", "choice", minor=True, live=True,
        names={"linear": "Linear to zero", "constant": "Constant", "1/t": "As 1/t"},
    ),
    Control(
        "centered", "Centred gradient", default=True, kind="switch", minor=True, live=True,
        help="Subtracts each unit's mean before correlating: it no longer matters which state is called 1.",
    ),
    Control("momentum", "Momentum", (0.0, 0.5, 0.8, 0.9), 0.0, minor=True, live=True),
    Control("weight_decay", "Weight decay", (0.0, 1e-5, 1e-4, 1e-3, 1e-2), 0.0, minor=True, live=True),
    SEED,
]  # fmt: skip

PLOTS = [
    Plot(
        "Pseudo-log-likelihood", "nats an image",
        (Line("pseudo_log_likelihood", "training"), Line("held_out_pseudo_log_likelihood", "held-out", "orange")),
        "How well each pixel is predicted from all others. Higher is better; this is the curve to trust.",
    ),
    Plot(
        "Reconstruction error", "squared, a pixel",
        (Line("reconstruction_error", "training"), Line("held_out_reconstruction_error", "held-out", "orange")),
        "How far one sweep carries a picture. It is no measure of the model: a machine that never moves does best.",
    ),
]  # fmt: skip


def make_task(settings: dict) -> Task:
    """What the controls say, as a task for a worker."""
    from deepgen.contrastive_divergence import ContrastiveDivergence, initialise
    from deepgen.rbm import RBM, RBMConfig

    settings = dict(settings)
    num_hidden, visible = settings.pop("num_hidden"), settings.pop("visible")
    data, seed = settings.pop("data"), settings.pop("seed")
    config = RBMConfig(784, num_hidden, visible=visible)
    trainer = ContrastiveDivergence(**settings)
    return Task(RBM, config, trainer, data, seed, standardised=visible == "gaussian", initialise=initialise)


def _stage(now: Snapshot, url: str) -> None:
    st.markdown("#### The stage, on these very weights")
    models = [{"id": "training", "label": "Your training", "url": url}]
    stage.mount(models, chosen="training", key="rbm_training_stage")


def mount() -> None:
    """Prose and room."""
    st.markdown(prose.section("rbm", "Train"))
    training_room(
        "rbm", controls=CONTROLS, make_task=make_task, plots=PLOTS, view=_stage,
        particles="The chains (fantasy particles)", filters=("What the hidden units look for", "W"),
        invitation="Nothing is trained yet. Press **Train**: within a second the filters begin to form, "
        "within a minute the chains dream digits.",
    )  # fmt: skip
