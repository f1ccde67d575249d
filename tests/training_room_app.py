"""A page for the tests: a training room around the toy trainer."""

import numpy as np
import streamlit as st
from toy_trainer import ToyTrainer

from deepgen.rbm import RBM, RBMConfig
from ui import checkpoints
from ui.figures import Line, Plot
from ui.training import room
from ui.training.jobs import Task
from ui.training.room import Control

CONTROLS = [
    Control("num_hidden", "Hidden units", (2, 3), 2, group="Machine"),
    Control("learning_rate", "Rate", (0.0, 1.0, 2.0), 1.0, live=True, group="Updates"),
    Control("num_steps", "Updates", (5, 10**6), 10**6),
    Control("mishap", "Mishap", ("", "killed", "diverged", "bad"), "", "choice", minor=True),
]


def make_task(settings):
    if settings["mishap"] == "bad":
        raise ValueError("that mishap is unknown")
    num_hidden = settings.pop("num_hidden")
    return Task(RBM, RBMConfig(4, num_hidden), ToyTrainer(**settings), "toy", examples=np.zeros((4, 4), np.float32))


section = st.segmented_control("Section", ["Train", "Models"], default="Train", key="toy_section")
if section == "Models":
    chosen = checkpoints.checkpoint_picker("toy", "rbm", {})
    st.write(chosen and chosen.label)
else:
    room.training_room(
        "toy", controls=CONTROLS, make_task=make_task, filters=("Filters", "W"),
        plots=[Plot("Rate", "a unit", (Line("rate", "rate"),))], invitation="Press Train.",
        view=lambda now, url: st.caption(f"stage of version {now.version} at {url}"),
    )  # fmt: skip
