"""Deep belief networks: the stage, stacking as a film, the mathematics, up-down, training."""

import streamlit as st

from ui import assets, checkpoints, lesson, prose
from ui.dbn import explaining_away, film, jensen, pair, stage, tied_start, training

MODELS = {
    "dbn-labels-mnist": "with labels, stacked greedily",
    "dbn-labels-updown-mnist": "with labels, after up-down",
    "dbn-mnist": "without labels",
    "dbn-paper-mnist": "without labels, the paper's sizes",
}


def show_stage():
    st.markdown(prose.section("dbn", "Stage"))
    stage_above = st.container()
    checkpoints.bring("dbn", "dbn")
    with stage_above:
        if models := checkpoints.for_browser("dbn", "dbn", MODELS):
            stage.mount(models, chosen="dbn-labels-mnist", images=assets.images_url("mnist"))


def show_stacking():
    st.markdown(prose.section("dbn", "Stacking"))
    model = "dbn-mnist" if assets.has_weights("dbn-mnist") else "dbn-labels-mnist"
    numbers = film.known_numbers()
    film.mount(assets.weights_url(model), images=assets.images_url("mnist"), numbers=numbers)
    st.markdown(prose.section("dbn", "Tied start"))
    tied_start.mount()


def show_bound():
    st.markdown(prose.section("dbn", "Jensen"))
    jensen.mount()
    st.markdown(prose.section("dbn", "The bound"))
    st.markdown(prose.section("dbn", "Explaining away"))
    explaining_away.mount()


def show_up_down():
    st.markdown(prose.section("dbn", "Up-down"))
    before_and_after = ("dbn-labels-mnist", "dbn-labels-updown-mnist")
    if all(map(assets.has_weights, before_and_after)):
        pair.mount(*map(assets.weights_url, before_and_after), images=assets.images_url("mnist"))
    else:
        st.info("The pretrained pair is not here: `python -m deepgen pretrain dbn-labels-updown-mnist` makes it.")
    st.markdown(prose.section("dbn", "Few labels"))


SECTIONS = {"Stage": show_stage, "Stacking": show_stacking, "Jensen": show_bound, "Up-down": show_up_down, "Train": training.mount}

lesson.show("dbn", "Deep belief network", SECTIONS)
