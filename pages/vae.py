"""Variational autoencoders: the latent square, the inside, training, why the pictures are blurry, the mathematics."""

import streamlit as st

from ui import assets, blurry, latent_square, prose, reparameterisation, vae_numbers, vae_training

DIGITS = [str(digit) for digit in range(10)]
CLOTHES = ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
MODELS = {
    "vae-mnist": ("digits, 512-256-128", "mnist", DIGITS),
    "vae-paper-mnist": ("digits, the paper's 512", "mnist", DIGITS),
    "vae-fashion": ("clothes, 512-256-128", "fashion", CLOTHES),
    "vae-paper-fashion": ("clothes, the paper's 512", "fashion", CLOTHES),
}


def models():
    return [
        {
            "id": name,
            "label": label,
            "url": assets.weights_url(name),
            "images": assets.images_url(data, 2000),
            "names": names,
        }
        for name, (label, data, names) in MODELS.items()
        if assets.has_weights(name)
    ]


def square():
    st.markdown(prose.section("vae", "Square"))
    latent_square.mount(models(), chosen="vae-mnist")


def inside():
    st.markdown(prose.section("vae", "Inside"))
    reparameterisation.mount(models(), chosen="vae-mnist")


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
