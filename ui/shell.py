"""The page table and the navigation, nothing else."""

import streamlit as st

PAGES = [
    st.Page("../pages/home.py", title="deepgen", default=True),
    st.Page("../pages/rbm.py", title="RBM", url_path="rbm"),
]

st.set_page_config(page_title="deepgen", page_icon=":material/blur_on:", layout="wide")
st.navigation(PAGES, position="top").run()
