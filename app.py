"""The application: `streamlit run app.py`, or `uvicorn app:app`."""

import gc
import threading
from contextlib import asynccontextmanager

import streamlit as st

from ui import assets


def warm() -> None:
    """Import what the pages will need while the server is already answering."""
    import torch  # noqa: F401

    import deepgen.datasets  # noqa: F401

    gc.freeze()  # what is loaded by now lives as long as the server: the collector need not look at it again


@asynccontextmanager
async def lifespan(app):
    threading.Thread(target=warm, daemon=True).start()
    yield {}


app = st.App("ui/shell.py", lifespan=lifespan, routes=[assets.route])
