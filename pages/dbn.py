"""Deep belief networks: the stage, stacking as a film, the mathematics, up-down, training."""

import streamlit as st

from ui import (
    assets,
    checkpoints,
    dbn_film,
    dbn_pair,
    dbn_stage,
    dbn_training,
    explaining_away,
    jensen,
    prose,
    tied_start,
)

MODELS = {
    "dbn-labels-mnist": "with labels, stacked greedily",
    "dbn-labels-updown-mnist": "with labels, after up-down",
    "dbn-mnist": "without labels",
}


def stage():
    st.markdown(prose.section("dbn", "Stage"))
    found = checkpoints.choices("dbn", "dbn", MODELS)
    models = [{"id": each.id, "label": each.label, "url": each.url} for each in found]
    dbn_stage.mount(models, images=assets.images_url("mnist"))


def stacking():
    st.markdown(prose.section("dbn", "Stacking"))
    model = "dbn-mnist" if assets.has_weights("dbn-mnist") else "dbn-labels-mnist"
    numbers = dbn_film.known_numbers()
    dbn_film.mount(assets.weights_url(model), images=assets.images_url("mnist"), numbers=numbers)
    st.markdown(prose.section("dbn", "Tied start"))
    tied_start.mount()


def bound():
    st.markdown(prose.section("dbn", "Jensen"))
    jensen.mount()
    st.markdown(prose.section("dbn", "The bound"))
    st.markdown(prose.section("dbn", "Explaining away"))
    explaining_away.mount()


def up_down():
    st.markdown(prose.section("dbn", "Up-down"))
    pair = ("dbn-labels-mnist", "dbn-labels-updown-mnist")
    if all(map(assets.has_weights, pair)):
        dbn_pair.mount(*map(assets.weights_url, pair), images=assets.images_url("mnist"))
    else:
        st.info("The pretrained pair is not here: `python -m deepgen pretrain dbn-labels-updown-mnist` makes it.")


SECTIONS = {"Stage": stage, "Stacking": stacking, "Jensen": bound, "Up-down": up_down, "Train": dbn_training.mount}

st.title("Deep belief network")
st.markdown(prose.section("dbn"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Stage", key="dbn_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Stage"]()
