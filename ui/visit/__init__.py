"""How a visit is framed: a kiosk that resets itself, controls that a teacher has locked, and a link to the present scene."""

import io
import re
from urllib.parse import urlencode

import streamlit as st

from ui.component import define

IDLE_SECONDS, COUNTDOWN_SECONDS = 120, 20


def frame() -> None:
    """Read ?kiosk=1 and ?lock=name,name; they hold for the whole session, on every page. Called once by the shell."""
    state, query = st.session_state, st.query_params
    if "kiosk" in query:
        state["visit_kiosk"] = query["kiosk"] == "1"
    if "lock" in query:
        state["visit_lock"] = re.findall(r"[A-Za-z0-9_]+", query["lock"])[:50]
    if state.get("visit_kiosk") or state.get("visit_lock"):
        settings = {"kiosk": bool(state.get("visit_kiosk")), "lock": state.get("visit_lock", []), "idle": IDLE_SECONDS,
                    "countdown": COUNTDOWN_SECONDS}  # fmt: skip
        define("visit")(settings, key="visit")


def footer() -> None:
    """Below every page, except in the kiosk: the link to what the visitor sees now."""
    if st.session_state.get("visit_kiosk"):
        return
    with st.container(horizontal=True, horizontal_alignment="right", key="visit_footer"):
        if st.button("Link to this scene", key="visit_link", type="tertiary"):
            show_link()


@st.dialog("This scene as a link")
def show_link() -> None:
    """The address with all settings, seed included, as text and as a QR code."""
    url = address()
    st.code(url, language=None, wrap_lines=True)
    st.image(qr_code(url), width=240, caption="The same for a phone's camera")
    st.caption("Add `kiosk=1` for an exhibit that resets itself, or `lock=name,name` with names of settings from the address to hold them still.")


def address() -> str:
    """Where the visitor is, settings included."""
    query = st.query_params.to_dict()
    url = (st.context.url or "").split("?")[0]
    return url + ("?" + urlencode(query) if query else "")


def qr_code(text: str) -> bytes:
    """A QR code as PNG, black on white, whatever the theme: cameras want it so."""
    import segno

    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="png", scale=6, border=3)
    return picture.getvalue()
