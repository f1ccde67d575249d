// The latent square. The decoder runs here, at once, when the finger moves; what takes longer than a frame is the worker's.

import { fetchModel } from "../../engine/engine.js";
import { vaeOf } from "../../engine/families.js";
import { asker } from "../../kit/ask.js";
import { choosable } from "../../kit/choose.js";
import { component, elements } from "../../kit/component.js";
import { lattice } from "../../kit/lattice.js";
import { loop } from "../../kit/loop.js";
import { drawingPad } from "../../kit/pad.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { diverging, ramp, reducedMotion, rgb } from "../../kit/theme.js";
import { smooth, TOUR, walk } from "./film.js";
import { densityOfCodes, logLikelihood, priorDensity, quantile, verdict } from "./numbers.js";
import { ownPicture } from "./own.js";
import { evenGrid, LIMIT, plane, quantileGrid } from "./plane.js";
import { drawTerms } from "./terms.js";
import { saveFilm } from "./save_film.js";

const CELLS = 72, WIDTH = 0.12; // WIDTH: how much the codes are smoothed where their density is shown
const LAYERS = ["digits", "manifold", "posterior", "prior", "landscape"], GHOST_SECONDS = 2.2, GHOST_EVERY = 0.3, STRIP = 24, COLUMNS = 8, AT_ONCE = 250, NO_MODEL = "";
const PATH_POINTS = 40, PLACES = lattice(LIMIT, 2); // of a drawn path, as it stands in the address
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export default component(async (root, settings, page) => {
  const at = elements(root), map = plane(at.plane), ask = asker(new URL("./worker.js", import.meta.url));
  const onOff = (name, on) => [name, on ? ["on", "off"] : ["off", "on"]];
  const setting = scene(settings.parts === "all" ? "square" : "live", {
    x: [0, -LIMIT, LIMIT], y: [0, -LIMIT, LIMIT], speed: [1, 0.2, 4], cells: [15, 5, 30], grid: ["quantiles", "even"], model: [NO_MODEL, ...settings.models.map(({ id }) => id)],
    ...Object.fromEntries([onOff("digits", true), onOff("manifold", true), onOff("posterior", false), onOff("prior", true), onOff("landscape", true)]),
    tool: ["drag", "draw"], class: [-1, -1, 9], picture: [-1, -1, 9999], pair: ["", (text) => /^[0-9]{1,4}-[0-9]{1,4}$/.test(text)], path: ["", (text) => PLACES.fits(text, PATH_POINTS)],
  });
  const query = new URLSearchParams(location.search), linked = query.has("square_x") || query.has("square_y"); // a link to a place: stay there
  let models = settings.models, chosen, vae, images, codes = null, colours, inks, only = setting.class, placing = false, generation = 0;
  let z = linked ? [setting.x, setting.y] : TOUR[0].slice(), means = new Float32Array(PIXELS), things = {}, latencies = [], followed = 0;
  let route = walk(TOUR), routeName = "a round tour", travelled = 0, glide = null, drawing = null, dragging = false, ghosts = [], sinceGhost = 0, marks = [];
  const lens = new OffscreenCanvas(28, 28), spare = [];
  const pad = drawingPad(at.pad, { onChange: () => { if (!placing) setting.set("picture", -1); own.look(pad.values); } });
  const own = ownPicture({
    at, ask, now: () => ({ vae, inks, contours: setting.landscape === "on" }), changed: () => { backdrop(); paint(); wake(); },
    told: ({ elbo }) => { root.dataset.elbo = elbo; },
  });
  const animation = loop(root, frame);

  // --- the picture under the finger
  function decode() {
    means = vae.decode(Float32Array.from(z), 1);
    paintTiles(at.digit, means, { count: 1, colours: inks.solid });
    paintTiles(lens, means, { count: 1, colours: inks.clear });
  }
  function moveTo(place) {
    sinceGhost += Math.hypot(place[0] - z[0], place[1] - z[1]);
    if (sinceGhost > GHOST_EVERY) leaveGhost();
    z = place;
    decode();
  }
  function leaveGhost() {
    sinceGhost = 0;
    const picture = spare.pop() ?? new OffscreenCanvas(28, 28), pen = picture.getContext("2d");
    pen.clearRect(0, 0, 28, 28);
    pen.drawImage(lens, 0, 0);
    ghosts.push({ x: z[0], y: z[1], age: 0, picture });
  }
  function paint() {
    if (map.fit()) backdrop();
    map.paint({ z, ghosts, path: drawing ?? (route.points === TOUR && !dragging ? null : route.points), posterior: own.target, marks, lens: drawing ? null : lens });
  }
  function backdrop() {
    if (!colours || !chosen) return;
    const shown = Object.fromEntries(LAYERS.map((name) => [name, setting[name] === "on"]));
    map.drawBackdrop(shown, { ...things, landscape: own.landscape, codes, labels: images?.labels ?? [], names: chosen.names, only });
  }

  function frame(now, seconds) {
    if (!vae) return;
    if (glide) {
      glide.t = Math.min(1, glide.t + seconds / 0.7);
      const ease = glide.t * glide.t * (3 - 2 * glide.t);
      moveTo(glide.from.map((a, d) => a + (glide.to[d] - a) * ease));
      if (glide.t === 1) { glide.then?.(); glide = null; settle(); }
    } else if (playing() && !dragging && !drawing) {
      travelled += seconds * setting.speed * 0.85;
      moveTo(route.at(travelled).slice());
    }
    for (const ghost of ghosts) ghost.age += seconds / GHOST_SECONDS;
    while (ghosts.length && ghosts[0].age >= 1) spare.push(ghosts.shift().picture);
    if (own.target) own.target.landed = Math.min(1, own.target.landed + seconds / 0.9);
    paint();
    if (now - (frame.read ?? 0) > 90) { frame.read = now; readings(); }
    if (!playing() && !glide && !ghosts.length && !dragging && !(own.target?.landed < 1)) animation.stop();
  }
  const wake = () => animation.start();

  // --- numbers
  function readings() {
    const number = (x, digits = 3) => x.toFixed(digits).replace("-", "−"), prior = priorDensity(z);
    at.where.textContent = `(${number(z[0], 2)}, ${number(z[1], 2)})`;
    at.priorText.textContent = number(prior);
    at.fitText.textContent = own.target ? `${number(logLikelihood(own.target.x, means), 1)} nats` : "–";
    root.dataset.z = z.map((x) => x.toFixed(3)).join();
    if (!codes) return;
    const density = densityOfCodes(codes, z, WIDTH);
    at.codesText.textContent = number(density);
    at.verdict.textContent = verdict(prior, density);
  }

  // --- models
  async function useModel(model) {
    const mine = ++generation, url = new URL(model.url, location.href).href, weights = await fetchModel(url);
    if (mine !== generation) return;
    if (chosen && model.id !== chosen.id) setting.set("class", (only = -1));
    if (model.id !== chosen?.id) [images, codes, things] = [null, null, {}]; // else: newer weights of the same, what is shown stays
    [chosen, vae] = [model, vaeOf(weights)];
    at.failed.hidden = true;
    legend();
    decode();
    backdrop();
    paint();
    arrive();
  }
  // What the picture under the finger need not wait for. Newer weights of the same model wait until the last have been shown.
  async function arrive() {
    if (arrive.busy) return;
    arrive.busy = true;
    for (let arrived = null; arrived !== chosen; ) {
      arrived = chosen;
      await bring(arrived, () => chosen.id !== arrived.id);
    }
    arrive.busy = false;
  }
  async function bring(model, superseded) {
    const coming = images ?? testImages(model.images), url = new URL(model.url, location.href).href;
    await ask("load", { url });
    const tiles = await ask("pictures", { z: evenGrid(20) });
    if (superseded()) return;
    things.pictures = tiles.pictures;
    backdrop();
    if (settings.parts === "all") {
      drawGrid();
      drawStrip();
    }
    own.look(pad.values);
    const found = await coming, all = { mean: new Float32Array(2 * found.count), logVar: new Float32Array(2 * found.count) };
    for (let first = 0; first < found.count; first += AT_ONCE) {
      const count = Math.min(AT_ONCE, found.count - first), part = await ask("encode", { images: found.bytes.slice(first * PIXELS, (first + count) * PIXELS), count });
      if (superseded()) return;
      for (const name of ["mean", "logVar"]) all[name].set(part[name], 2 * first);
      if (codes?.url === url || !codes) show(first + count); // else: the codes of older weights stand until all new ones are there
    }
    function show(known) {
      images = found;
      codes = { url, mean: all.mean.subarray(0, 2 * known), logVar: all.logVar.subarray(0, 2 * known) };
      backdrop();
      if (!animation.running) paint();
    }
    if (!found.count) return;
    show(found.count);
    for (const name of ["interpolate", "testDigit", "saveCodes"]) at[name].disabled = false;
    hold();
    restore();
    const { density } = await ask("density", { mean: codes.mean, logVar: codes.logVar, cells: CELLS, limit: LIMIT, width: WIDTH });
    if (superseded()) return;
    things.density = density;
    backdrop();
    paint();
    readings();
    root.dataset.codes = images.count;
  }
  async function drawGrid() {
    const n = setting.cells, points = setting.grid === "even" ? evenGrid(n, 2, false) : quantileGrid(n), { pictures } = await ask("pictures", { z: points });
    if (n !== setting.cells) return;
    at.grid.points = points;
    at.grid.pictures = pictures;
    paintTiles(at.grid, pictures, { count: n * n, columns: n, gap: 0, high: 255, colours: inks.solid });
  }
  async function drawStrip() {
    const ends = route.ends ?? [], shown = new Uint8Array(STRIP * PIXELS);
    const { pictures } = await ask("pictures", { z: Float32Array.from(route.strip(STRIP - ends.length).flat()) });
    shown.set(pictures, ends.length ? PIXELS : 0);
    if (ends.length) { shown.set(ends[0], 0); shown.set(ends[1], (STRIP - 1) * PIXELS); }
    paintTiles(at.strip, shown, { count: STRIP, columns: COLUMNS, gap: 2, high: 255, colours: inks.solid, background: inks.gap });
    at.filmText.textContent = ends.length ? `${routeName}; the first and the last are the originals` : routeName;
  }
  function legend() {
    const shown = chosen.names.map((name, label) => {
      const button = document.createElement("button");
      button.textContent = name;
      button.style.color = map.hue(label);
      button.setAttribute("aria-pressed", String(only === label));
      button.onclick = () => { only = only === label ? -1 : label; setting.set("class", only); legend(); backdrop(); paint(); };
      return button;
    });
    at.legend.replaceChildren(...shown);
    hold();
  }

  const hold = () => document.dispatchEvent(new Event("locked")); // what is new, or free again, may be held still for a class

  // --- moving
  const playing = () => at.play.getAttribute("aria-pressed") === "true";
  function play(on) {
    at.play.textContent = on ? "Pause" : "Play";
    at.play.setAttribute("aria-pressed", String(on));
    if (on) wake();
  }
  function settle() {
    setting.set("x", Number(z[0].toFixed(3)));
    setting.set("y", Number(z[1].toFixed(3)));
    readings();
  }
  function glideTo(to, then) {
    play(false);
    glide = { from: z.slice(), to: [...to], t: reducedMotion() ? 0.99 : 0, then };
    wake();
  }
  function useRoute(points, name, { ends, marks: marked = [], start = true } = {}) {
    route = Object.assign(walk(points), { ends });
    [routeName, travelled, marks] = [name, 0, marked];
    drawStrip();
    if (start) glideTo(points[0], () => play(true));
  }
  function follow(event) {
    moveTo(map.toLatent(event));
    followed = performance.now();
    latencies.push(followed - event.timeStamp);
    if (latencies.length > 600) latencies.shift();
    wake();
  }
  at.plane.onpointerdown = (event) => {
    at.plane.setPointerCapture(event.pointerId);
    play(false);
    [glide, dragging] = [null, true];
    if (setting.tool === "draw") drawing = [map.toLatent(event)];
    follow(event);
    wake();
  };
  // Moves arrive with the next frame; the raw ones at once, so that the picture is ready when that frame begins.
  at.plane.addEventListener("pointerrawupdate", (event) => {
    if (dragging && !drawing && performance.now() - followed > 5) follow(event);
  });
  at.plane.onpointermove = (event) => {
    if (!dragging) return;
    if (drawing) for (const each of event.getCoalescedEvents?.() ?? [event]) drawing.push(map.toLatent(each));
    follow(event);
  };
  at.plane.onpointerup = at.plane.onpointercancel = () => {
    if (!dragging) return;
    dragging = false;
    root.dataset.latency = [0.5, 0.95].map((q) => quantile(latencies, q).toFixed(2)).join();
    const drawn = drawing;
    drawing = null;
    if (drawn && drawn.length > 3) {
      const points = walk(drawn).strip(PATH_POINTS).map(PLACES.near);
      remember({ path: PLACES.text(points) });
      useRoute(smooth(points), "your path");
    }
    settle();
    wake();
  };
  at.plane.onkeydown = (event) => {
    const move = KEYS[event.key];
    if (!move) return;
    event.preventDefault();
    play(false);
    glide = null;
    const far = event.shiftKey ? 0.4 : 0.1;
    moveTo(z.map((x, d) => Math.max(-LIMIT, Math.min(LIMIT, x + move[d] * far))));
    settle();
    wake();
  };

  // --- controls
  const press = (name, on) => at[name].setAttribute("aria-pressed", String(on));
  const choose = (names, name) => names.forEach((each) => press(each, each === name));
  for (const name of ["drag", "draw"]) at[name].onclick = () => { setting.set("tool", name); choose(["drag", "draw"], name); };
  for (const name of LAYERS) {
    press(name, setting[name] === "on");
    at[name].onclick = () => {
      setting.set(name, setting[name] === "on" ? "off" : "on");
      press(name, setting[name] === "on");
      if (name === "landscape" && own.target) own.look(pad.values); // asks for what is now shown
      backdrop();
      paint();
    };
  }
  for (const name of ["quantiles", "even"]) at[name].onclick = () => { setting.set("grid", name); choose(["quantiles", "even"], name); drawGrid(); };
  at.cells.value = setting.cells;
  at.cells.oninput = () => { setting.set("cells", Number(at.cells.value)); at.cellsText.textContent = setting.cells; drawGrid(); };
  at.speed.value = setting.speed;
  at.speed.oninput = () => setting.set("speed", Number(at.speed.value));
  at.play.onclick = () => play(!playing());
  let cell = 0; // of the grid, where one has gone last
  choosable(at.grid, {
    layout: () => ({ count: setting.cells ** 2, columns: setting.cells, gap: 0 }), current: () => Math.min(cell, setting.cells ** 2 - 1),
    choose(i) { cell = i; if (at.grid.points) glideTo(at.grid.points.subarray(2 * i, 2 * i + 2)); },
  });
  // The film's path is one of three: a pair of test pictures, a drawing, the tour.
  const remember = ({ pair = "", path = "" } = {}) => { setting.set("pair", pair); setting.set("path", path); };
  at.interpolate.onclick = () => {
    const a = Math.floor(Math.random() * images.count), others = [...images.labels.keys()].filter((i) => images.labels[i] !== images.labels[a]);
    between(a, others[Math.floor(Math.random() * others.length)]);
  };
  function between(a, b, { start = true } = {}) {
    remember({ pair: `${a}-${b}` });
    const [from, to] = [a, b].map((i) => [...codes.mean.subarray(2 * i, 2 * i + 2)]);
    const points = Array.from({ length: 41 }, (_, i) => from.map((x, d) => x + ((to[d] - x) * i) / 40)), [first, last] = [a, b].map((i) => chosen.names[images.labels[i]]);
    useRoute(points, `from a ${first} to a ${last}`, { ends: [a, b].map((i) => images.bytes.subarray(i * PIXELS, (i + 1) * PIXELS)), marks: [from, to], start });
  }
  at.tour.onclick = () => { remember(); useRoute(TOUR, "a round tour"); };
  at.clear.onclick = () => pad.clear();
  at.testDigit.onclick = () => {
    place(Math.floor(Math.random() * images.count));
  };
  function place(i) {
    own.forget();
    placing = true;
    pad.set(images.image(i));
    placing = false;
    setting.set("picture", i);
  }
  // What a link asks for and what waits for test pictures
  function restore() {
    if (restore.done || settings.parts !== "all") return;
    restore.done = true;
    const pair = setting.pair.split("-").map(Number);
    if (setting.picture >= 0 && setting.picture < images.count) place(setting.picture);
    if (setting.pair && pair.every((i) => i < images.count)) between(...pair, { start: !linked });
  }
  at.goThere.onclick = () => own.target && glideTo(own.target.mean.map((x) => Math.max(-LIMIT, Math.min(LIMIT, x))));
  at.model.onchange = () => { setting.set("model", at.model.value); tryModel(models.find(({ id }) => id === at.model.value)); };
  async function tryModel(model) {
    try {
      await useModel(model);
    } catch (error) {
      if (!chosen) throw error; // then there is nothing to show at all
      at.failed.hidden = false;
      at.failed.textContent = `${model.label} cannot be shown: ${error.message}`;
      at.model.value = chosen.id;
    }
  }
  const nameOf = (what) => `${chosen.id.replaceAll(" ", "-")}-${what}`;
  at.saveGrid.onclick = () => savePicture(at.grid, nameOf(`manifold-${setting.cells}x${setting.cells}.png`), 2);
  at.savePlane.onclick = () => savePicture(at.plane, nameOf("square.png"), 1);
  at.saveCodes.onclick = () => {
    const { mean, logVar } = codes, rows = Array.from({ length: mean.length / 2 }, (_, i) => [i, images.labels[i], mean[2 * i], mean[2 * i + 1], Math.exp(logVar[2 * i] / 2), Math.exp(logVar[2 * i + 1] / 2)]);
    saveTable(["test_picture", "label", "mean_1", "mean_2", "deviation_1", "deviation_2"], rows, nameOf("codes.csv"));
  };
  for (const [name, kind] of [["saveWebp", "webp"], ["saveGif", "gif"], ["savePng", "png"]]) {
    at[name].onclick = async () => {
      at[name].disabled = true;
      const count = Math.max(24, Math.min(150, Math.round((route.length * (route.closed ? 1 : 2)) / (0.85 * setting.speed) * 25)));
      const { pictures } = await ask("pictures", { z: Float32Array.from(route.frames(count).flat()) });
      at.filmText.textContent = await saveFilm(pictures, { kind, palette: inks.solid, name: nameOf(`film-of-${routeName.replaceAll(" ", "-")}`) });
      at[name].disabled = false;
    };
  }

  function theme(found) {
    colours = found;
    const [r, g, b] = rgb(found.ink);
    inks = {
      solid: ramp(found.paper, found.ink), blue: ramp(found.paper, found.blue), signed: diverging(found.blue, found.paper, found.orange), gap: ramp(found.line, found.line)[0],
      clear: Uint32Array.from({ length: 256 }, (_, i) => ((i << 24) | (b << 16) | (g << 8) | r) >>> 0), // ink, the paper left out
    };
    map.theme(found);
    paintTerms();
    if (!vae) return;
    decode();
    legend();
    backdrop();
    paint();
    own.look(pad.values);
    if (at.grid.pictures) drawGrid().then(drawStrip);
  }
  function paintTerms() {
    if (!settings.terms || !colours) return;
    drawTerms(at.terms, settings.terms, colours);
    at.weightText.textContent = `the KL weighs ${settings.terms.weight}`;
  }
  async function update(next) {
    models = next.models;
    settings = next;
    paintTerms();
    const wish = [at.model.value, setting.model, next.chosen].find((id) => models.some((model) => model.id === id));
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    at.model.value = wish;
    const model = models.find(({ id }) => id === wish);
    if (model.url !== chosen?.url) await tryModel(model);
  }

  root.dataset.parts = settings.parts;
  theme(page.colours);
  choose(["drag", "draw"], setting.tool);
  choose(["quantiles", "even"], setting.grid);
  at.cellsText.textContent = setting.cells;
  await update(settings);
  if (setting.path && settings.parts === "all") useRoute(smooth(PLACES.points(setting.path)), "your path", { start: !linked });
  play(!reducedMotion() && !linked);
  wake();
  const resized = new ResizeObserver(() => { paintTerms(); if (vae) paint(); });
  resized.observe(at.plane);
  const announcing = setInterval(() => { at.status.textContent = `z is at ${at.where.textContent}. ${at.verdict.textContent}`; }, 10000);

  return { update, theme, destroy() { clearInterval(announcing); resized.disconnect(); animation.destroy(); ask.end(); } };
});
