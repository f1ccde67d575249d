// Two labelled stacks dream side by side, and read the same test digits.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { playButton } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp, reducedMotion } from "../../kit/theme.js";

const COUNT = 10, READ_AT_ONCE = 100, MAX_SHOWN = 20, SWEEPS_A_SECOND = 12, FADE = 0.08;

export default component(async (root, settings, page) => {
  const at = elements(root), setting = scene("pair", { seed: [1, 1, 2 ** 31] });
  const images = await testImages(settings.images);
  const asks = settings.models.map(() => asker(new URL("../stage/worker.js", import.meta.url)));
  const labels = Int8Array.from({ length: COUNT }, (_, k) => k);
  let colours, targets = [], shown = [], sweeps = 0, due = 0, differing = [], ended = false;

  // Both begin at the same test digits, one of each label.
  async function begin() {
    const pictures = new Float32Array(COUNT * PIXELS);
    labels.forEach((label, c) => {
      const mine = [...images.labels.keys()].filter((i) => images.labels[i] === label);
      pictures.set(images.image(mine[setting.seed % mine.length]), c * PIXELS);
    });
    await Promise.all(asks.flatMap((ask) => [ask("restart", { seed: setting.seed, pictures: pictures.slice() }), ask("hold", { labels })]));
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
    const wrong = [0, 0];
    for (let from = 0; from < images.count && !ended; from += READ_AT_ONCE) {
      const count = Math.min(READ_AT_ONCE, images.count - from);
      const pictures = Float32Array.from(images.bytes.subarray(from * PIXELS, (from + count) * PIXELS), (x) => x / 255);
      const told = await Promise.all(asks.map(async (ask) => (await ask("classify", { pictures, count })).told));
      for (let i = 0; i < count; i++) {
        const truth = images.labels[from + i];
        told.forEach((each, k) => { wrong[k] += Number(each[i] !== truth); });
        if (told[0][i] !== told[1][i] && differing.length < MAX_SHOWN) differing.push(shownDigit(from + i, truth, told[0][i], told[1][i]));
      }
      at.text.textContent = `Of the first ${from + count} the greedy stack gets ${wrong[0]} wrong, after up-down ${wrong[1]}.`;
      root.dataset.read = from + count;
      paint();
    }
  }
  function shownDigit(index, truth, before, after) {
    const figure = document.createElement("figure"), canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
    canvas.className = "pixels";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `A test digit, ${truth}`);
    caption.innerHTML = `<b>${truth}</b>: read as ${before}, then as ${after}`;
    figure.append(canvas, caption);
    at.digits.append(figure);
    return { canvas, picture: images.image(index) };
  }

  const animation = loop(root, frame);
  const play = playButton(at.play, animation);
  at.sweep.onclick = async () => { play(false); await sweep(1); shown = targets.map((pictures) => pictures.slice()); paint(); };
  at.again.onclick = begin;
  at.save.onclick = () => ["before", "after"].forEach((word, i) => savePicture(at[`dreams${i}`], `dbn-up-down-${word}-sweep-${sweeps}.png`, 6));
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); begin(); };
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
  return { theme, destroy() { ended = true; animation.destroy(); asks.forEach((ask) => ask.end()); } };
});
