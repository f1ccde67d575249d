// The RBM stage. The worker samples; this module asks for the next sweeps when it has painted the last ones.

import { EngineClient } from "../../engine/client.js";
import { fetchModel, machineOf } from "../../engine/engine.js";
import { choosable } from "../../kit/choose.js";
import { component, elements } from "../../kit/component.js";
import { drawingTools, oneOf, playButton, seeds, slider } from "../../kit/controls.js";
import { saveFilm } from "../../kit/film.js";
import { loop } from "../../kit/loop.js";
import { drawingPad, drawingToText, paintDream, textToDrawing } from "../../kit/pad.js";
import { filters, frameTile, paintTiles } from "../../kit/pictures.js";
import { saveModel, savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { diverging, ramp, reducedMotion, rgb } from "../../kit/theme.js";
import { drawTrace } from "../../kit/trace.js";
import { greyScale } from "./grey.js";

const NUM_CHAINS = 25, TRACE_LENGTH = 400, FILM_FRAMES = 60;
const CHAINS_LAYOUT = { count: NUM_CHAINS, columns: 5, gap: 2 };
// sweeps a second below the display's rate, then sweeps a frame
const SPEEDS = [[1, "1 a second"], [5, "5 a second"], [20, "20 a second"], [60, "each frame"], [300, "5 a frame"], [1200, "20 a frame"], [6000, "100 a frame"]];

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("stage", {
    speed: [2, 0, 6], temperature: [1, 0.2, 3], show: ["mean", "sample"], seed: [1, 1, 2 ** 31], start: ["digits", "noise"],
    chain: [12, 0, NUM_CHAINS - 1], unit: [0, 0, 100000], pad: ["", textToDrawing],
    model: [settings.chosen, (id) => settings.models.length === 1 || settings.models.some((model) => model.id === id)],
  });
  const engine = new EngineClient();
  const kept = new Map(); // data set -> its test images
  let colours, url, data, images, machine, grey, wall, tops, sweeps = 0, due = 1, energies = [], latest = null, dirty = true;
  let digit = 0, filming = false;

  const pad = drawingPad(at.pad, { onChange: drawn });
  const animation = loop(root, frame);

  async function useModel(newUrl) {
    if (newUrl === url) return;
    url = newUrl;
    root.setAttribute("aria-busy", "true");
    try {
      await changeTo(newUrl);
      hint();
    } catch (error) {
      if (!machine) throw error;
      at.hint.textContent = `This machine could not be fetched, the one before stays: ${error.message}`;
      url = null;
    }
    if (url === newUrl || url === null) root.removeAttribute("aria-busy");
  }

  async function changeTo(newUrl) {
    const early = machine ? null : engine.load(newUrl); // the first machine: worker and page fetch it side by side
    const model = await fetchModel(url), next = machineOf(model), name = model.card.data in settings.data ? model.card.data : "mnist";
    if (!kept.has(name)) kept.set(name, testImages(settings.data[name].images));
    const [scale, pictures] = await Promise.all([greyScale(next, settings.data[name].statistics), kept.get(name)]);
    if (url !== newUrl) return; // another one was chosen meanwhile
    const numHidden = next.biases[1].length, goesOn = machine && kind(machine, data) === kind(next, name);
    if (!goesOn) latest = null; // what the old chains still answer is not for the new machine
    [machine, grey, images, data, tops] = [next, scale, pictures, name, null];
    wall = { ...filters(machine.weights[0], PIXELS, numHidden), numHidden };
    at.digit.textContent = data === "mnist" ? "A test digit" : "A test picture";
    at.half.textContent = data === "mnist" ? "Half a digit" : "Half a picture";
    await (early ?? engine.load(url));
    if (!goesOn) await begin();
    setting.unit = Math.min(setting.unit, numHidden - 1);
    at.hiddenTitle.textContent = `${numHidden} hidden units`;
    afterwards(() => {
      paintWall();
      showUnit();
    });
  }

  // Chains start from test digits or from noise; the same seed starts the same chains.
  async function begin() {
    const start = setting.start === "digits" ? { start: "images", images: grey.toModel(firstImages(images, setting.seed)) } : { start: "noise" };
    await engine.chains({ numChains: NUM_CHAINS, seed: setting.seed, ...start });
    sweeps = 0;
    energies = [];
    latest = await engine.state(wanted());
    dirty = true;
    paint();
  }

  function drawn() {
    dirty = true;
    hint();
    if (!animation.running) paint();
    const text = pad.drawing ? setting.pad : drawingToText(pad);
    if (text !== setting.pad) setting.set("pad", text);
  }

  const hiddenLayout = () => ({ count: wall.numHidden, width: 1, height: 1, columns: Math.ceil(Math.sqrt(1.25 * wall.numHidden)), gap: 1, rim: 1 });
  const wallLayout = () => ({ count: wall.numHidden, columns: root.clientWidth < 700 || wall.numHidden <= 100 ? 20 : wall.numHidden % 50 ? 40 : 50, gap: 2, rim: 1 });
  const wanted = () => [setting.show === "mean" ? "visibleMeans" : "visible", "hidden", "energy"];
  const clamp = () => (pad.held.some(Boolean) ? { mask: pad.held.slice(), values: grey.hold(pad.values) } : {});

  async function sweep(count) {
    if (!latest) return;
    const asked = machine, next = await engine.sweep({ count, beta: 1 / setting.temperature, want: wanted(), ...clamp() });
    if (!latest || asked !== machine) return;
    latest = next;
    sweeps += count;
    energies.push([sweeps, latest.energy.reduce((a, b) => a + b, 0) / NUM_CHAINS]);
    if (energies.length > TRACE_LENGTH) energies.shift();
    dirty = true;
  }

  async function frame(now, seconds) {
    due += SPEEDS[setting.speed][0] * seconds;
    const count = Math.min(Math.floor(due), 200);
    if (count >= 1) {
      due = Math.min(due - count, 1);
      await sweep(count);
    }
    if (dirty) paint();
  }

  function paint() {
    if (!latest || !colours) return;
    dirty = false;
    const pictures = grey.toGrey(latest.visibleMeans ?? latest.visible);
    paintTiles(at.chains, pictures, { ...CHAINS_LAYOUT, colours: colours.ink, background: colours.gap });
    frameTile(at.chains, setting.chain, CHAINS_LAYOUT, colours.primary);
    paintDream(at.pad, pad, pictures.subarray(setting.chain * PIXELS, (setting.chain + 1) * PIXELS), colours);
    const { numHidden } = wall, h = latest.hidden.subarray(setting.chain * numHidden, (setting.chain + 1) * numHidden);
    paintTiles(at.hidden, h, { ...hiddenLayout(), colours: colours.hidden, background: colours.surface });
    frameTile(at.hidden, setting.unit, hiddenLayout(), colours.primary);
    at.counter.textContent = `sweep k = ${sweeps.toLocaleString("en")}`;
    root.dataset.sweeps = sweeps;
    drawTrace(at.energy, [{ values: energies.map(([, energy]) => energy), colour: colours.theme.blue }], { colours: colours.theme });
    at.energyText.textContent = energies.length ? `mean ${energies.at(-1)[1].toFixed(1).replace("-", "−")}` : "";
  }

  function paintWall() {
    if (!colours || !wall) return;
    const { pictures, scale } = wall;
    paintTiles(at.wall, pictures, { ...wallLayout(), low: -scale, high: scale, colours: colours.signed, background: colours.gap });
    frameTile(at.wall, setting.unit, wallLayout(), colours.primary);
    paintTiles(at.filter, pictures.subarray(setting.unit * PIXELS, (setting.unit + 1) * PIXELS), { count: 1, low: -scale, high: scale, colours: colours.signed });
  }

  async function showUnit() {
    tops ??= favourites(engine, images, grey, wall);
    const { best, share } = (await tops)(setting.unit);
    const pictures = new Float32Array(best.length * PIXELS);
    best.forEach((index, i) => pictures.set(images.image(index), i * PIXELS));
    paintTiles(at.fires, pictures, { count: best.length, columns: 4, colours: colours.ink, background: colours.gap });
    at.unitName.textContent = `Unit ${setting.unit + 1}`;
    at.unitText.textContent = `bias ${machine.biases[1][setting.unit].toFixed(2).replace("-", "−")}; on for ${Math.round(100 * share)} % of the test images, most surely for these:`;
  }

  function hint() {
    const held = pad.held.reduce((a, b) => a + b, 0);
    at.hint.textContent = held
      ? `${held} pixels are held (blue); every chain dreams the other ${PIXELS - held}. This pad shows the framed chain.`
      : "Nothing is held: the chains run free. Draw half a digit and watch them dream the rest.";
  }

  // --- controls
  const chooseUnit = async (index) => {
    setting.set("unit", index);
    marks.forEach((mark) => mark());
    paintWall();
    dirty = true;
    if (!animation.running) paint();
    await showUnit();
    at.status.textContent = `${at.unitName.textContent}: ${at.unitText.textContent}`;
  };
  const chooseChain = (index) => { setting.set("chain", index); dirty = true; paint(); at.status.textContent = `Chain ${index + 1} of ${NUM_CHAINS}`; };
  drawingTools(at, pad, nextDigit);
  oneOf(at, ["mean", "sample"], setting.show, async (show) => {
    setting.set("show", show);
    if (!animation.running) { latest = await engine.state(wanted()); paint(); }
  });
  oneOf(at, ["digits", "noise"], setting.start, (start) => { setting.set("start", start); return begin(); });
  seeds(at, setting, begin);
  const play = playButton(at.play, animation);
  at.step.onclick = async () => { play(false); await sweep(1); paint(); };
  slider(at.speed, at.speedText, setting, "speed", (speed) => SPEEDS[speed][1]);
  slider(at.temperature, at.temperatureText, setting, "temperature", (temperature) => temperature.toFixed(2));
  at.model.onchange = () => { setting.set("model", at.model.value); return useModel(models.find((model) => model.id === at.model.value).url); };

  // --- what a visitor can leave with; a name says which machine, from which seed, after how many sweeps
  const machineName = () => (at.model.value.startsWith("rbm-") ? at.model.value : `rbm-${at.model.value.replace(/\W+/g, "-")}`);
  const named = (what, ending) => `${machineName()}-${what}-seed-${setting.seed}-sweep-${sweeps}.${ending}`;
  at.save.onclick = () => savePicture(at.chains, named("chains", "png"));
  at.table.onclick = () => saveTable(["sweep", "mean_energy_nats"], energies, named("energy", "csv"));
  at.keep.onclick = () => saveModel(url, machineName());
  at.film.onclick = async () => {
    if (filming) return;
    const was = animation.running, frames = [];
    filming = true;
    play(false);
    while (frames.length < FILM_FRAMES) {
      await sweep(Math.max(1, Math.round(SPEEDS[setting.speed][0] / 60)));
      paint();
      frames.push(grey.toGrey(latest.visibleMeans ?? latest.visible).slice());
      at.film.textContent = `${frames.length} of ${FILM_FRAMES}`;
    }
    saveFilm(named("chains", "gif"), frames, { ...CHAINS_LAYOUT, palette: colours.ink });
    at.film.textContent = "Save film";
    filming = false;
    play(was);
  };

  function nextDigit() {
    digit = (digit * 7 + 3) % images.count;
    const picture = images.image(digit);
    return grey.toGrey(grey.hold(picture)); // binary units can only be held black or white
  }

  let models = [];
  function theme(found) {
    colours = {
      theme: found, ink: ramp(found.paper, found.ink), held: ramp(found.paper, found.blue), hidden: ramp(found.line, found.orange), surface: ramp(found.surface, found.surface)[0],
      signed: diverging(found.blue, found.paper, found.orange), primary: found.primary, gap: ramp(found.line, found.line)[0],
    };
    paintWall();
    dirty = true;
  }
  async function update(next) {
    models = next.models;
    const wish = next.follow ?? (at.model.value || setting.model);
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    const model = [wish, next.chosen].map((id) => models.find((each) => each.id === id)).find(Boolean) ?? models[0];
    at.model.value = model.id;
    await useModel(model.url);
  }

  theme(page.colours);
  if (setting.pad) pad.set(textToDrawing(setting.pad).values, textToDrawing(setting.pad).held);
  hint();
  await update(settings);
  const marks = [
    choosable(at.chains, { layout: () => CHAINS_LAYOUT, current: () => setting.chain, choose: chooseChain }),
    choosable(at.hidden, { layout: hiddenLayout, current: () => setting.unit, choose: chooseUnit }),
    choosable(at.wall, { layout: wallLayout, current: () => setting.unit, choose: chooseUnit }),
  ];
  play(!reducedMotion());
  const announcing = setInterval(() => {
    at.status.textContent = `${NUM_CHAINS} chains, sweep ${sweeps}, temperature ${setting.temperature}, ${pad.held.reduce((a, b) => a + b, 0)} pixels held.`;
  }, 10000);

  return { update, theme, destroy() { clearInterval(announcing); animation.destroy(); engine.terminate(); } };
});

// What takes a tenth of a second and can wait, so that the chains move first.
const afterwards = (work) => setTimeout(work, 250);

function firstImages(images, seed) {
  const first = (seed * 25) % (images.count - NUM_CHAINS);
  return images.greys(first, NUM_CHAINS);
}

// Chains can go on with the weights of another machine if that has units of the same kind for the same pictures.
const kind = ({ biases, visible }, data) => `${biases[1].length} ${visible} ${data}`;

// For every hidden unit: the eight test images that switch it on most surely, and the share that does at all.
async function favourites(engine, images, grey, wall) {
  const means = await engine.meanHidden(grey.toModel(images.greys(0, images.count))), n = wall.numHidden;
  return (unit) => {
    const p = Float32Array.from({ length: images.count }, (_, i) => means[i * n + unit]);
    const best = [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 8);
    return { best, share: p.filter((x) => x > 0.5).length / images.count };
  };
}
