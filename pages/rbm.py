"""Restricted Boltzmann machines: the stage, training, the exact laboratory, the race, the mathematics."""

import streamlit as st

from ui import exact_laboratory, prose, rbm_race, rbm_stage, rbm_training, small_machine
from ui.checkpoints import choices, upload

MODELS = {
    "rbm-mnist": "500 hidden units, PCD",
    "rbm-1000-mnist": "1000 hidden units, PCD",
    "rbm-cd1-mnist": "500 hidden units, CD-1",
    "rbm-cd10-mnist": "500 hidden units, CD-10",
    "rbm-gaussian-mnist": "500 hidden units, grey digits",
    "rbm-gaussian-fashion": "500 hidden units, grey clothes",
}


def stage():
    st.markdown(prose.section("rbm", "Stage"))
    stage_above = st.container()
    with st.popover("Bring a model of your own", icon=":material/upload:"):
        upload("rbm", "rbm")
    models = [{"id": each.id, "label": each.label, "url": each.url} for each in choices("rbm", "rbm", MODELS)]
    with stage_above:
        rbm_stage.mount(models, chosen="rbm-mnist")


def race():
    st.markdown(prose.section("rbm", "Race"))
    if missing := rbm_race.missing():
        st.info(
            f"The race is not here yet: pretrained/ lacks {', '.join(missing)}. "
            "`python -m benchmarks.race --out pretrained` trains the three machines and measures them epoch by epoch."
        )
        return
    st.markdown(rbm_race.lesson(rbm_race.history()))
    rbm_race.mount()


def laboratory():
    st.markdown(prose.section("rbm", "Laboratory"))
    exact_laboratory.mount()


def mathematics():
    st.markdown(prose.section("rbm", "Mathematics"))
    small_machine.mount()
    st.markdown(prose.section("rbm", "Learning"))


SECTIONS = {
    "Stage": stage,
    "Train": rbm_training.mount,
    "Race": race,
    "Laboratory": laboratory,
    "Mathematics": mathematics,
}

st.title("Restricted Boltzmann machine")
st.markdown(prose.section("rbm"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Stage", key="rbm_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Stage"]()
