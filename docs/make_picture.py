"""Make the README's moving picture from the running application: python docs/make_picture.py (needs Chromium, two minutes)."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
SIZE, SHOWN = {"width": 1280, "height": 760}, (768, 456)
FRAME_MILLISECONDS = 110


def scene(page, url: str, path: str, ready: str, act, frames: int) -> list[Image.Image]:
    """Open a page, wait for its stage, and take pictures while ``act(page, i)`` moves what a visitor would move."""
    page.goto(url + path)
    page.wait_for_selector(f"{ready}[data-ready=true]", timeout=60_000)
    page.wait_for_timeout(2500)
    pictures = []
    for i in range(frames):
        act(page, i)
        shot = Image.open(io.BytesIO(page.screenshot(type="jpeg", quality=92)))
        pictures.append(shot.resize(SHOWN, Image.Resampling.LANCZOS))
    return pictures


def draw_a_seven(page, i: int) -> None:
    box = page.locator(".stage canvas[data-id=pad]").bounding_box()
    points = [(0.28, 0.25), (0.5, 0.25), (0.72, 0.25), (0.62, 0.42), (0.55, 0.55)]
    if i == 0:
        page.locator(".stage canvas[data-id=pad]").scroll_into_view_if_needed()
        page.mouse.move(box["x"] + points[0][0] * box["width"], box["y"] + points[0][1] * box["height"])
        page.mouse.down()
    elif i < len(points):
        page.mouse.move(box["x"] + points[i][0] * box["width"], box["y"] + points[i][1] * box["height"], steps=6)
    elif i == len(points):
        page.mouse.up()


def watch(page, i: int) -> None:
    page.wait_for_timeout(60)


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(url + "/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        with sync_playwright() as playwright:
            executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            frames = scene(page, url, "/rbm", ".stage", draw_a_seven, 26)
            frames += scene(page, url, "/vae", ".square", watch, 26)
            frames += scene(page, url, "/gan", ".game", watch, 26)
            browser.close()
    finally:
        server.terminate()
        server.wait(20)
    path = ROOT / "docs" / "deepgen.webp"
    options = {"save_all": True, "append_images": frames[1:], "duration": FRAME_MILLISECONDS, "loop": 0}
    frames[0].save(path, quality=60, method=4, **options)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {len(frames)} frames")


if __name__ == "__main__":
    main()
