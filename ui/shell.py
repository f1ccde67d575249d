"""The page table and the navigation, nothing else."""

from pathlib import Path

import streamlit as st

from ui import visit

PAGES = [
    st.Page("../pages/home.py", title="deepgen", default=True),
    st.Page("../pages/rbm.py", title="RBM", url_path="rbm"),
    st.Page("../pages/dbn.py", title="DBN", url_path="dbn"),
    st.Page("../pages/dbm.py", title="DBM", url_path="dbm"),
    st.Page("../pages/vae.py", title="VAE", url_path="vae"),
    st.Page("../pages/gan.py", title="GAN", url_path="gan"),
    st.Page("../pages/compare.py", title="Compare", url_path="compare"),
    st.Page("../pages/paper.py", title="Paper", url_path="paper"),
]

st.set_page_config(page_title="deepgen", page_icon=str(Path(__file__).with_name("icon.png")), layout="wide")
st.html(Path(__file__).with_name("shell.css"))
page = st.navigation(PAGES, position="top")
visit.frame()
page.run()
visit.footer()
