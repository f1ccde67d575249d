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
    state["visit_asked"] = query.to_dict()
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
    _tell_refused()
    if st.session_state.get("visit_kiosk"):
        return
    with st.container(horizontal=True, horizontal_alignment="right", key="visit_footer"):
        if st.button("Link to this scene", key="visit_link", type="tertiary"):
            show_link()


def _tell_refused() -> None:
    """Streamlit drops from the address what its widgets cannot take; the visitor should know. Components tell themselves."""
    state, query = st.session_state, st.query_params
    refused = [
        f"{name}={value[:40]}"
        for name, value in state["visit_asked"].items()
        if name not in query and name in state and str(state[name]) != value
    ]
    if refused:
        st.toast(
            f"The link asks for what is not known here ({', '.join(refused)}): the usual setting stands instead.",
            duration="long",
        )


@st.dialog("This scene as a link")
def show_link() -> None:
    """The address with all settings, seed included, as text and as a QR code."""
    url = address()
    st.code(url, language=None, wrap_lines=True)
    picture = qr_code(url)
    if picture:
        st.image(picture, width=300, caption="The same for a phone's camera")
    else:
        st.caption("With a drawing as large as this the link is too long for a QR code.")
    st.caption("Add `kiosk=1` for an exhibit that resets itself, or `lock=name,name` with names of settings from the address to hold them still.")


def address() -> str:
    """Where the visitor is, settings included."""
    query = st.query_params.to_dict()
    url = (st.context.url or "").split("?")[0]
    return url + ("?" + urlencode(query) if query else "")


def qr_code(text: str) -> bytes | None:
    """A QR code as PNG, black on white, whatever the theme: cameras want it so. None for a text that no code can hold."""
    import segno

    picture = io.BytesIO()
    try:
        segno.make(text, error="m" if len(text) < 500 else "l").save(picture, kind="png", scale=6, border=3)
    except segno.DataOverflowError:
        return None
    return picture.getvalue()
