"""A component is a folder somewhere below ui/ with component.html, component.css and component.js (an ES module)."""

import json
from collections.abc import Callable
from functools import cache

import streamlit as st

from ui import assets


@cache
def define(name: str) -> Callable:
    """Register the component in ui/NAME ("rbm/stage") and return its ``mount(settings, *, key, **callbacks)``.

    The inline script is a shim: the module itself comes from /assets, once per tab, and shares the kit and the engine.
    """
    folder = assets.UI / name
    css = (assets.UI / "kit" / "kit.css").read_text() + (folder / "component.css").read_text()
    module = json.dumps(assets.code_url(f"{name}/component.js"))
    js = f"// shim\nconst module = await import(new URL({module}, location.origin));\nexport default module.default;\n"
    renderer = st.components.v2.component("deepgen_" + name.replace("/", "_"), html=(folder / "component.html").read_text(), css=css, js=js)

    def mount(settings: dict, *, key: str, **callbacks):
        """Draw the component. Settings that are not JSON (a NaN, a tensor) are refused here: in the browser they fail silently."""
        return renderer(key=key, data=json.loads(json.dumps(settings, allow_nan=False)), **callbacks)

    return mount
