"""The training room of the DBN page: a stack grows layer by layer, and may be stopped after any of them."""

import streamlit as st

from ui import assets, prose, visitor
from ui.dbn import stage
from ui.figures import Line, Plot
from ui.training.jobs import Snapshot, Task
from ui.training.room import SEED, Control, training_room

NUM_RBMS = 3

CONTROLS = [
    Control(
        "labels", "Label units beside the last layer but one", default=True, kind="switch", group="Machine",
        help="Then the top pair learns pictures together with their labels: it can recognise, and dream what it is told to.",
    ),
    Control("first", "Units of h¹", (50, 100, 200, 300, 500), 200, group="Machine"),
    Control("second", "Units of h²", (50, 100, 200, 300, 500, 784), 200, group="Machine", help="784, as many as pixels, start tied: h¹'s machine upside down."),
    Control("third", "Units of the top layer, h³", (100, 200, 300, 500, 1000, 2000), 500, group="Machine", help="As many as in h¹ or more start tied."),
    Control("epochs_1", "Epochs of layer 1", (1, 2, 3, 5, 10, 20), 3, group="Passes over 60 000 images"),
    Control("epochs_2", "Epochs of layer 2", (1, 2, 3, 5, 10, 20), 2, group="Passes over 60 000 images"),
    Control("epochs_3", "Epochs of layer 3", (1, 2, 3, 5, 10, 20, 40), 5, group="Passes over 60 000 images"),
    Control("learning_rate", "Learning rate", (0.005, 0.01, 0.02, 0.05, 0.1, 0.2), 0.05, group="Updates"),
    Control(
        "classification", "Share of the exact label gradient", (0.0, 1.0, 5.0, 20.0, 50.0), 20.0, group="Updates",
        help="Sampling alone tells the label units little: among 500 other units, ten hardly count. This adds the gradient of log p(label | h).",
    ),
    Control("tied_start", "Tied start where the sizes allow it", default=True, kind="switch", minor=True, help="Equation (22): begin as the layer below turned upside down."),
    Control("gibbs_steps", "Sweeps per update, k", (1, 2, 5, 10), 1, minor=True),
    Control("persistent", "Chains that never restart (PCD)", default=True, kind="switch", minor=True),
    SEED,
]  # fmt: skip

PLOTS = [
    Plot(
        f"Layer {n}: pseudo-log-likelihood", "nats an example", (Line(f"pseudo_log_likelihood_{n}", f"layer {n}", hue),),
        "Of what the layer below tells it: the curves of different layers are of different data, and not to be compared.",
    )
    for n, hue in zip(range(1, NUM_RBMS + 1), ("orange", "violet", "green"), strict=True)
] + [Plot("Labels told wrongly", "share of training images", (Line("label_error", "top pair", "green"),), "By the free energies of the ten labels.")]  # fmt: skip


def labelled_digits(split: str):
    """Images with their one-hot labels behind the pixels."""
    from deepgen import datasets
    from deepgen.dbn import with_labels

    digits = datasets.load("mnist", split)
    return with_labels(digits.images, digits.labels)


def make_task(settings: dict) -> Task:
    """What the controls say, as a task for a worker."""
    from deepgen.contrastive_divergence import ContrastiveDivergence
    from deepgen.dbn import DBN, DBNConfig
    from deepgen.greedy_layerwise import GreedyLayerwise

    config = DBNConfig((784, settings["first"], settings["second"], settings["third"]), 10 if settings["labels"] else 0)
    common = {name: settings[name] for name in ("learning_rate", "gibbs_steps", "persistent")}
    layers = tuple(ContrastiveDivergence(settings[f"epochs_{n}"], **common) for n in (1, 2, 3))
    trainer = GreedyLayerwise(layers, 0, settings["tied_start"], settings["classification"] if settings["labels"] else 0.0)
    return Task(DBN, config, trainer, "mnist", settings["seed"], examples=labelled_digits if settings["labels"] else None)


def layers_begun(now: Snapshot) -> int:
    """How many RBMs have learnt something: "layer 2 of 3" -> 2."""
    return int(now.step.phase.split()[1])


def as_it_stands(now: Snapshot) -> bytes:
    """The checkpoint of the DBN made of the layers that have been trained up to now."""
    from deepgen import checkpoint

    model, _ = checkpoint.loads(now.weights)
    return checkpoint.dumps(model.truncated(layers_begun(now)), data="mnist")


def _stage(now: Snapshot, url: str) -> None:
    begun = layers_begun(now)
    if begun < NUM_RBMS:
        url = assets.publish(as_it_stands(now), owner=f"{visitor.token()} stack")
    above = {1: "one layer: it is an RBM still", 2: "two layers: the upper pair dreams, the lower hands down"}
    st.markdown(f"#### The stage, on these very weights ({above.get(begun, 'the whole stack')})")
    models = [{"id": "training", "label": "Your training", "url": url}]
    stage.mount(models, chosen="training", images=assets.images_url("mnist"), key="dbn_training_stage")
    if now.resting and begun < NUM_RBMS:
        st.download_button(
            f"Checkpoint of the lower {begun}", as_it_stands(now), f"dbn-{begun}-layers.safetensors", on_click="ignore"
        )


def mount() -> None:
    """Prose and room."""
    st.markdown(prose.section("dbn", "Train"))
    training_room(
        "dbn", controls=CONTROLS, make_task=make_task, plots=PLOTS, view=_stage,
        particles="Dreams of the pair that learns, fallen to the pixels", filters=("What h¹ looks for", "layers.0.W"),
        invitation="Nothing is stacked yet. Press **Train**: the first layer learns strokes, the next ones what goes with what. "
        "Stop whenever you like: the layers that are done are a machine already.",
    )  # fmt: skip
