"""Deep Boltzmann machines: stage, mean field, occlusion, double counting, exact laboratory, training, mathematics."""

import streamlit as st

from ui import assets, checkpoints, lesson, prose
from ui.dbm import double_counting, laboratory, occlusion, settle, small_machine, stage, training

MODELS = {"dbm-mnist": "784-500-1000"}
RIVALS = [
    ("dbm", "DBM", "dbm-mnist"),
    ("dbn", "DBN", "dbn-mnist" if assets.has_weights("dbn-mnist") else "dbn-labels-mnist"),
    ("rbm", "RBM", "rbm-mnist"),
]


def available() -> list[dict]:
    """The pretrained machines, and what this visitor has trained or kept."""
    found = checkpoints.choices("dbm", "dbm", MODELS)
    return [{"id": choice.id, "label": choice.label, "url": choice.url} for choice in found]


def show_stage():
    st.markdown(prose.section("dbm", "Stage"))
    stage.mount(available(), chosen="dbm-mnist", images=assets.images_url("mnist"))


def show_mean_field():
    st.markdown(prose.section("dbm", "Mean field"))
    settle.mount(available(), chosen="dbm-mnist", images=assets.images_url("mnist"))


def show_occlusion():
    st.markdown(prose.section("dbm", "Occlusion"))
    machines = [
        {"family": family, "label": label, "url": assets.weights_url(name)}
        for family, label, name in RIVALS
        if assets.has_weights(name)
    ]
    occlusion.mount(machines, images=assets.images_url("mnist"))


def show_counting():
    st.markdown(prose.section("dbm", "Double counting"))
    double_counting.mount()


def show_laboratory():
    st.markdown(prose.section("dbm", "Laboratory"))
    laboratory.mount()


def show_mathematics():
    st.markdown(prose.section("dbm", "Mathematics"))
    small_machine.mount()
    st.markdown(prose.section("dbm", "Bound"))


SECTIONS = {
    "Stage": show_stage,
    "Mean field": show_mean_field,
    "Occlusion": show_occlusion,
    "Double counting": show_counting,
    "Laboratory": show_laboratory,
    "Train": training.mount,
    "Mathematics": show_mathematics,
}

lesson.show("dbm", "Deep Boltzmann machine", SECTIONS)
