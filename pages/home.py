"""The door to the five families."""

import streamlit as st

st.title("deepgen")
st.page_link("../pages/rbm.py", label="Restricted Boltzmann machine")
