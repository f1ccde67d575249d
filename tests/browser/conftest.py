"""What the tests in Chromium share: a browser, a server for the bare engine, the running app, and a page that watches.

Wait for content with ``until``; Streamlit's script states lag behind what is on the screen.
"""

import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
IDLE_URL = "data:text/html,<title>idle</title>"


class Site(NamedTuple):
    """A folder served over http; put files there to have them fetched."""

    url: str
    folder: Path


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map: ClassVar = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}

    def log_message(self, *args):
        pass


def pytest_collection_modifyitems(items):
    """A browser on a busy machine may miss a moment: such a test is tried once more. What is wrong stays wrong."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The modules of ui/ at /ui, beside files of a test's own; blank.html is a page to import them from."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "ui").symlink_to(ROOT / "ui")
    (folder / "blank.html").write_text("<!doctype html><link rel=icon href=data:,><title>blank</title>")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", folder)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def chromium():
    """One headless Chromium for all tests."""
    missing = "playwright is not installed: see requirements-dev.txt"
    sync_api = pytest.importorskip("playwright.sync_api", reason=missing)
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_api.sync_playwright() as playwright:
        if executable is None and not Path(playwright.chromium.executable_path).exists():
            how = "apt install chromium, or playwright install chromium"
            pytest.skip(f"there is no Chromium: install it ({how}), or set CHROMIUM to its path")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    """The address of ``streamlit run app.py`` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "streamlit.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}",
               "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until_healthy(process, f"http://127.0.0.1:{port}/_stcore/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_healthy(process, url: str, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{log.read_text()[-3000:]}")


@contextmanager
def watched_pages(chromium):
    """Opens pages in contexts of their own, and fails if one logged an error, threw one, or asked another machine."""
    contexts, problems = [], []

    def new_page(**options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: is_ours(message) and problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        context.on("request", lambda asked: leaves_machine(asked.url) and problems.append(f"request to {asked.url}"))
        return page

    yield new_page
    for context in contexts:
        for page in context.pages:
            page.goto(IDLE_URL)  # ends workers and sockets before the context goes
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def new_page(chromium):
    """``new_page(**context)`` opens a page in a context of its own (viewport, has_touch, color_scheme, …)."""
    with watched_pages(chromium) as new_page:
        yield new_page


@pytest.fixture(scope="module")
def bare_page(chromium, site):
    """One blank page for all tests of a file that only import modules of ui/."""
    with watched_pages(chromium) as new_page:
        page = new_page()
        page.goto(f"{site.url}/blank.html")
        yield page


def is_ours(message) -> bool:
    """An error of ours: Streamlit itself probes /rbm/_stcore/… on a sub-page before it finds the server's root."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def leaves_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")


@pytest.fixture
def page(new_page):
    """A page of desktop size."""
    return new_page()


@pytest.fixture
def until():
    """``until(page, "() => expression", argument, timeout=…)``: wait until the page shows it, and return what it gave.

    With a failure comes the text that the page shows instead.
    """

    def until(page, expression: str, argument=None, timeout: float = 10_000):
        try:
            return page.wait_for_function(expression, arg=argument, timeout=timeout).json_value()
        except Exception as error:
            if type(error).__name__ != "TimeoutError":
                raise
            text = page.evaluate("document.body.innerText")[:1500]
        pytest.fail(f"waited {timeout / 1000:.0f} s in vain for {expression}; the page shows:\n{text}")

    return until


@pytest.fixture
def engine(bare_page):
    """``engine(body, **arguments)`` runs an async JavaScript function body on the engine's module, arrays as lists."""

    def engine(body: str, **arguments):
        arguments = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in arguments.items()}
        result = bare_page.evaluate(  # JSON text both ways: the driver's own encoding of long lists takes seconds
            """async ([body, text]) => {
                const argument = JSON.parse(text);
                const engine = await import('/ui/engine/engine.js');
                await engine.loadKernels();
                const floats = (x) => Float32Array.from(x.flat());
                const machine = (m) => ({...m, weights: m.weights.map(floats), biases: m.biases.map(floats)});
                const list = (x) => Array.from(x);
                const AsyncFunction = Object.getPrototypeOf(async function () {}).constructor;
                const run = new AsyncFunction('engine', 'floats', 'machine', 'list', 'argument', body);
                return JSON.stringify(await run(engine, floats, machine, list, argument));
            }""",
            [body, json.dumps(arguments)],
        )
        return json.loads(result)

    return engine
