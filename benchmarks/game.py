"""How many modes the game in the browser finds once "Cure it" is pressed, from a fresh start, seed by seed.

    python -m benchmarks.game [--world grid] [--seeds 3] [--updates 24000] [--set '{"r1": 0.1}']

The very modules of the page, in headless Chromium, without its clock. Modes as benchmarks/collapse.py counts them.
"""

import argparse
import json
import os
import shutil

from playwright.sync_api import sync_playwright

from benchmarks.engine import serve

CHUNK = 500  # updates between two looks at the clock of the driver

BEGIN = """async ([world, seed, changes]) => {
    const { Match } = await import('/ui/gan/game/match.js'), { WORLDS } = await import('/ui/gan/game/worlds.js');
    const { cureOf, playingOf } = await import('/ui/gan/game/remedies.js');
    globalThis.match = new Match(WORLDS[world](), { ...playingOf(cureOf(world).settings), ...changes }, seed);
    return JSON.stringify(match.settings);
}"""
GO_ON = "(updates) => { for (let i = 0; i < updates; i++) match.update(); }"
LOOK = "() => { const { modes, numModes, highQuality, divergence, failed } = match.view(); "
LOOK += "return { modes, numModes, highQuality, divergence, failed }; }"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", choices=["ring", "grid", "moons"], default="grid")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=24_000)
    parser.add_argument(
        "--set", type=json.loads, default={}, help="fields of SETTINGS in ui/gan/game/match.js, as JSON"
    )
    arguments = parser.parse_args()
    server = serve()
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/docs/")
        for seed in range(arguments.seeds):
            settings = page.evaluate(BEGIN, [arguments.world, seed, arguments.set])
            if seed == 0:
                print(settings)
            for done in range(0, arguments.updates, CHUNK):
                page.evaluate(GO_ON, min(CHUNK, arguments.updates - done))
                if (done + CHUNK) % (arguments.updates // 4) < CHUNK:
                    seen = page.evaluate(LOOK)
                    print(
                        f"seed {seed}, update {done + CHUNK:6,}: {seen['modes']:2} of {seen['numModes']} modes, "
                        f"{seen['highQuality']:.0%} of high quality, divergence {seen['divergence']:.3f} nats",
                        flush=True,
                    )
        browser.close()
    server.shutdown()
