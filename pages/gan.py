"""Generative adversarial networks: the game in the plane, pictures from noise, training, the visitor as judge."""

import streamlit as st

from ui import gan_equations, gan_game, gan_judge, gan_models, gan_walk, prose


def game():
    st.markdown(prose.section("gan", "Game"))
    gan_game.mount()
    st.markdown(prose.section("gan", "What to try"))


def samples():
    st.markdown(prose.section("gan", "Samples"))
    if models := gan_models.models():
        gan_walk.mount(models, images=gan_models.images(models))


def train():
    from ui import gan_training

    gan_training.mount()


def judge():
    st.markdown(prose.section("gan", "You judge"))
    if models := gan_models.models():
        gan_judge.mount(models, images=gan_models.images(models))


def mathematics():
    st.markdown(prose.section("gan", "Mathematics"))
    gan_equations.mount()
    st.markdown(prose.section("gan", "Which way"))


SECTIONS = {"Game": game, "Samples": samples, "Train": train, "You judge": judge, "Mathematics": mathematics}

st.title("Generative adversarial network")
st.markdown(prose.section("gan"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Game", key="gan_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Game"]()
