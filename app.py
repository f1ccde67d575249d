"""The application: `streamlit run app.py`, or `uvicorn app:app`."""

import gc
import logging
import threading
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from ui import assets, front
from ui.training import processes
from ui.training.workers import workers

WARM_AFTER = 4.0  # seconds after the start


def warm() -> None:
    """Import what the pages will need while the server is already answering."""
    import torch  # noqa: F401

    import deepgen.datasets  # noqa: F401

    processes.warm()
    gc.freeze()  # what is loaded by now lives as long as the server: the collector need not look at it again


@asynccontextmanager
async def lifespan(app):
    warming = threading.Timer(WARM_AFTER, warm)  # the first visitor's page comes first: its stage needs no torch
    warming.daemon = True
    warming.start()
    yield {}
    warming.cancel()
    workers.shutdown()


def apologise(error: Exception) -> bool:
    """A visitor gets a sentence; the log gets the traceback."""
    logging.getLogger("deepgen").error("a page failed", exc_info=error)
    st.error("Something on this page went wrong, and it has been written to the server's log. Reload the page to go on.")
    return True


app = st.App(
    "ui/shell.py",
    lifespan=lifespan,
    routes=[assets.route],
    middleware=[Middleware(front.Front)],
    on_script_error=apologise,
)
