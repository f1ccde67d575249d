// The DBN stage. A worker computes; this module asks for the next state when it has painted the last one.

import { Random } from "../../engine/random.js";
import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { oneOf, playButton, seeds, slider } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { textToDrawing } from "../../kit/pad.js";
import { saveModel } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { tenChains } from "./chains.js";
import { easel } from "./easel.js";
import { hues, tower as towerOf } from "./tower.js";

const NUM_CHAINS = 10;
const SPEEDS = [[0.7, "slowly"], [3, "3 a second"], [12, "12 a second"], [60, "each frame"], [300, "5 a frame"], [1200, "20 a frame"]];
const MODES = ["dream", "recognise", "complete"];

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("dbn", {
    model: [settings.chosen, (id) => settings.models.length === 1 || settings.models.some((model) => model.id === id)],
    mode: MODES, speed: [2, 0, 5], temperature: [1, 0.3, 2], show: ["mean", "sample"], seed: [1, 1, 2 ** 31], chain: [3, 0, NUM_CHAINS - 1],
    hold: ["each", (text) => /^(each|free|[0-9]|[0-9x]{10})$/.test(text)], scope: ["all", "one"], start: ["digits", "noise"], pad: ["", textToDrawing],
  });
  const ask = asker(new URL("./worker.js", import.meta.url));
  let colours, tower, sizes, numLabels = 0, sweeps = 0, due = 0, model, models = [];
  const chains = tenChains(at, setting, {
    count: NUM_CHAINS, onHold: (labels) => { ask("hold", { labels }); if (!animation.running) step(1); }, onChain: () => { if (!animation.running) step(0); },
  });
  const images = await testImages(settings.images);
  const drawing = easel(at, images, { ask, setting, onDreamOn: dreamOn, onChange: () => { if (!animation.running) frame(0, 1); } });
  const animation = loop(root, frame);

  async function useModel(id) {
    const next = models.find((each) => each.id === id) ?? models[0];
    if (next.url === model?.url) return;
    let loaded;
    try {
      loaded = await ask("load", { url: new URL(next.url, location.href).href, count: NUM_CHAINS, seed: setting.seed });
    } catch (error) {
      if (!model) throw error;
      at.model.value = model.id;
      at.about.textContent = `${next.label} cannot be shown, the machine before stays: ${error.message}`;
      return;
    }
    model = next;
    at.model.value = model.id;
    const before = String([sizes, numLabels]);
    ({ sizes, numLabels } = loaded);
    at.about.textContent = about(loaded.card);
    if (String([sizes, numLabels]) === before) return drawing.touch(); // new weights, and everything goes on
    tower?.destroy();
    tower = towerOf(at.tower, sizes, numLabels);
    chains.labelled(numLabels);
    drawing.labelled(numLabels);
    if (colours) tower.theme(colours);
    show(setting.mode);
    await begin();
  }

  async function begin() {
    sweeps = 0;
    await ask("restart", { seed: setting.seed, pictures: setting.start === "digits" ? firstPictures() : null });
    await ask("hold", { labels: chains.labels });
    await step(1);
  }

  // From noise a top pair needs hundreds of sweeps to a digit: chains begin at test digits, those of the labels that are held.
  function firstPictures() {
    const random = new Random(setting.seed), pictures = new Float32Array(NUM_CHAINS * PIXELS);
    chains.labels.forEach((label, c) => {
      let at = Math.floor(random.uniform() * images.count);
      for (let tried = 0; label >= 0 && images.labels[at] !== label && tried < images.count; tried++) at = (at + 1) % images.count;
      pictures.set(images.image(at), c * PIXELS);
    });
    return pictures;
  }

  async function step(count) {
    const look = await ask("dream", { sweeps: count, beta: 1 / setting.temperature, chain: setting.chain, sampled: setting.show === "sample" });
    sweeps += count;
    tower.show(layersOf(look), look.labels.subarray(setting.chain * numLabels, (setting.chain + 1) * numLabels), { delay: delay(), held: chains.labels[setting.chain] });
    chains.show(look, delay() * (sizes.length - 1));
    at.counter.textContent = `sweep ${sweeps.toLocaleString("en")} in the top pair`;
    root.dataset.sweeps = sweeps;
    if (!animation.running) chains.settle();
  }

  // slow enough, and the layers light up one after the other
  const delay = () => (animation.running && SPEEDS[setting.speed][0] <= 3 ? 0.25 / SPEEDS[setting.speed][0] : 0);

  async function frame(now, seconds) {
    due += SPEEDS[setting.speed][0] * seconds;
    const count = Math.min(Math.floor(due), 50);
    due = Math.min(due - count, 1);
    if (setting.mode === "dream") {
      if (count) await step(count);
      chains.ease(setting.show === "sample" ? 1 : seconds);
    } else if (setting.mode === "recognise") {
      const seen = await drawing.recognise(setting.show === "sample" && count > 0, seconds);
      if (seen) {
        tower.show(layersOf(seen), seen.labels, { delay: drawing.busy ? 0 : delay(), upward: true });
        root.dataset.told = seen.labels.length ? seen.labels.indexOf(Math.max(...seen.labels)) : "";
      }
    } else if (count) {
      const seen = await drawing.complete(count);
      tower.show(layersOf(seen), seen.labels, { delay: delay(), upward: true });
    }
  }

  async function dreamOn(picture) {
    chains.hold("free");
    await ask("beginFrom", { picture });
    sweeps = 0;
    show("dream");
    play(true);
  }

  // --- controls
  function show(mode) {
    setting.set("mode", mode);
    pressMode(mode);
    at.dreamPanel.hidden = mode !== "dream";
    at.drawPanel.hidden = mode === "dream";
    root.querySelectorAll("[data-only]").forEach((element) => { element.hidden = element.dataset.only !== mode; });
    tower.direct(mode !== "dream");
    drawing.enter(mode);
    root.dataset.mode = mode;
    if (!animation.running) frame(0, 1);
  }
  const pressMode = oneOf(at, MODES, setting.mode, show);
  oneOf(at, ["mean", "sample"], setting.show, (way) => { setting.set("show", way); drawing.touch(); if (!animation.running) step(0); });
  oneOf(at, ["from_digits", "from_noise"], `from_${setting.start}`, (start) => { setting.set("start", start.replace("from_", "")); return begin(); });
  seeds(at, setting, begin);
  const play = playButton(at.play, animation);
  at.sweep.onclick = async () => { play(false); await (setting.mode === "dream" ? step(1) : (drawing.touch(), frame(0, 1 / SPEEDS[setting.speed][0]))); };
  slider(at.speed, at.speedText, setting, "speed", (speed) => SPEEDS[speed][1]);
  slider(at.temperature, at.temperatureText, setting, "temperature", (temperature) => temperature.toFixed(2));
  at.model.onchange = async () => { await useModel(at.model.value); setting.set("model", model.id); };
  at.save.onclick = () => (setting.mode === "dream" ? chains.savePicture(`${model.id.replace(/\W+/g, "-")}-chains-seed-${setting.seed}-sweep-${sweeps}.png`) : drawing.savePicture());
  at.film.onclick = () => { chains.saveFilm(); play(true); };
  at.table.onclick = () => drawing.saveTable();
  at.keep.onclick = () => saveModel(model.url, model.id.startsWith("dbn-") ? model.id : `dbn-${model.id}`);
  root.addEventListener("keydown", (event) => {
    if (setting.mode !== "dream" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    if (/^[0-9]$/.test(event.key) && numLabels) chains.press(Number(event.key));
    if (event.key === "Escape") chains.hold("free");
  });

  function theme(found) {
    colours = {
      theme: found, ink: ramp(found.paper, found.ink), held: ramp(found.paper, found.blue), gap: ramp(found.surface, found.surface)[0], free: ramp(found.line, found.line)[0],
      units: hues.map((hue) => ramp(found.line, found[hue])),
    };
    tower?.theme(colours);
    chains.theme(colours);
    drawing.theme(colours);
  }

  async function update(next) {
    if (JSON.stringify(next.models) === JSON.stringify(models)) return;
    models = next.models;
    const wish = model ? at.model.value : setting.model;
    at.model.replaceChildren(...models.map(({ id, label }) => Object.assign(document.createElement("option"), { value: id, textContent: label })));
    await useModel(wish);
  }

  theme(page.colours);
  await update(settings);
  play(!reducedMotion());
  const announcing = setInterval(() => {
    at.status.textContent = setting.mode === "dream" ? `Ten chains, sweep ${sweeps}; ${chains.inWords()}` : drawing.inWords();
  }, 10000);
  return { update, theme, destroy() { clearInterval(announcing); animation.destroy(); tower.destroy(); drawing.destroy(); ask.end(); } };
});

const layersOf = (reply) => Array.from({ length: reply.numLayers }, (_, l) => reply[`layer${l}`]);

function about({ config, metrics }) {
  const words = [config.layer_sizes.join("–") + (config.num_labels ? ` + ${config.num_labels} labels` : "")];
  if (metrics?.accuracy) words.push(`${(100 * (1 - metrics.accuracy)).toFixed(2)} % errors on the test set`);
  return words.join("; ");
}
