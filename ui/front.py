"""What passes between server and visitor: a head start for a page's stage, safe headers, and a look at what comes in.

The first line of the HTML asks for the modules and weights of the page's stage while Streamlit's own code is still
loading; the stage then finds them in the cache. And since every visitor can send every message that Streamlit's protocol
knows, the ones that would empty the caches or stop the server for everybody are dropped here.
"""

import base64
import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path

import streamlit
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg

from ui import assets

HEAD_START = {  # page: the component that it opens with, the weights that this one shows first, the test pictures that it begins at
    "": ("gallery", ("rbm-mnist", "dbn-labels-mnist", "dbm-mnist", "vae-mnist", "gan-mnist"), None),
    "rbm": ("rbm/stage", ("rbm-mnist",), "mnist"),
    "dbn": ("dbn/stage", ("dbn-labels-mnist",), None),
    "dbm": ("dbm/stage", ("dbm-mnist",), "mnist"),
    "vae": ("vae/square", ("vae-mnist",), None),
    "gan": ("gan/game", (), None),
}
FOR_EVERYBODY = ("clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket", "debug_shutdown_runtime")
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]


@cache
def content_security_policy() -> bytes:
    """What a page may load: only what comes from here. Streamlit runs one inline script, allowed by its hash, and the
    components' shims as blobs; its styles are inline; our kernels are WebAssembly.
    """
    html = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    inline = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    scripts = " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *(f"'sha256-{digest}'" for digest in hashes)])
    return (
        f"default-src 'self'; script-src {scripts}; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'"
    ).encode()


@cache
def modules(path: str) -> frozenset[str]:
    """A browser module and all that it asks for (imports, workers, kernels), by their paths below ui/."""
    found = {path}
    if path.endswith(".js"):
        text = re.sub(r"^//.*$", "", assets.code(path).decode(), flags=re.MULTILINE)  # examples in comments ask for nothing
        asked = re.findall(r'from "(\.[^"]*)"', text) + re.findall(r'new URL\("(\.[^"]*)", import\.meta\.url\)', text)
        for relative in asked:
            found |= modules(posixpath.normpath(posixpath.join(posixpath.dirname(path), relative)))
    return frozenset(found)


@cache
def head_start(page: str) -> bytes:
    """The lines for the <head> of a page; none for a page that is not listed."""
    if page not in HEAD_START:
        return b""
    component, weights, data = HEAD_START[page]
    asked = sorted(modules(f"{component}/component.js"))
    lines = [f'<link rel="modulepreload" href="{assets.code_url(path)}">' for path in asked if path.endswith(".js")]
    fetched = [assets.code_url(path) for path in asked if not path.endswith(".js")]
    fetched += [assets.weights_url(name) for name in weights if assets.has_weights(name)]
    if data:
        fetched.append(assets.images_url(data))
    lines += [f'<link rel="preload" as="fetch" crossorigin href="{url}">' for url in fetched]
    return "".join(lines).encode()


class Front:
    """ASGI middleware around the whole application."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await self.app(scope, lambda: _without_messages_for_everybody(receive), send)
        elif scope["type"] == "http":
            base = (config.get_option("server.baseUrlPath") or "").strip("/")
            page = scope["path"].strip("/").removeprefix(base).strip("/")
            await self.app(scope, receive, _Answer(send, head_start(page)).send)
        else:
            await self.app(scope, receive, send)


class _Answer:
    """One answer on its way out: headers are added, and a page of HTML gets its head start."""

    def __init__(self, send, extra: bytes):
        self.forward, self.extra, self.start, self.body = send, extra, None, b""

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            message["headers"] = [*message["headers"], *HEADERS]
            html = headers.get(b"content-type", b"").startswith(b"text/html")
            if html:
                message["headers"].append((b"content-security-policy", content_security_policy()))
            if html and self.extra and b"content-encoding" not in headers:
                self.start = message  # held back: the body will be longer than it says
                return
        elif message["type"] == "http.response.body" and self.start:
            self.body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = self.body.replace(b"<head>", b"<head>" + self.extra, 1)
            kept = [(name, value) for name, value in self.start["headers"] if name not in (b"content-length", b"etag")]
            start, self.start = self.start, None
            await self.forward({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
            message = {"type": "http.response.body", "body": body}
        await self.forward(message)


async def _without_messages_for_everybody(receive):
    while True:
        message = await receive()
        content = message.get("bytes")
        if message["type"] != "websocket.receive" or not content:
            return message
        try:
            asked = BackMsg.FromString(content).WhichOneof("type")
        except Exception:  # not a message at all: Streamlit answers that itself
            return message
        if asked not in FOR_EVERYBODY:
            return message
