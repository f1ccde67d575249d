"""Generative adversarial networks: the game in the plane, pictures from noise, training, the visitor as judge."""

import streamlit as st

from ui import gan_game, prose


def game():
    st.markdown(prose.section("gan", "Game"))
    gan_game.mount()
    st.markdown(prose.section("gan", "What to try"))


SECTIONS = {"Game": game}

st.title("Generative adversarial network")
st.markdown(prose.section("gan"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Game", key="gan_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Game"]()
