"""Buttons that set what causes a failure, or what cures it, and say what they have set."""

from collections.abc import Mapping
from typing import Any

import streamlit as st


def remedies(page: str, offered: Mapping[str, tuple[Mapping[str, Any], str]]) -> None:
    """Draw them above a page's training room. offered: label -> (control -> value, what was set and why, in a sentence)."""
    row = st.container(horizontal=True, vertical_alignment="center", key=f"{page}_remedies")
    for i, (label, (settings, said)) in enumerate(offered.items()):
        row.button(label, key=f"{page}_remedy_{i}", on_click=_set, args=(page, settings, said))
    if said := st.session_state.get(f"{page}_remedy_said"):
        row.caption(said)


def _set(page: str, settings: Mapping[str, Any], said: str) -> None:
    held = [name for name in settings if f"{page}_train_{name}" in st.session_state.get("visit_lock", ())]
    for name, value in settings.items():
        if name not in held:
            st.session_state[f"{page}_train_{name}"] = value
    st.session_state[f"{page}_remedy_said"] = said if not held else "What this would set is held still for this class."
