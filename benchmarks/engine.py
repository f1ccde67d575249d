"""Gibbs sweeps in a second of one core: plain JavaScript and WebAssembly in Chromium beside torch on one thread.

    python -m benchmarks.engine

Uses the pretrained RBMs, because a sweep costs as much as units are on. "one by one" is what an animation does: a
request to the worker, one sweep, the means of all pixels back. Processor time, not the clock: neighbours matter less.
"""

import functools
import http.server
import os
import shutil
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path

import safetensors.torch
import torch
from playwright.sync_api import sync_playwright

from deepgen.chains import run_chains
from deepgen.rbm import RBM, RBMConfig

ROOT = Path(__file__).parents[1]
MODELS = ["rbm-mnist", "rbm-1000-mnist"]
SECONDS = 1

SWEEP = """async ([url, numChains, wasm, requests, count]) => {
    const {EngineClient} = await import('/ui/engine/client.js');
    globalThis.engine ??= new EngineClient();
    if (!requests) {
        await engine.load(url);
        await engine.chains({numChains, seed: 1, wasm});
    }
    for (let t = 0; t < requests; t++) await engine.sweep({count, want: ['visibleMeans']});
}"""


def cpu_seconds(folder: str) -> float:
    """User and system time of the processes of one Chromium, known by its profile folder or its parent."""
    parents, times, ours = {}, {}, set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
            pid, parents[pid], times[pid] = int(path.name), int(fields[1]), int(fields[11]) + int(fields[12])
            if folder in (path / "cmdline").read_text():
                ours.add(pid)
        except OSError:
            continue  # it has ended meanwhile
    for _ in range(4):
        ours |= {pid for pid, parent in parents.items() if parent in ours}
    return sum(times[pid] for pid in ours) / os.sysconf("SC_CLK_TCK")


def browser_rate(page, folder: str, weights: str, num_chains: int, wasm: bool, count: int) -> float:
    """Sweeps in a second of one core, when ``count`` are asked for at a time."""
    page.evaluate(SWEEP, [weights, num_chains, wasm, 0, 0])
    page.evaluate(SWEEP, [weights, num_chains, wasm, 1, 100])  # compiled and away from the start
    sweeps, began = 0, cpu_seconds(folder)
    while cpu_seconds(folder) - began < SECONDS:
        page.evaluate(SWEEP, [weights, num_chains, wasm, 50 // count, count])
        sweeps += 50
    return sweeps / (cpu_seconds(folder) - began)


def serve() -> http.server.ThreadingHTTPServer:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=ROOT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def load(path: Path) -> RBM:
    tensors = safetensors.torch.load_file(path)
    rbm = RBM(RBMConfig(*tensors["W"].shape))
    rbm.load_state_dict(tensors)
    return rbm


@torch.no_grad()
def torch_rate(rbm, num_chains: int) -> float:
    rng = torch.Generator().manual_seed(1)
    chains = run_chains(rbm, rbm.init_chains(num_chains, rng=rng), rng=rng)
    for _ in islice(chains, 200):
        pass
    sweeps, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        next(chains)
        sweeps += 1
    return sweeps / (time.process_time() - began)


def main():
    torch.set_num_threads(1)
    server = serve()
    url = f"http://127.0.0.1:{server.server_port}"
    print("| RBM | chains | torch, one thread | plain JavaScript | WebAssembly | WebAssembly, one by one |")
    print("|---|---|---|---|---|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        flags = ["--no-sandbox", "--disable-gpu"]
        launch = playwright.chromium.launch_persistent_context
        browser = launch(folder, executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page()
        page.goto(f"{url}/README.md")
        for name in MODELS:
            path = ROOT / "pretrained" / f"{name}.safetensors"
            if not path.exists():
                continue
            rbm = load(path)
            for num_chains in (25, 100):
                settings = [(False, 10), (True, 50), (True, 1)]
                weights = f"{url}/pretrained/{path.name}"
                rates = [torch_rate(rbm, num_chains)]
                rates += [browser_rate(page, folder, weights, num_chains, *setting) for setting in settings]
                sizes = f"{rbm.config.num_visible}-{rbm.config.num_hidden}"
                print(f"| {sizes} | {num_chains} | " + " | ".join(f"{rate:.0f}" for rate in rates) + " |", flush=True)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
