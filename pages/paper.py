"""The paper: every equation with its door and its line of code, the errata by number, the experiments."""

from functools import partial

import streamlit as st

from ui import prose
from ui.paper import sections

SECTIONS = {chapter: partial(sections.equations, chapter) for chapter in ("RBM", "DBN", "DBM", "VAE", "GAN")}
SECTIONS |= {"Errata": sections.errata, "Experiments": sections.experiments}

st.title("The paper")
st.markdown(prose.section("paper"))
section = st.segmented_control(
    "Section", list(SECTIONS), default="RBM", key="paper_section", bind="query-params", label_visibility="collapsed"
)
SECTIONS[section or "RBM"]()
