"""Restricted Boltzmann machines: the stage, training, the exact laboratory, the race, the mathematics."""

import streamlit as st

from ui import assets, prose, rbm_stage

st.title("Restricted Boltzmann machine")
st.markdown(prose.section("rbm"))

MODELS = {"rbm-mnist": "500 hidden units, PCD", "rbm-1000-mnist": "1000 hidden units, PCD", "rbm-cd1-mnist": "500 hidden units, CD-1"}
models = [{"id": name, "label": label, "url": assets.weights_url(name)} for name, label in MODELS.items() if assets.has_weights(name)]
rbm_stage.mount(models, chosen=models[0]["id"], images=assets.images_url("mnist"))
st.caption(prose.section("rbm", "Stage"))
