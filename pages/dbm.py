"""Deep Boltzmann machines: stage, mean field, occlusion, double counting, exact laboratory, training, mathematics."""

import streamlit as st

from ui import assets, checkpoints, lesson, prose
from ui.dbm import double_counting, laboratory, occlusion, settle, small_machine, stage, training

MODELS = {"dbm-mnist": "784-500-1000", "dbm-3-mnist": "784-500-500-1000"}
RIVALS = [  # label, file, whether it hears the held pixels only once, how it completes
    ("DBM", "dbm-mnist", False, "All layers are sampled given the held pixels, up and down."),
    ("DBN, once up", "dbn-mnist", True, "It rises once, then dreams: nothing tells the top what is held."),
    ("DBN, again and again", "dbn-mnist", False, "Held pixels are put back, and it rises anew in every sweep."),
    ("RBM", "rbm-mnist", False, "One hidden layer, sampled given the held pixels."),
]


def show_stage():
    st.markdown(prose.section("dbm", "Stage"))
    stage_above = st.container()
    checkpoints.bring("dbm", "dbm")
    with stage_above:
        if models := checkpoints.for_browser("dbm", "dbm", MODELS):
            stage.mount(models, chosen="dbm-mnist", images=assets.images_url("mnist"))
    st.markdown(prose.section("dbm", "Who speaks"))


def show_mean_field():
    st.markdown(prose.section("dbm", "Mean field"))
    if models := checkpoints.for_browser("dbm", "dbm", MODELS):
        settle.mount(models, chosen="dbm-mnist", images=assets.images_url("mnist"))


def show_occlusion():
    st.markdown(prose.section("dbm", "Occlusion"))
    machines = [
        {"label": label, "text": text, "url": assets.weights_url(name), "once": once}
        for label, name, once, text in RIVALS
        if assets.has_weights(name)
    ]
    occlusion.mount(machines, images=assets.images_url("mnist"))
    if found := occlusion.count():
        st.markdown(prose.section("dbm", "Counted"))
        occlusion.draw_count(found)


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
