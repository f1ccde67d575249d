"""Generative adversarial networks: the game in the plane, pictures from noise, training, the visitor as judge."""

import streamlit as st

from ui import assets, gan_equations, gan_game, gan_judge, gan_walk, prose

MODELS = {"gan-mnist": ("Digits", "mnist"), "gan-fashion": ("Clothes", "fashion")}


def pretrained() -> list[dict]:
    """The generators that there are, for the browser."""
    return [
        {"id": name, "label": label, "url": assets.weights_url(name), "data": data}
        for name, (label, data) in MODELS.items()
        if assets.has_weights(name)
    ]


def images(models: list[dict]) -> dict[str, str]:
    """Real test images of the same kinds."""
    return {model["data"]: assets.images_url(model["data"]) for model in models}


def game():
    st.markdown(prose.section("gan", "Game"))
    gan_game.mount()
    st.markdown(prose.section("gan", "What to try"))


def samples():
    st.markdown(prose.section("gan", "Samples"))
    models = pretrained()
    if models:
        gan_walk.mount(models, images=images(models))
    else:
        st.info("No trained GAN is here: run `python -m deepgen pretrain gan-mnist`, or train one under *Train*.")


def judge():
    st.markdown(prose.section("gan", "You judge"))
    models = pretrained()
    if models:
        gan_judge.mount(models, images=images(models))
    else:
        st.info("No trained GAN is here: run `python -m deepgen pretrain gan-mnist`, or train one under *Train*.")


def train():
    from ui import gan_training

    gan_training.mount()


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
