// The DBM stage. A worker samples the chains, a second one the long chain; this module asks for more when it has painted.

import { EngineClient } from "../../engine/client.js";
import { fetchModel } from "../../engine/engine.js";
import { dbmOf } from "../../engine/families.js";
import { component, elements } from "../../kit/component.js";
import { drawingTools, oneOf, playButton, seeds, slider } from "../../kit/controls.js";
import { choosable } from "../../kit/choose.js";
import { filmOf } from "../../kit/film.js";
import { loop } from "../../kit/loop.js";
import { drawingPad, drawingToText, paintDream, textToDrawing } from "../../kit/pad.js";
import { frameTile, paintTiles } from "../../kit/pictures.js";
import { saveModel, savePicture } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { diverging, ramp, reducedMotion } from "../../kit/theme.js";
import { longChain } from "./long_chain.js";
import { projection, tower } from "./tower.js";

const NUM_CHAINS = 16, LAYOUT = { count: NUM_CHAINS, columns: 4, gap: 2, rim: 1 };
const SPEEDS = [[1, "1 a second"], [4, "4 a second"], [15, "15 a second"], [60, "each frame"], [300, "5 a frame"], [1200, "20 a frame"]];
const PHASES_UP_TO = 4; // sweeps a second at which the odd and the even half of a sweep are shown one after the other

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("dbm", {
    model: [settings.chosen, (id) => settings.models.length === 1 || settings.models.some((model) => model.id === id)],
    speed: [1, 0, 5], temperature: [1, 0.2, 3], show: ["mean", "sample"], seed: [1, 1, 2 ** 31], start: ["digits", "noise"], chain: [5, 0, NUM_CHAINS - 1],
    pad: ["", textToDrawing], long: [1, 1, 2 ** 31],
  });
  const images = await testImages(settings.images);
  const engine = new EngineClient();
  let colours, model, machine, shape, changing = false, sweeps = 0, due = 0, latest = null, pending = 0, ended = false, unit = { layer: 1, index: 0 }, digit = 0;

  const pad = drawingPad(at.pad, { onChange: drawn });
  function drawn() {
    hint();
    if (!animation.running) paint();
    const text = pad.drawing ? setting.pad : drawingToText(pad);
    if (text !== setting.pad) setting.set("pad", text);
  }
  const layers = tower(at.tower, { onUnit: (layer, index) => { unit = { layer, index }; showUnit(); if (!animation.running) paint(); } });
  const long = longChain(root, at, new URL(settings.judge, location.href).href, setting);
  const film = filmOf(at.film, () => named("chains", "gif"), () => ({ ...LAYOUT, palette: colours.ink, delay: 80 }));
  const animation = loop(root, frame);

  async function useModel(next) {
    if (next.url === model?.url) return;
    const { url } = next;
    try {
      const fetched = dbmOf(await fetchModel(url));
      changing = true; // no sweep may come between the new machine and its chains
      await engine.load(url);
      machine = fetched;
    } catch (error) {
      if (!model) throw error;
      changing = false;
      at.model.value = model.id;
      at.hint.textContent = `${next.label} cannot be shown, the machine before stays: ${error.message}`;
      return;
    }
    const sizes = String(machine.biases.map((bias) => bias.length));
    const another = model?.id !== next.id || sizes !== shape; // the same one with new weights: everything goes on
    shape = sizes;
    model = next;
    layers.build(machine.biases.map((bias) => bias.length));
    if (another) {
      unit = { layer: 1, index: 0 };
      await begin();
    }
    changing = false;
    showUnit();
    await long.useModel(url, another);
  }

  // Chains start from test digits or from noise; the same seed starts the same chains.
  async function begin() {
    const first = (setting.seed * NUM_CHAINS) % (images.count - NUM_CHAINS);
    const pictures = images.greys(first, NUM_CHAINS);
    await engine.chains({ numChains: NUM_CHAINS, seed: setting.seed, ...(setting.start === "digits" ? { start: "images", images: pictures } : { start: "noise" }) });
    sweeps = 0;
    latest = await engine.state(["layers", "means"]);
    paint();
  }

  const clamp = () => (pad.held.some(Boolean) ? { mask: pad.held.slice(), values: pad.values.map((x) => (x > 0.5 ? 1 : 0)) } : {});

  // Slow enough to follow, a sweep is shown in its two halves: the odd layers, given the even ones; then the even layers.
  async function sweep(count, halves) {
    if (changing) return undefined;
    const before = latest;
    const answer = await engine.sweep({ count, beta: 1 / setting.temperature, want: ["layers", "means"], ...clamp() }).catch((error) => { if (!ended) throw error; });
    if (!answer) return undefined;
    latest = answer;
    sweeps += count;
    clearTimeout(pending);
    if (!halves || !before) return paint();
    paint({ layers: latest.layers.map((x, l) => (l % 2 ? x : before.layers[l])), means: latest.means.map((x, l) => (l % 2 ? x : before.means[l])) }, 1);
    pending = setTimeout(() => paint(latest, 0), 500 / SPEEDS[setting.speed][0]);
  }

  async function frame(now, seconds) {
    const perSecond = SPEEDS[setting.speed][0];
    due += perSecond * seconds;
    const count = Math.min(Math.floor(due), 40);
    if (count < 1) return;
    due = Math.min(due - count, 1);
    await sweep(count, perSecond <= PHASES_UP_TO);
  }

  function paint(shown = latest, fresh = null) {
    if (!shown || !colours) return;
    const pictures = setting.show === "mean" ? shown.means[0] : shown.layers[0];
    paintTiles(at.chains, pictures, { ...LAYOUT, colours: colours.ink, background: colours.gap });
    film.add(pictures);
    frameTile(at.chains, setting.chain, LAYOUT, colours.theme.primary);
    paintDream(at.pad, pad, pictures.subarray(setting.chain * PIXELS, (setting.chain + 1) * PIXELS), colours);
    layers.paint(setting.show === "mean" ? shown.means : shown.layers, setting.chain, colours, fresh, unit);
    at.counter.textContent = `sweep ${sweeps.toLocaleString("en")}`;
    root.dataset.sweeps = sweeps;
  }

  function showUnit() {
    if (!colours || !machine) return;
    const picture = projection(machine, unit.layer, unit.index);
    const scale = 3 * Math.sqrt(picture.reduce((sum, w) => sum + w * w, 1e-12) / PIXELS);
    paintTiles(at.filter, picture, { count: 1, low: -scale, high: scale, colours: colours.signed });
    const how = unit.layer === 1 ? "its weights to the pixels" : `its weights carried down through ${unit.layer - 1 === 1 ? "the layer" : "the layers"} below`;
    at.unitText.textContent = `Unit ${unit.index + 1} of hidden layer ${unit.layer}: ${how}. Orange: ink here switches it on; blue: off. Choose any unit by click or arrow keys.`;
  }

  function hint() {
    const held = pad.held.reduce((a, b) => a + b, 0);
    at.hint.textContent = held
      ? `${held} pixels are held (blue); all layers together dream the other ${PIXELS - held}.`
      : "Nothing is held: the chains run free. Hold half a digit and watch the hidden layers agree on the rest.";
  }

  // --- controls
  drawingTools(at, pad, nextDigit);
  oneOf(at, ["mean", "sample"], setting.show, (show) => { setting.set("show", show); paint(); });
  oneOf(at, ["digits", "noise"], setting.start, (start) => { setting.set("start", start); return begin(); });
  seeds(at, setting, begin);
  const play = playButton(at.play, animation);
  at.step.onclick = () => { play(false); return sweep(1, true); };
  slider(at.speed, at.speedText, setting, "speed", (speed) => SPEEDS[speed][1]);
  slider(at.temperature, at.temperatureText, setting, "temperature", (temperature) => temperature.toFixed(2));
  at.model.onchange = async () => { await useModel(models.find(({ id }) => id === at.model.value)); setting.set("model", model.id); };
  const named = (what, ending) => `${model.id.replace(/\W+/g, "-")}-${what}-seed-${setting.seed}-sweep-${sweeps}.${ending}`;
  at.save.onclick = () => savePicture(at.chains, named("chains", "png"));
  at.film.onclick = () => { film.start(); play(true); };
  at.keep.onclick = () => saveModel(model.url, model.id.startsWith("dbm-") ? model.id : `dbm-${model.id}`);
  choosable(at.chains, { layout: () => LAYOUT, current: () => setting.chain, choose: (i) => { setting.set("chain", i); paint(); } });

  function nextDigit() {
    digit = (digit * 7 + 3) % images.count;
    return images.image(digit).map((x) => (x > 0.5 ? 1 : 0));
  }

  let models = [];
  function theme(found) {
    const hues = [found.ink, found.orange, found.violet, found.green];
    colours = {
      theme: found, ink: ramp(found.paper, found.ink), held: ramp(found.paper, found.blue), gap: ramp(found.line, found.line)[0],
      layers: hues.map((hue) => ramp(found.paper, hue)), signed: diverging(found.blue, found.paper, found.orange),
    };
    long.theme(colours);
    showUnit();
    paint();
  }
  async function update(next) {
    models = next.models;
    const wish = model ? at.model.value : setting.model;
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    at.model.value = models.some(({ id }) => id === wish) ? wish : next.chosen;
    await useModel(models.find(({ id }) => id === at.model.value) ?? models[0]);
  }

  theme(page.colours);
  hint();
  if (setting.pad) pad.set(textToDrawing(setting.pad).values, textToDrawing(setting.pad).held);
  await update(settings);
  play(!reducedMotion());
  long.play(!reducedMotion());
  const announcing = setInterval(() => {
    at.status.textContent = `${NUM_CHAINS} chains, sweep ${sweeps}; the long chain has made ${long.sweeps} sweeps.`;
  }, 10000);

  return { update, theme, destroy() { ended = true; clearInterval(announcing); clearTimeout(pending); animation.destroy(); long.destroy(); engine.terminate(); } };
});
