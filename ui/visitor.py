"""Who is here: a token for this visitor's session, and the models that the session keeps."""

import secrets
from dataclasses import dataclass

import streamlit as st

from ui import assets
from ui.training.workers import workers

MAX_KEPT = 8


@dataclass(frozen=True)
class KeptModel:
    """A checkpoint that the visitor has trained or brought along; it lives as long as the session."""

    label: str
    family: str
    content: bytes

    @property
    def url(self) -> str:
        """Where the browser finds it, again and again."""
        return assets.publish(self.content, owner=f"{token()} {self.label}")


@st.cache_resource(scope="session", on_release=workers.orphan, show_spinner=False)
def _presence(token: str) -> str:
    workers.adopt(token)
    return token


def token() -> str:
    """Of this session. When its connection is lost its trainings are orphaned, and adopted when a page asks again."""
    return _presence(st.session_state.setdefault("visitor", secrets.token_hex(8)))


def kept_models(family: str | None = None) -> list[KeptModel]:
    """What this session has kept, the newest first."""
    return [model for model in st.session_state.get("kept_models", ()) if family in (None, model.family)]


def keep(label: str, family: str, content: bytes) -> KeptModel:
    """Keep a checkpoint under a label; the same label again replaces it, and the oldest make room."""
    label = " ".join(label.split())[:60] or "untitled"
    model = KeptModel(label, family, content)
    others = [other for other in kept_models() if (other.family, other.label) != (family, label)]
    st.session_state["kept_models"] = [model, *others][:MAX_KEPT]
    return model
