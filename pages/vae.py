"""Variational autoencoders: the latent square, the inside, training, why the pictures are blurry, the mathematics."""

import streamlit as st

from ui import assets, latent_square, prose

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
        {"id": name, "label": label, "url": assets.weights_url(name), "images": assets.images_url(data, 2000), "names": names}
        for name, (label, data, names) in MODELS.items()
        if assets.has_weights(name)
    ]


def square():
    st.markdown(prose.section("vae", "Square"))
    latent_square.mount(models(), chosen="vae-mnist")


SECTIONS = {"Square": square}

st.title("Variational autoencoder")
st.markdown(prose.section("vae"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="Square", key="vae_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "Square"]()
