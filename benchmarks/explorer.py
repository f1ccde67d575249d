"""What a visitor waits for, in a real Chromium on this machine: python benchmarks/explorer.py [open] [start] [frames]

open    page opened -> the chains have moved (cold browser, warm browser), server warm
start   `streamlit run app.py` -> the chains have moved
frames  sweeps a second, time between frames (median, p95) and messages to the server while drawing
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
MOVED = ".stage[data-sweeps]:not([data-sweeps='0'])"


@contextlib.contextmanager
def server(wait: bool = True):
    """The address of a server started for this measurement."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while wait and not healthy(url):
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/_stcore/health", timeout=1):
            return True
    except OSError:
        return False


def opened(page, url: str) -> float:
    began = time.perf_counter()
    page.goto(f"{url}/rbm", wait_until="commit")
    page.wait_for_selector(MOVED, timeout=60_000)
    return time.perf_counter() - began


def measure_open(browser, runs: int = 5) -> None:
    with server() as url:
        opened(browser.new_page(), url)  # the server has read what it serves
        time.sleep(10)  # and has imported what it warms up with
        cold, warm = [], []
        for _ in range(runs):
            context = browser.new_context()
            cold.append(opened(context.new_page(), url))
            warm.append(opened(context.new_page(), url))
            context.close()
    print(f"page opened -> chains move: cold browser {median(cold):.2f} s, warm browser {median(warm):.2f} s (medians of {runs})")


def measure_start(browser, runs: int = 3) -> None:
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        with server(wait=False) as url:
            while not healthy(url):
                time.sleep(0.02)
            opened(browser.new_page(), url)
            seconds.append(time.perf_counter() - began)
    print(f"streamlit run -> chains move: {median(seconds):.2f} s (median of {runs})")


FRAMES = """() => new Promise((done) => {
    const times = [];
    const tick = (now) => { times.push(now); times.length < 181 ? requestAnimationFrame(tick) : done(times); };
    requestAnimationFrame(tick);
})"""


def measure_frames(browser) -> None:
    with server() as url:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        sent = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
        page.goto(f"{url}/rbm?stage_speed=3")  # one sweep each frame
        page.wait_for_selector(MOVED, timeout=60_000)
        page.wait_for_timeout(3000)
        sent.clear()
        pad = page.locator(".stage canvas[data-id=pad]").bounding_box()
        page.evaluate(f"window.frames_measured = ({FRAMES})()")
        before, began = sweeps(page), time.perf_counter()
        page.mouse.move(pad["x"] + 40, pad["y"] + 40)
        page.mouse.down()
        for i in range(60):
            page.mouse.move(pad["x"] + 40 + 3 * i, pad["y"] + 40 + 2 * i)
            page.wait_for_timeout(16)
        page.mouse.up()
        times = page.evaluate("window.frames_measured")
        rate = (sweeps(page) - before) / (time.perf_counter() - began)
        gaps = [b - a for a, b in pairwise(times)]
        print(f"drawing, 25 chains of 784-500: {rate:.0f} sweeps a second; frames: median {median(gaps):.1f} ms, "
              f"p95 {quantiles(gaps, n=20)[-1]:.1f} ms; messages to the server: {len(sent)}")
        page.goto(f"{url}/rbm?stage_speed=6")
        page.wait_for_selector(MOVED, timeout=60_000)
        page.wait_for_timeout(1000)
        before, began = sweeps(page), time.perf_counter()
        page.wait_for_timeout(4000)
        print(f"fast forward: {(sweeps(page) - before) / (time.perf_counter() - began):.0f} sweeps a second")


def sweeps(page) -> int:
    return int(page.locator(".stage").get_attribute("data-sweeps"))


def main(wanted: list[str]) -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    measures = {"open": measure_open, "start": measure_start, "frames": measure_frames}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in wanted or measures:
            measures[name](browser)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
