// The walk through z. The worker runs G and D on all samples; this module asks for the next picture when it has painted the last.

import { Random } from "../../engine/random.js";
import { drawVerdicts, fit } from "../game/drawing.js";
import { asker } from "../../kit/ask.js";
import { choosable } from "../../kit/choose.js";
import { component, elements } from "../../kit/component.js";
import { encodeGif } from "../../kit/gif.js";
import { loop } from "../../kit/loop.js";
import { paintTiles, tileAt } from "../../kit/pictures.js";
import { download, savePicture } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { ramp, reducedMotion, rgb } from "../../kit/theme.js";
import { arithmetic, road, stride, usual, walkers } from "./walks.js";

const PIXELS = 784, COUNT = 25, LAYOUT = { count: COUNT, columns: 5, gap: 4 }, ROAD = 12, FILM_FRAMES = 60, KEPT_VERDICTS = 1000;
const SLOTS = ["A", "B", "C"];

export default component(async (root, settings, page) => {
  const at = elements(root), ask = asker(new URL("./worker.js", import.meta.url));
  const setting = scene("walk", {
    seed: [1, 1, 2 ** 31], speed: [0.6, 0, 2], length: [1, 0.2, 1.6], chosen: [12, 0, COUNT - 1], model: [settings.models[0].id, (id) => settings.models.some((known) => known.id === id)],
  });
  let colours, model, url, random, all = [], seen = null, strides = 0, slot = "A", real = [], fakes = [], slots = {}, filming = false, question = 0, told = 0, asked = null, firstQuestion = 0;
  const pictures = {}; // test images by data set

  async function useModel(wanted) {
    model = wanted;
    if (wanted.url === url) return;
    url = wanted.url;
    const { numLatents } = await ask("load", { url: new URL(url, location.href).href });
    real = [...(await ask("judge", { pictures: await testImages(model.data), batch: 1000 })).logits].map(sigmoid);
    if (!all.length || all[0].z.length !== numLatents) begin(numLatents);
    fakes = [];
    at.nearText.textContent = "";
    await look();
    await calculate();
    clearTimeout(firstQuestion);
    firstQuestion = setTimeout(findNearest, 2500); // what moves comes first
  }

  async function testImages(data) {
    pictures[data] ??= fetch(settings.images[data]).then((r) => r.arrayBuffer()).then((b) => Float32Array.from(new Uint8Array(b).subarray(0, 1000 * PIXELS), (x) => x / 255));
    return (await pictures[data]).slice();
  }

  function begin(numLatents = all[0].z.length) {
    random = new Random(setting.seed);
    all = walkers(COUNT, numLatents, random);
    slots = { A: all[7].z.slice(), B: all[11].z.slice(), C: all[13].z.slice() };
    strides = 0;
    fakes = [];
  }

  const scaled = (z) => z.map((x) => x * setting.length);
  async function look() {
    const n = all[0].z.length, z = new Float32Array(COUNT * n);
    all.forEach((walker, i) => z.set(scaled(walker.z), i * n));
    seen = await ask("look", { z, batch: COUNT });
    fakes.push(...Array.from(seen.logits, sigmoid));
    if (fakes.length > KEPT_VERDICTS) fakes = fakes.slice(-KEPT_VERDICTS);
    paint();
  }

  async function frame(now, seconds) {
    stride(all, setting.speed * Math.min(seconds, 0.1) * 0.6, random);
    strides++;
    await look();
  }

  function paint() {
    if (!seen || !colours) return;
    paintTiles(at.dreams, seen.pictures, { ...LAYOUT, colours: colours.ink, background: colours.surface });
    const context = at.dreams.getContext("2d");
    for (let i = 0; i < COUNT; i++) {
      const x = (i % 5) * 32, y = Math.floor(i / 5) * 32;
      context.strokeStyle = colours.verdict(sigmoid(seen.logits[i]));
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, y + 0.5, 27, 27);
    }
    paintTiles(at.one, seen.pictures.subarray(setting.chosen * PIXELS, (setting.chosen + 1) * PIXELS), { count: 1, colours: colours.ink });
    at.oneText.textContent = `D says real with ${(100 * sigmoid(seen.logits[setting.chosen])).toFixed(0)} %`;
    const x = (setting.chosen % 5) * 32, y = Math.floor(setting.chosen / 5) * 32;
    context.strokeStyle = colours.primary;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, 27, 27);
    context.strokeRect(x - 1 + (x === 0), y - 1 + (y === 0), 30 - 2 * (x === 0), 30 - 2 * (y === 0));
    drawVerdicts(fit(at.verdicts), real, fakes, colours.theme);
    const right = (list, good) => list.filter(good).length / Math.max(1, list.length);
    const score = (right(real, (p) => p > 0.5) + right(fakes, (p) => p <= 0.5)) / 2;
    at.verdictText.textContent = `Left: surely fake. Right: surely real. D is right in ${(100 * score).toFixed(0)} % of the cases; tossing a coin gives 50 %.`;
    at.counter.textContent = strides ? `stride ${strides.toLocaleString("en")}` : "";
    root.dataset.strides = strides;
  }

  // --- arithmetic and roads
  async function calculate() {
    const n = all[0].z.length, { A, B, C } = slots, z = new Float32Array(COUNT * n);
    [A, B, C, arithmetic(A, B, C)].forEach((each, i) => z.set(each, i * n));
    const { pictures: found } = await ask("look", { z, batch: COUNT });
    ["picA", "picB", "picC", "result"].forEach((name, i) => paintTiles(at[name], found.subarray(i * PIXELS, (i + 1) * PIXELS), { count: 1, colours: colours.ink }));
    const roads = new Float32Array(COUNT * n);
    roads.set(road(A, C, ROAD));
    roads.set(road(A, C, ROAD, { straight: true }), ROAD * n);
    const { pictures: way } = await ask("look", { z: roads, batch: COUNT });
    const strip = { count: ROAD, columns: ROAD, gap: 2, colours: colours.ink, background: colours.surface };
    paintTiles(at.path, way.subarray(0, ROAD * PIXELS), strip);
    paintTiles(at.straight, way.subarray(ROAD * PIXELS, 2 * ROAD * PIXELS), strip);
  }
  for (const name of SLOTS) at[`slot${name}`].onclick = () => { slot = name; pressSlot(); };
  const pressSlot = () => SLOTS.forEach((name) => at[`slot${name}`].setAttribute("aria-pressed", String(name === slot)));

  // Arrows look at the samples one by one; a click, or Enter, also puts the chosen one into the arithmetic.
  choosable(at.dreams, { layout: () => LAYOUT, current: () => setting.chosen, choose(i) { setting.set("chosen", i); paint(); findNearest(); } });
  function put() {
    slots[slot] = all[setting.chosen].z.slice();
    slot = SLOTS[(SLOTS.indexOf(slot) + 1) % 3];
    pressSlot();
    calculate();
  }
  at.dreams.addEventListener("click", (event) => { if (tileAt(event, at.dreams, LAYOUT) >= 0) put(); });
  at.dreams.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    put();
  });

  // --- the nearest training image, of the chosen sample or of all: the server searches all of them
  function findNearest(first = setting.chosen, count = 1) {
    const bytes = Uint8Array.from(seen.pictures.subarray(first * PIXELS, (first + count) * PIXELS), (x) => Math.round(255 * Math.max(0, Math.min(1, x))));
    question = Date.now();
    asked = { pictures: bytes, first };
    at.nearText.textContent = "Searching …";
    page.send("asked", { id: question, data: model.data, pictures: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) });
  }
  at.ask.onclick = () => findNearest();
  at.askAll.onclick = () => {
    if (!at.pairs.hidden) return showPairs(false);
    play(false);
    findNearest(0, COUNT);
  };
  function answered(found) {
    if (!found || found.id !== question || found.id === told) return;
    told = found.id;
    const bytes = Uint8Array.from(atob(found.pictures), (c) => c.charCodeAt(0)), own = found.distances.length > 1 ? setting.chosen : 0, distance = found.distances[own];
    paintTiles(at.near, bytes.subarray(own * PIXELS, (own + 1) * PIXELS), { count: 1, high: 255, colours: colours.ink });
    const verdict = distance < 0.5 * found.usual ? "Suspiciously near: it may be memorised." : "Related, not copied.";
    at.nearText.textContent = `Nearest of ${found.count.toLocaleString("en")}: distance ${distance.toFixed(2)}. A real image that was never trained on usually is ${found.usual.toFixed(2)} away from its nearest. ${verdict}`;
    if (found.distances.length < 2) return;
    const both = new Uint8Array(2 * bytes.length);
    for (let i = 0; i < found.distances.length; i++) {
      both.set(asked.pictures.subarray(i * PIXELS, (i + 1) * PIXELS), 2 * i * PIXELS);
      both.set(bytes.subarray(i * PIXELS, (i + 1) * PIXELS), (2 * i + 1) * PIXELS);
    }
    const near = found.distances.filter((each) => each < 0.5 * found.usual).length;
    at.nearText.textContent = `Of the ${COUNT} nearest the closest is ${Math.min(...found.distances).toFixed(2)} away; a real image that was never trained on usually is ${found.usual.toFixed(2)} away from its nearest. ${near ? `Nearer than half of that: ${near}. See whether it is a copy or a plain stroke.` : "None is nearer than half of that."}`;
    showPairs(true);
    paintPairs(both);
  }
  function showPairs(on) {
    at.dreams.hidden = at.dreamsText.hidden = on;
    at.pairs.hidden = at.pairsText.hidden = !on;
    at.askAll.setAttribute("aria-pressed", String(on));
  }
  // Five pairs a row: each pair joined, the pairs apart.
  function paintPairs(both) {
    const sheet = document.createElement("canvas"), context = at.pairs.getContext("2d");
    paintTiles(sheet, both, { count: 2 * COUNT, columns: 2, gap: 0, high: 255, colours: colours.ink });
    [at.pairs.width, at.pairs.height] = [5 * 64 - 8, 5 * 36 - 8];
    for (let i = 0; i < COUNT; i++) context.drawImage(sheet, 0, i * 28, 56, 28, (i % 5) * 64, Math.floor(i / 5) * 36, 56, 28);
  }

  // --- steering: two directions of z that stay the same while one drags
  let grip = null;
  function steer(dx, dy) {
    const walker = all[setting.chosen], n = walker.z.length;
    showPairs(false);
    grip ??= walkers(2, n, random);
    for (let i = 0; i < n; i++) walker.z[i] += 2 * (dx * grip[0].z[i] + dy * grip[1].z[i]);
    const scale = usual(n) / Math.sqrt(walker.z.reduce((s, x) => s + x * x, 0));
    walker.z.forEach((x, i) => { walker.z[i] = x * scale; });
    if (!animation.running) look();
  }
  let last = null, wasRunning = false;
  at.one.tabIndex = 0;
  at.one.addEventListener("pointerdown", (event) => { at.one.setPointerCapture(event.pointerId); last = [event.clientX, event.clientY]; grip = null; wasRunning = animation.running; play(false); });
  at.one.addEventListener("pointermove", (event) => {
    if (!last) return;
    const width = at.one.getBoundingClientRect().width;
    steer((event.clientX - last[0]) / width, (event.clientY - last[1]) / width);
    last = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) at.one.addEventListener(end, () => { if (last) { last = null; findNearest(); if (wasRunning) play(true); } });
  at.one.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    play(false);
    steer(0.08 * move[0], 0.08 * move[1]);
  });

  const nameOf = (what) => `${model.id.replaceAll(" ", "-")}-seed-${setting.seed}-${what}`;

  // --- film: sixty strides from here, all samples together
  async function saveFilm() {
    if (filming) return;
    filming = true;
    const was = animation.running, frames = [];
    play(false);
    for (let f = 0; f < FILM_FRAMES; f++) {
      stride(all, 0.05 * Math.max(0.3, setting.speed), random);
      await look();
      frames.push(film(seen.pictures));
      at.filmText.textContent = `frame ${f + 1} of ${FILM_FRAMES}`;
    }
    const side = 5 * 30 - 2, blob = encodeGif(frames, { width: side, height: side, palette: colours.ink, delay: 60, enlarge: 3 });
    download(blob, nameOf("film.gif"));
    at.filmText.textContent = `saved as ${nameOf("film.gif")}, ${Math.round(blob.size / 1024)} kB`;
    filming = false;
    play(was);
  }
  at.film.onclick = saveFilm;

  // --- controls
  const animation = loop(root, frame);
  function play(on) {
    if (on) showPairs(false);
    if (on) animation.start();
    else animation.stop();
    at.play.textContent = on ? "Pause" : "Play";
    at.play.setAttribute("aria-pressed", String(on));
  }
  const restart = async () => { showPairs(false); begin(); await look(); calculate(); };
  at.play.onclick = () => play(!animation.running);
  at.again.onclick = restart;
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); restart(); };
  at.speed.value = setting.speed;
  at.speed.oninput = () => setting.set("speed", Number(at.speed.value));
  at.length.value = setting.length;
  at.length.oninput = () => { setting.set("length", Number(at.length.value)); labels(); if (!animation.running) look(); };
  at.model.onchange = () => { setting.set("model", at.model.value); useModel(models.find(({ id }) => id === at.model.value)); };
  at.save.onclick = () => (at.pairs.hidden ? savePicture(at.dreams, nameOf("samples.png")) : savePicture(at.pairs, nameOf("and-nearest.png")));
  const labels = () => { at.lengthText.textContent = setting.length.toFixed(2); };

  let models = [];
  function theme(found) {
    const [low, middle, high] = [found.orange, found.line, found.blue].map(rgb);
    const mix = (a, b, t) => `rgb(${a.map((x, c) => Math.round(x + (b[c] - x) * t)).join(",")})`;
    colours = {
      theme: found, ink: ramp(found.paper, found.ink), surface: ramp(found.surface, found.surface)[0], primary: found.primary,
      verdict: (p) => (p < 0.5 ? mix(low, middle, 2 * p) : mix(middle, high, 2 * p - 1)),
    };
    paint();
  }
  async function update(next) {
    answered(next.nearest);
    models = next.models;
    const wish = [at.model.value, setting.model].find((id) => models.some((known) => known.id === id));
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    at.model.value = wish ?? models[0].id;
    await useModel(models.find(({ id }) => id === at.model.value));
  }

  theme(page.colours);
  labels();
  pressSlot();
  await update(settings);
  play(!reducedMotion());
  const announcing = setInterval(() => { at.status.textContent = `Stride ${strides}. ${at.oneText.textContent}.`; }, 10000);
  return { update, theme(found) { theme(found); calculate(); }, destroy() { clearInterval(announcing); clearTimeout(firstQuestion); animation.destroy(); ask.end(); } };
});

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

// 25 samples as one picture of palette indices, two pixels apart
function film(pictures) {
  const side = 5 * 30 - 2, out = new Uint8Array(side * side);
  for (let i = 0; i < COUNT; i++) {
    const left = (i % 5) * 30, top = Math.floor(i / 5) * 30;
    for (let y = 0; y < 28; y++) for (let x = 0; x < 28; x++) out[(top + y) * side + left + x] = Math.round(255 * Math.max(0, Math.min(1, pictures[i * PIXELS + y * 28 + x])));
  }
  return out;
}
