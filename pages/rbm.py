"""Restricted Boltzmann machines: the stage, training, the exact laboratory, the race, the mathematics."""

import streamlit as st

from ui import checkpoints, lesson, prose
from ui.rbm import laboratory, race, small_machine, stage, training

MODELS = {
    "rbm-mnist": "500 hidden units, PCD",
    "rbm-1000-mnist": "1000 hidden units, PCD",
    "rbm-cd1-mnist": "500 hidden units, CD-1",
    "rbm-cd10-mnist": "500 hidden units, CD-10",
    "rbm-gaussian-mnist": "500 hidden units, grey digits",
    "rbm-gaussian-fashion": "500 hidden units, grey clothes",
}


def show_stage():
    st.markdown(prose.section("rbm", "Stage"))
    stage_above = st.container()
    checkpoints.bring("rbm", "rbm")
    with stage_above:
        if models := checkpoints.for_browser("rbm", "rbm", MODELS):
            stage.mount(models, chosen="rbm-mnist")


def show_race():
    st.markdown(prose.section("rbm", "Race"))
    if missing := race.missing():
        st.info(
            f"The race is not here yet: pretrained/ lacks {', '.join(missing)}. "
            "`python -m benchmarks.race --out pretrained` trains the three machines and measures them epoch by epoch."
        )
        return
    st.markdown(race.lesson(race.history()))
    race.mount()


def show_laboratory():
    st.markdown(prose.section("rbm", "Laboratory"))
    laboratory.mount()


def show_mathematics():
    st.markdown(prose.section("rbm", "Mathematics"))
    small_machine.mount()
    st.markdown(prose.section("rbm", "Learning"))


SECTIONS = {
    "Stage": show_stage,
    "Train": training.mount,
    "Race": show_race,
    "Laboratory": show_laboratory,
    "Mathematics": show_mathematics,
}

lesson.show("rbm", "Restricted Boltzmann machine", SECTIONS)
