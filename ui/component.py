"""A component is a folder somewhere below ui/ with component.html, component.css and component.js (an ES module).

Where component.html says <!-- kit/drawing.html -->, the kit's file of that name stands.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from ui import assets


def markup(folder: Path) -> str:
    """component.html with the kit's parts in their places."""
    text = (folder / "component.html").read_text()
    return re.sub(r"<!-- (kit/\w+\.html) -->", lambda found: (assets.UI / found[1]).read_text(), text)


@cache
def define(name: str) -> Callable:
    """Register the component in ui/NAME ("rbm/stage") and return its ``mount(settings, *, key, **callbacks)``.

    The inline script is a shim: the module itself comes from /assets, once per tab, and shares the kit and the engine.
    """
    folder = assets.UI / name
    css = (assets.UI / "kit" / "kit.css").read_text() + (folder / "component.css").read_text()
    module = json.dumps(assets.code_url(f"{name}/component.js"))
    js = f"// shim\nconst module = await import(new URL({module}, location.origin));\nexport default module.default;\n"
    renderer = st.components.v2.component("deepgen_" + name.replace("/", "_"), html=markup(folder), css=css, js=js)

    def mount(settings: dict, *, key: str, **callbacks):
        """Draw the component. Settings that are not JSON (a NaN, a tensor) are refused here: in the browser they fail silently."""
        return renderer(key=key, data=json.loads(json.dumps(settings, allow_nan=False)), **callbacks)

    return mount
