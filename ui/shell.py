"""The page table and the navigation, nothing else."""

from pathlib import Path

import streamlit as st

PAGES = [
    st.Page("../pages/home.py", title="deepgen", default=True),
    st.Page("../pages/rbm.py", title="RBM", url_path="rbm"),
]

st.set_page_config(page_title="deepgen", page_icon=str(Path(__file__).with_name("icon.png")), layout="wide")
st.html(Path(__file__).with_name("shell.css"))
st.navigation(PAGES, position="top").run()
