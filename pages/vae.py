"""Variational autoencoders: the latent square, the inside, training, why the pictures are blurry, the mathematics."""

import streamlit as st

from ui import assets, checkpoints, lesson, prose
from ui.vae import blurry, models, numbers, reparameterisation, square, training


def show_square():
    st.markdown(prose.section("vae", "Square"))
    square_above = st.container()
    checkpoints.bring("vae", "vae", place=models.place)
    with square_above:
        square.mount(models.two_latents(), chosen="vae-mnist")


def show_inside():
    st.markdown(prose.section("vae", "Inside"))
    reparameterisation.mount(models.two_latents(), chosen="vae-mnist")


def show_why_blurry():
    st.markdown(prose.section("vae", "Blurry"))
    two = {"label": "2 latents", "url": assets.weights_url("vae-mnist")}
    blurry.mount(two, models.many_latents(), images=assets.images_url("mnist", 2000))


def show_mathematics():
    st.markdown(prose.section("vae", "Mathematics"))
    numbers.show_bounds()
    st.markdown(prose.section("vae", "Reparameterisation"))
    st.markdown(prose.section("vae", "Errata"))
    numbers.show_divergences()
    st.markdown(prose.section("vae", "More errata"))


SECTIONS = {
    "Square": show_square,
    "Inside": show_inside,
    "Train": training.mount,
    "Why blurry": show_why_blurry,
    "Mathematics": show_mathematics,
}

lesson.show("vae", "Variational autoencoder", SECTIONS)
