"""Deep belief networks: the stage, stacking as a film, the mathematics, up-down, training."""

import streamlit as st

from ui import assets, dbn_stage, dbn_training, prose

MODELS = {
    "dbn-labels-mnist": "with labels, stacked greedily",
    "dbn-labels-updown-mnist": "with labels, after up-down",
    "dbn-mnist": "without labels",
}


def stage():
    st.markdown(prose.section("dbn", "Stage"))
    models = [
        {"id": name, "label": label, "url": assets.weights_url(name)}
        for name, label in MODELS.items()
        if assets.has_weights(name)
    ]
    dbn_stage.mount(models, images=assets.images_url("mnist"))


SECTIONS = {"Stage": stage, "Train": dbn_training.mount}

st.title("Deep belief network")
st.markdown(prose.section("dbn"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Stage", key="dbn_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Stage"]()
