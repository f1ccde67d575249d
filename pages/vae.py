"""Variational autoencoders: the latent square, the inside, training, why the pictures are blurry, the mathematics."""

import streamlit as st

from ui import (
    assets,
    blurry,
    checkpoints,
    latent_square,
    prose,
    reparameterisation,
    vae_models,
    vae_numbers,
    vae_training,
)


def square():
    st.markdown(prose.section("vae", "Square"))
    square_above = st.container()
    with st.popover("Bring a model of your own", icon=":material/upload:"):
        checkpoints.upload("vae", "vae")
    with square_above:
        latent_square.mount(vae_models.two_latents(), chosen="vae-mnist")


def inside():
    st.markdown(prose.section("vae", "Inside"))
    reparameterisation.mount(vae_models.two_latents(), chosen="vae-mnist")


def why_blurry():
    st.markdown(prose.section("vae", "Blurry"))
    two, twenty = (
        {"label": label, "url": assets.weights_url(name)} if assets.has_weights(name) else None
        for name, label in (("vae-mnist", "2 latents"), ("vae-20-mnist", "20 latents"))
    )
    blurry.mount(two, twenty, images=assets.images_url("mnist", 2000))


def mathematics():
    st.markdown(prose.section("vae", "Mathematics"))
    vae_numbers.show_bounds()
    st.markdown(prose.section("vae", "Reparameterisation"))
    st.markdown(prose.section("vae", "Errata"))
    vae_numbers.show_divergences()
    st.markdown(prose.section("vae", "More errata"))


SECTIONS = {
    "Square": square,
    "Inside": inside,
    "Train": vae_training.mount,
    "Why blurry": why_blurry,
    "Mathematics": mathematics,
}

st.title("Variational autoencoder")
st.markdown(prose.section("vae"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Square", key="vae_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Square"]()
