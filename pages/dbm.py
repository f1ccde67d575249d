"""Deep Boltzmann machines: the stage, mean field, occlusion, double counting, training, the exact laboratory, the mathematics."""

import streamlit as st

from ui import assets, dbm_stage, prose

MODELS = {
    "dbm-mnist": "784-500-1000",
    "dbm-3-mnist": "784-500-500-1000",
}


def available() -> list[dict]:
    return [
        {"id": name, "label": label, "url": assets.weights_url(name)}
        for name, label in MODELS.items()
        if assets.has_weights(name)
    ]


def stage():
    st.markdown(prose.section("dbm", "Stage"))
    dbm_stage.mount(available(), chosen="dbm-mnist", images=assets.images_url("mnist"))


SECTIONS = {"Stage": stage}

st.title("Deep Boltzmann machine")
st.markdown(prose.section("dbm"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Stage", key="dbm_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Stage"]()
