// Two labelled stacks dream side by side, and read the same test digits.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { scene } from "../../kit/scene.js";
import { ramp, reducedMotion } from "../../kit/theme.js";

const PIXELS = 784, COUNT = 10, NUM_READ = 300, SWEEPS_A_SECOND = 12, FADE = 0.08;

export default component(async (root, settings, page) => {
  const at = elements(root), setting = scene("pair", { seed: [1, 1, 2 ** 31] });
  const asks = settings.models.map(() => asker(new URL("../stage/worker.js", import.meta.url)));
  const labels = Int8Array.from({ length: COUNT }, (_, k) => k);
  let colours, targets = [], shown = [], sweeps = 0, due = 0, differing = [];

  async function begin() {
    await Promise.all(asks.flatMap((ask) => [ask("restart", { seed: setting.seed }), ask("hold", { labels })]));
    sweeps = 0;
    await sweep(20);
    shown = targets.map((pictures) => pictures.slice());
    paint();
  }
  async function sweep(times) {
    const looks = await Promise.all(asks.map((ask) => ask("dream", { sweeps: times, beta: 1, chain: 0, sampled: false })));
    targets = looks.map(({ pictures }) => pictures);
    sweeps += times;
    at.counter.textContent = `sweep ${sweeps.toLocaleString("en")}; the same seed, labels 0 to 9 held`;
    root.dataset.sweeps = sweeps;
  }
  function paint() {
    if (!colours) return;
    shown.forEach((pictures, i) => paintTiles(at[`dreams${i}`], pictures, { count: COUNT, columns: 5, colours: colours.ink, background: colours.gap }));
    differing.forEach(({ canvas, picture }) => paintTiles(canvas, picture, { count: 1, colours: colours.ink }));
  }
  async function frame(now, seconds) {
    due = Math.min(due + SWEEPS_A_SECOND * seconds, 2);
    if (due >= 1) {
      due -= 1;
      await sweep(1);
    }
    const share = 1 - Math.exp(-seconds / FADE);
    shown.forEach((pictures, m) => { for (let i = 0; i < pictures.length; i++) pictures[i] += share * (targets[m][i] - pictures[i]); });
    paint();
  }

  async function read() {
    const bytes = new Uint8Array(await (await fetch(settings.images)).arrayBuffer()), total = bytes.length / (PIXELS + 1), count = Math.min(NUM_READ, total);
    const grey = Float32Array.from(bytes.subarray(0, count * PIXELS), (x) => x / 255), truth = bytes.subarray(total * PIXELS, total * PIXELS + count);
    const told = [];
    for (const ask of asks) told.push((await ask("classify", { pictures: grey, count })).told);
    const wrong = told.map((each) => each.reduce((sum, k, i) => sum + Number(k !== truth[i]), 0));
    const apart = [...truth.keys()].filter((i) => told[0][i] !== told[1][i]);
    at.text.textContent = `Of the first ${count} the greedy stack gets ${wrong[0]} wrong, after up-down ${wrong[1]}.`;
    differing = apart.slice(0, 16).map((i) => {
      const figure = document.createElement("figure"), canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
      canvas.className = "pixels";
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `A test digit, ${truth[i]}`);
      caption.innerHTML = `<b>${truth[i]}</b>: read as ${told[0][i]}, then as ${told[1][i]}`;
      figure.append(canvas, caption);
      at.digits.append(figure);
      return { canvas, picture: grey.slice(i * PIXELS, (i + 1) * PIXELS) };
    });
    paint();
  }

  const animation = loop(root, frame);
  at.play.onclick = () => play(!animation.running);
  at.sweep.onclick = async () => { play(false); await sweep(1); shown = targets.map((pictures) => pictures.slice()); paint(); };
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); begin(); };
  function play(on) {
    if (on) animation.start();
    else animation.stop();
    at.play.textContent = on ? "Pause" : "Play";
    at.play.setAttribute("aria-pressed", String(on));
  }
  function theme(found) {
    colours = { ink: ramp(found.paper, found.ink), gap: ramp(found.surface, found.surface)[0] };
    paint();
  }
  theme(page.colours);
  const loaded = await Promise.all(asks.map((ask, i) => ask("load", { url: new URL(settings.models[i], location.href).href, count: COUNT, seed: setting.seed })));
  loaded.forEach(({ card }, i) => { if (card.metrics?.accuracy) at[`about${i}`].textContent = `${(100 * (1 - card.metrics.accuracy)).toFixed(2)} % errors on all 10 000 test digits`; });
  await begin();
  play(!reducedMotion());
  read();
  return { theme, destroy() { animation.destroy(); asks.forEach((ask) => ask.end()); } };
});
