"""Deep Boltzmann machines: stage, mean field, occlusion, double counting, exact laboratory, training, mathematics."""

import streamlit as st

from ui import assets, checkpoints, dbm_laboratory, dbm_occlusion, dbm_settle, dbm_stage, dbm_training, prose, small_dbm
from ui import double_counting as counting_room

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


def stage():
    st.markdown(prose.section("dbm", "Stage"))
    dbm_stage.mount(available(), chosen="dbm-mnist", images=assets.images_url("mnist"))


def mean_field():
    st.markdown(prose.section("dbm", "Mean field"))
    dbm_settle.mount(available(), chosen="dbm-mnist", images=assets.images_url("mnist"))


def occlusion():
    st.markdown(prose.section("dbm", "Occlusion"))
    machines = [
        {"family": family, "label": label, "url": assets.weights_url(name)}
        for family, label, name in RIVALS
        if assets.has_weights(name)
    ]
    dbm_occlusion.mount(machines, images=assets.images_url("mnist"))


def counting():
    st.markdown(prose.section("dbm", "Double counting"))
    counting_room.mount()


def laboratory():
    st.markdown(prose.section("dbm", "Laboratory"))
    dbm_laboratory.mount()


def mathematics():
    st.markdown(prose.section("dbm", "Mathematics"))
    small_dbm.mount()
    st.markdown(prose.section("dbm", "Bound"))


SECTIONS = {
    "Stage": stage,
    "Mean field": mean_field,
    "Occlusion": occlusion,
    "Double counting": counting,
    "Laboratory": laboratory,
    "Train": dbm_training.mount,
    "Mathematics": mathematics,
}

st.title("Deep Boltzmann machine")
st.markdown(prose.section("dbm"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Stage", key="dbm_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Stage"]()
