"""Generative adversarial networks: the game in the plane, pictures from noise, training, the visitor as judge."""

import streamlit as st

from ui import checkpoints, lesson, prose
from ui.gan import equations, game, judge, models, walk


def show_game():
    st.markdown(prose.section("gan", "Game"))
    game.mount()
    st.markdown(prose.section("gan", "What to try"))


def show_samples():
    st.markdown(prose.section("gan", "Samples"))
    walk_above = st.container()
    checkpoints.bring("gan", "gan", place=models.place)
    with walk_above:
        if found := models.models():
            walk.mount(found, images=models.images(found))


def show_train():
    from ui.gan import training

    training.mount()


def show_judge():
    st.markdown(prose.section("gan", "You judge"))
    if found := models.models():
        judge.mount(found, images=models.images(found))


def show_mathematics():
    st.markdown(prose.section("gan", "Mathematics"))
    equations.mount()
    st.markdown(prose.section("gan", "Which way"))


SECTIONS = {"Game": show_game, "Samples": show_samples, "Train": show_train, "You judge": show_judge, "Mathematics": show_mathematics}

lesson.show("gan", "Generative adversarial network", SECTIONS)
