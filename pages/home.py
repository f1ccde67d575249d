"""The door to the five families, in the paper's order: each thumbnail is the pretrained model at work."""

import streamlit as st

from ui import assets, gallery, prose

DOORS = [
    ("rbm", "Restricted Boltzmann machine", "rbm-mnist"),
    ("dbn", "Deep belief network", "dbn-labels-mnist"),
    ("dbm", "Deep Boltzmann machine", "dbm-mnist"),
    ("vae", "Variational autoencoder", "vae-mnist"),
    ("gan", "Generative adversarial network", "gan-mnist"),
]

st.title("Machines that dream")
st.markdown(prose.section("home"))
doors = [
    {"family": family, "title": title, "sentence": prose.section("home", family), "url": assets.weights_url(weights), "href": family}
    for family, title, weights in DOORS
    if assets.has_weights(weights)
]
chosen = gallery.mount(doors)
if chosen in {door["href"] for door in doors}:
    st.switch_page(f"../pages/{chosen}.py")
