"""A page as a lesson: title, a word of welcome, and sections of which one is open."""

from collections.abc import Callable

import streamlit as st

from ui import prose


def show(page: str, title: str, sections: dict[str, Callable[[], None]]) -> None:
    """Draw the page; the open section stands in the address as PAGE_section, and the first is open to begin with."""
    st.title(title)
    st.markdown(prose.section(page))
    names = list(sections)
    chosen = st.segmented_control(
        "Section", names, default=names[0], key=f"{page}_section", bind="query-params", label_visibility="collapsed"
    )
    sections[chosen or names[0]]()
