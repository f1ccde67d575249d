"""The training room of the DBM page: layers pretrained with doubled inputs, then all of them together."""

from dataclasses import replace
from functools import partial

import streamlit as st

from ui import assets, prose
from ui.dbm import stage
from ui.figures import Line, Plot
from ui.training.jobs import Snapshot, Task
from ui.training.room import IMAGES, SEED, Control, training_room

SHAPES = {
    "100-100": (100, 100),
    "200-400": (200, 400),
    "500-1000": (500, 1000),
    "100-100-100": (100, 100, 100),
    "500-500-1000": (500, 500, 1000),
}

CONTROLS = [
    IMAGES,
    Control(
        "hidden", "Hidden layers", tuple(SHAPES), "100-100", "choice", group="Machine",
        help="Time grows with the number of weights: 500-1000 takes half a minute an epoch, 100-100 a few seconds.",
    ),
    Control("layer_epochs", "Epochs for each layer", (1, 2, 3, 5, 10), 1, group="Layer by layer"),
    Control(
        "doubled", "Inputs doubled", default=True, kind="switch", group="Layer by layer",
        help="Off: ordinary restricted machines are stacked, and every hidden layer's evidence is counted twice.",
    ),
    Control("joint_epochs", "Epochs", (1, 2, 5, 10, 20, 50, 100), 5, group="All layers together"),
    Control(
        "learning_rate", "Learning rate", (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1), 0.02,
        group="All layers together", live=True,
        help="Falls linearly to zero from here. Moves at once, also while it trains.",
    ),
    Control(
        "gibbs_steps", "Sweeps of the particles per update", (1, 2, 5, 10), 5, group="All layers together", live=True,
        help="How far the 100 persistent particles move before the model term is read off them.",
    ),
    Control(
        "mean_field_iterations", "Mean-field sweeps per update", (1, 2, 5, 10, 20), 5, minor=True, live=True,
        help="How long the data term settles, from the doubled bottom-up pass.",
    ),
    Control(
        "centered", "Centred gradient", default=True, kind="switch", minor=True, live=True,
        help="Off: the upper layers learn little.",
    ),
    Control("weight_decay", "Weight decay", (0.0, 1e-5, 2e-4, 1e-3), 2e-4, minor=True),
    Control("num_chains", "Particles", (20, 50, 100, 200), 100, minor=True),
    SEED,
]  # fmt: skip

PLOTS = [
    Plot(
        "Bound on log p(v), test images", "nats an image",
        (Line("bound_ais", "log Z by AIS", "blue"), Line("bound_reverse_ais", "log Z by reverse AIS", "violet")),
        "The mean-field bound with log Z from both sides. AIS flatters, reverse AIS is too modest; while they are far "
        "apart, neither is to be believed.",
    )
]  # fmt: skip

LIVE = ("learning_rate", "gibbs_steps", "mean_field_iterations", "centered")


def make_task(settings: dict) -> Task:
    """What the controls say, as a task for a worker."""
    from deepgen.dbm import DBM, DBMConfig
    from deepgen.doubled_pretraining import DoubledPretraining
    from deepgen.layers_then_joint import LayersThenJoint
    from deepgen.variational_pcd import VariationalPCD
    from ui.dbm.measure import measure

    common = {name: settings[name] for name in ("num_chains", "weight_decay")}
    trainer = LayersThenJoint(
        DoubledPretraining(settings["layer_epochs"], doubled=settings["doubled"], **common),
        VariationalPCD(settings["joint_epochs"], **{name: settings[name] for name in LIVE}, **common),
    )
    config = DBMConfig((784, *SHAPES[settings["hidden"]]))
    return Task(
        DBM, config, trainer, settings["data"], settings["seed"], measure=partial(measure, data=settings["data"])
    )


def live(settings: dict, trainer) -> dict:
    """The settings that may move while it trains, as fields of the trainer."""
    return {"joint": replace(trainer.joint, **{name: settings[name] for name in LIVE})}


def _stage(now: Snapshot, url: str) -> None:
    st.markdown("#### The stage, on these very weights")
    models = [{"id": "training", "label": "Your training", "url": url}]
    stage.mount(models, chosen="training", images=assets.images_url("mnist"), key="dbm_training_stage")


def mount() -> None:
    """Prose and room."""
    st.markdown(prose.section("dbm", "Train"))
    training_room(
        "dbm", controls=CONTROLS, make_task=make_task, plots=PLOTS, view=_stage, live=live,
        particles="Fantasy particles", filters=("What h¹ looks for", "weights.0"),
        invitation="Nothing is trained yet. Press **Train**: each layer learns for itself, then all of them together.",
    )  # fmt: skip
