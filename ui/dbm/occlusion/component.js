// Occlusion: what each machine makes of the pixels that are not held. A worker samples; this module asks when it has painted.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { oneOf, playButton, seeds, slider } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { drawingPad } from "../../kit/pad.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { drawTrace } from "../../kit/trace.js";

const CHAINS = 9, TRACE = 300, REST = 9; // seconds for a digit before the next comes by itself
const SPEEDS = [[2, "2 a second"], [10, "10 a second"], [30, "30 a second"], [60, "each frame"], [300, "5 a frame"]];
const HELD = {
  top: (i) => i < PIXELS / 2, bottom: (i) => i >= PIXELS / 2, left: (i) => i % 28 < 14, right: (i) => i % 28 >= 14,
};

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("occlusion", { digit: [18, 0, 999], half: Object.keys(HELD), seed: [1, 1, 2 ** 31], speed: [2, 0, 4] });
  const images = await testImages(settings.images);
  const ask = asker(new URL("./worker.js", import.meta.url));
  const columns = settings.machines.map(({ label, text }) => column(at.machines, label, text));
  let colours, truth, sweeps = 0, due = 0, clock = 0, latest = null, scores = [], touched = false, quiet = true, beginning = null;

  const pad = drawingPad(at.pad, { onChange: () => { paintPad(); if (!quiet) { touched = true; begin(); } } });
  pad.tool = "free";

  function show() {
    quiet = true;
    truth = images.image(setting.digit).map((x) => (x > 0.5 ? 1 : 0));
    pad.set(truth, Uint8Array.from({ length: PIXELS }, (_, i) => (HELD[setting.half](i) ? 1 : 0)));
    quiet = false;
    if (colours) paintTiles(at.truth, truth, { count: 1, colours: colours.ink });
    return begin();
  }

  // strokes come faster than machines begin: only the last one counts
  async function begin() {
    const mine = (beginning = {});
    await ask("begin", { picture: pad.values.map((x) => (x > 0.5 ? 1 : 0)), held: pad.held.slice(), chains: CHAINS, seed: setting.seed });
    if (mine !== beginning) return;
    [sweeps, clock, scores] = [0, 0, columns.map(() => [])];
    await sweep(1);
  }

  async function sweep(times) {
    sweeps += times;
    latest = await ask("sweep", { times, look: sweeps % 5 === 0 });
    columns.forEach((_, k) => {
      scores[k].push(prediction(latest[`average${k}`]));
      if (scores[k].length > TRACE) scores[k].shift();
    });
    paint();
  }

  // log probability that the average of the chains gives to the true pixels that are not held, a pixel; nats
  function prediction(average) {
    let sum = 0, free = 0;
    for (let i = 0; i < PIXELS; i++) {
      if (pad.held[i]) continue;
      const p = Math.min(0.999, Math.max(0.001, average[i]));
      sum += Math.log(truth[i] ? p : 1 - p);
      free++;
    }
    return free ? sum / free : 0;
  }

  async function frame(now, seconds) {
    clock += seconds;
    if (clock > REST && !touched) {
      setting.digit = (setting.digit + 1) % images.count;
      return show();
    }
    due += SPEEDS[setting.speed][0] * seconds;
    const times = Math.min(Math.floor(due), 5);
    if (times < 1 || !latest) return;
    due = Math.min(due - times, 1);
    await sweep(times);
  }

  function paint() {
    if (!colours || !latest) return;
    const digit = images.labels[setting.digit], low = Math.min(-0.5, ...scores.flat());
    columns.forEach(({ average, chains, trace, text }, k) => {
      const pictures = latest[`pictures${k}`];
      paintTiles(average, settings.machines[k].once ? latest[`average${k}`].map((p) => 127 * p) : heldInBlue(latest[`average${k}`]), { count: 1, low: 0, high: 255, colours: colours.mixed });
      paintTiles(chains, pictures, { count: CHAINS, columns: 3, gap: 2, colours: colours.ink, background: colours.gap });
      drawTrace(trace, [{ values: scores[k], colour: colours.hues[k] }], { colours: colours.theme, high: 0, low });
      if (latest.labels) {
        const right = latest.labels[k].filter((label) => label === digit).length;
        text.textContent = `${right} of ${CHAINS} look like a ${digit}; hidden pixels ${scores[k].at(-1).toFixed(3)} nats each`;
      }
    });
    at.counter.textContent = `sweep ${sweeps.toLocaleString("en")}`;
    root.dataset.sweeps = sweeps;
  }

  const heldInBlue = (dream) => dream.map((p, i) => (pad.held[i] ? 128 + 127 * pad.values[i] : 127 * p));
  function paintPad() {
    if (colours) paintTiles(at.pad, pad.values.map((x, i) => (pad.held[i] ? 128 + 127 * x : 0)), { count: 1, low: 0, high: 255, colours: colours.padded });
  }

  // --- controls
  oneOf(at, Object.keys(HELD), setting.half, (half) => { touched = true; setting.set("half", half); return show(); });
  oneOf(at, ["free", "ink", "paper"], pad.tool, (tool) => { pad.tool = tool; });
  at.digit.onclick = () => { touched = true; setting.set("digit", (setting.digit + 1) % images.count); return show(); };
  seeds(at, setting, begin);
  at.step.onclick = () => { play(false); return sweep(1); };
  slider(at.speed, at.speedText, setting, "speed", (speed) => SPEEDS[speed][1]);
  const name = (k) => settings.machines[k].label.toLowerCase().replace(/[^a-z]+/g, "-");
  at.save.onclick = () => columns.forEach(({ chains }, k) => savePicture(chains, `occlusion-${name(k)}-sweep-${sweeps}.png`));
  at.table.onclick = () => saveTable(["look", ...settings.machines.map((_, k) => name(k))], scores[0].map((_, t) => [t + 1, ...scores.map((each) => each[t].toFixed(4))]), `occlusion-sweep-${sweeps}.csv`);

  const animation = loop(root, frame);
  const play = playButton(at.play, animation);
  function theme(found) {
    const half = (lut) => lut.filter((_, i) => i % 2 === 0), ink = ramp(found.paper, found.ink), blue = ramp(found.paper, found.blue);
    colours = {
      theme: found, ink, gap: ramp(found.line, found.line)[0], hues: [found.violet, found.orange, found.orange, found.blue],
      mixed: Uint32Array.of(...half(ink), ...half(blue)), padded: Uint32Array.of(...half(ramp(found.line, found.line)), ...half(blue)),
    };
    paintPad();
    if (truth) paintTiles(at.truth, truth, { count: 1, colours: ink });
    paint();
  }

  theme(page.colours);
  await ask("load", { judge: new URL(settings.judge, location.href).href, columns: settings.machines.map(({ url, once }) => ({ url: new URL(url, location.href).href, once })) });
  await show();
  play(!reducedMotion());
  const announcing = setInterval(() => { at.status.textContent = settings.machines.map(({ label }, k) => `${label}: ${columns[k].text.textContent}`).join(". "); }, 10000);
  return { theme, destroy() { clearInterval(announcing); animation.destroy(); ask.end(); } };
});

// A column for a machine: the average completion, its chains, and how well it predicts what is hidden.
function column(parent, label, explanation) {
  const how = Object.assign(document.createElement("p"), { className: "caption how", textContent: explanation }), panel = document.createElement("section"), title = document.createElement("h3"), text = document.createElement("p");
  panel.className = "panel machine";
  panel.setAttribute("aria-label", label);
  title.textContent = label;
  text.className = "caption";
  const canvas = (name, description) => {
    const element = document.createElement("canvas");
    element.className = name;
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", description);
    return element;
  };
  const average = canvas("pixels average", `${label}: the average completion`);
  const chains = canvas("pixels chains", `${label}: the completions of nine chains`);
  const trace = canvas("trace", `${label}: log probability of the hidden pixels`);
  panel.append(title, how, average, chains, text, trace);
  parent.append(panel);
  return { average, chains, trace, text };
}
