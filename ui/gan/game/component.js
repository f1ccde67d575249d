// The two-dimensional game. The worker plays; this module asks for the next updates when it has painted the last ones.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { lattice } from "../../kit/lattice.js";
import { loop } from "../../kit/loop.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { reducedMotion } from "../../kit/theme.js";
import { drawTrace } from "../../kit/trace.js";
import { HEADINGS, curves as newCurves } from "./curves.js";
import { drawField, drawFigure, drawMesh, drawPlan, drawPoints, drawPulls, drawReading, drawVerdicts, fit, palette } from "./drawing.js";
import { film as newFilm } from "./film.js";
import { generatorLoss, LOSSES } from "./players.js";
import { CAUSE, cureOf, PLAIN, playingOf } from "./remedies.js";
import { drawn, MIN_POINTS, WORLDS } from "./worlds.js";

// updates a second
const SPEEDS = [[1, "1 a second"], [10, "10 a second"], [60, "60 a second"], [240, "240 a second"], [6000, "all it can"]];
const WORKER_MILLISECONDS = 11, FOLLOW_SECONDS = 2, DRAWING_BOUND = 2.6, MOST_POINTS = 300, PLACES = lattice(DRAWING_BOUND);
const NAMES = { "non-saturating": "non-saturating (38)", saturating: "saturating (37)", "least-squares": "least squares", wasserstein: "Wasserstein" };

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("game", {
    world: ["ring", "grid", "moons", "drawn"], seed: [1, 1, 2 ** 31], speed: [3, 0, 4], loss: LOSSES, k: [1, 1, 10], rateD: [-2.7, -4, -1.5],
    rateG: [-2.7, -4, -1.5], r1: [0, 0, 2, "real"], smoothing: [0, 0, 0.3], averaged: ["no", "yes"], field: ["yes", "no"], pulls: ["yes", "no"], mesh: ["no", "yes"],
    freezeD: ["no", "yes"], freezeG: ["no", "yes"], bend: [1, 0, 1, "real"], points: ["", (text) => PLACES.fits(text, MOST_POINTS)],
  });
  const ask = asker(new URL("./worker.js", import.meta.url));

  let colours = palette(page.colours), world = null, points = PLACES.points(setting.points), seen = {}, curves = newCurves(), film = null, due = 0, frames = 0, lookedSlowly = 0, drawing = false;
  let follow = settings.follow; // {updates, loss, k, freezeD, freezeG} of a training elsewhere, whose clock is kept; or null
  const animation = loop(root, frame);

  const playing = () => ({
    ...playingOf(setting), freezeD: setting.freezeD === "yes", freezeG: setting.freezeG === "yes",
    ...(follow && { loss: follow.loss, k: follow.k, freezeD: follow.freezeD, freezeG: follow.freezeG }),
  });

  async function begin() {
    if (setting.world === "drawn" && points.length < MIN_POINTS) return draw();
    drawing = false;
    world = setting.world === "drawn" ? drawn(points) : WORLDS[setting.world]();
    curves = newCurves();
    take(await ask("start", { world: setting.world, points, settings: playing(), seed: setting.seed }));
    offer();
    paint();
  }

  function take(view) {
    seen = { ...seen, ...view };
    if (view.updates > 0 && Number.isFinite(view.lossD)) curves.add(seen);
    root.dataset.updates = seen.updates;
    root.dataset.modes = seen.modes;
    at.failed.hidden = !seen.failed;
    at.failed.textContent = seen.failed ?? "";
    if (seen.failed && animation.running) play(false);
  }

  // Untouched, the theatre plays by itself: a plain game, its collapse, the cure, the next game. The first touch ends that.
  let touched = Boolean(settings.follow) || location.search.includes("game_"), act = 0;
  const ACTS = [
    { until: 2400, then: () => stage(CAUSE, true) },
    { until: 700, then: () => stage(cureOf("ring"), false) },
    { until: 4200, then: () => { setting.seed++; return stage(PLAIN, true); } },
  ];
  async function stage(remedy, again) {
    Object.assign(setting, remedy.settings); // not into the address: nobody has set this
    at.said.textContent = remedy.said;
    show();
    if (again) await begin();
    else await tell();
  }
  async function direct() {
    if (touched || drawing || seen.updates < ACTS[act].until) return;
    const { then } = ACTS[act];
    act = (act + 1) % ACTS.length;
    await then();
  }
  for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => { touched = true; }, { capture: true });

  async function frame(now, seconds) {
    if (drawing || !seen.fakes) return;
    due += follow ? ((follow.updates - seen.updates) / FOLLOW_SECONDS) * seconds : SPEEDS[setting.speed][0] * seconds;
    const updates = Math.min(Math.floor(due), 200);
    if (updates < 1) return;
    due = Math.min(due - updates, 1);
    const slow = now - lookedSlowly > 400;
    if (slow) lookedSlowly = now;
    take(await ask("play", { updates, milliseconds: WORKER_MILLISECONDS, look: { field: setting.field === "yes" && frames++ % 3 === 0, slow } }));
    paint();
    if (film) await shoot(now);
    await direct();
  }

  // D gives a probability under (36) only; the other losses' scores are shown relative to the middle between real and fake.
  function probability() {
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    const { loss } = playing();
    if (loss === "least-squares") return (a) => Math.max(0, Math.min(1, a));
    const middle = loss === "wasserstein" ? (mean(seen.verdictsReal) + mean(seen.verdictsFake)) / 2 : 0;
    return (a) => 1 / (1 + Math.exp(middle - a));
  }

  function paint() {
    const frame = fit(at.plane);
    if (drawing) return paintDrawing(frame);
    if (!seen.fakes) return;
    const p = probability(), { bound } = seen;
    if (setting.field === "yes" && seen.field) drawField(frame, seen.field, seen.fieldSide, colours, p);
    if (setting.mesh === "yes") drawMesh(frame, seen.grid, seen.gridLines, bound, colours, 1, { fill: false });
    drawPoints(frame, seen.reals, bound, colours.blue, 3, 0.6);
    if (setting.pulls === "yes") drawPulls(frame, seen.fakes, seen.pulls, bound, colours.ink);
    drawPoints(frame, seen.fakes, bound, colours.orange, 3.4, 0.95);
    if (hover) drawReading(frame, hover, seen, p, colours);
    drawMesh(fit(at.mesh), seen.grid, seen.gridLines, bound, colours, Number(at.bend.value));
    drawPlan(fit(at.modesPlan), world, seen.covered, bound, colours);
    drawVerdicts(fit(at.verdicts), seen.verdictsReal.map(p), seen.verdictsFake.map(p), colours);
    drawFigure(fit(at.figure), seen.verdictsFake, colours);
    drawFigure(fit(at.push), seen.verdictsFake, colours, { slope: true });
    drawTrace(at.losses, [{ values: curves.lossD, colour: colours.violet }, { values: curves.lossG, colour: colours.orange }], { colours });
    drawTrace(at.norms, ["normD", "normG"].map((name, i) => ({ values: curves[name], marks: curves.leaps[name], colour: i ? colours.orange : colours.violet })), { colours, low: 0 });
    const slope = (loss) => seen.verdictsFake.reduce((sum, a) => sum - generatorLoss(a, loss)[1], 0) / seen.verdictsFake.length;
    at.slopes.textContent = `Their mean push is ${slope("saturating").toFixed(3)} against ${slope("non-saturating").toFixed(3)}.`;
    at.counter.textContent = `update ${seen.updates.toLocaleString("en")}`;
    at.modes.textContent = `${seen.modes} / ${seen.numModes}`;
    at.quality.textContent = `${(100 * seen.highQuality).toFixed(0)} %`;
    at.divergence.textContent = `${seen.divergence.toFixed(3)} nats`;
    at.value.textContent = seen.value.toFixed(3).replace("-", "−");
    at.best.textContent = (2 * seen.divergence - Math.log(4)).toFixed(3).replace("-", "−");
  }

  // --- the visitor's own points
  function draw() {
    drawing = true;
    play(false);
    offer();
    paint();
  }
  function paintDrawing(frame) {
    drawPoints(frame, points.flat(), DRAWING_BOUND, colours.blue, 4, 0.9);
    const { context, width } = frame, [x, y] = cursor;
    if (document.activeElement === at.plane || root.getRootNode().activeElement === at.plane) {
      context.strokeStyle = colours.primary;
      context.strokeRect(((x + DRAWING_BOUND) / (2 * DRAWING_BOUND)) * width - 5, ((DRAWING_BOUND - y) / (2 * DRAWING_BOUND)) * width - 5, 10, 10);
    }
  }
  let cursor = [0, 0], pressed = false, hover = null; // hover: a share of the plane, 0 to 1 each way
  at.plane.addEventListener("pointermove", (event) => {
    const box = at.plane.getBoundingClientRect();
    hover = event.pointerType === "mouse" && !drawing ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height] : null;
    if (!animation.running) paint();
  });
  at.plane.addEventListener("pointerleave", () => { hover = null; if (!animation.running) paint(); });
  function add(...place) {
    const point = PLACES.near(place), last = points.at(-1);
    if (points.length < MOST_POINTS && !(last && last[0] === point[0] && last[1] === point[1])) points.push(point);
    offer();
    paint();
  }
  function place(event) {
    const box = at.plane.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 2 * DRAWING_BOUND - DRAWING_BOUND, DRAWING_BOUND - ((event.clientY - box.top) / box.height) * 2 * DRAWING_BOUND];
  }
  at.plane.tabIndex = 0;
  at.plane.addEventListener("pointerdown", (event) => { if (drawing) { pressed = true; at.plane.setPointerCapture(event.pointerId); add(...place(event)); } });
  at.plane.addEventListener("pointermove", (event) => { if (drawing && pressed) (event.getCoalescedEvents?.() ?? [event]).forEach((each) => add(...place(each))); });
  for (const end of ["pointerup", "pointercancel"]) at.plane.addEventListener(end, () => { pressed = false; });
  at.plane.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!drawing || (!move && event.key !== " ")) return;
    event.preventDefault();
    if (move) cursor = cursor.map((v, i) => Math.max(-2.5, Math.min(2.5, v + 0.1 * move[i])));
    else add(...cursor);
    paint();
  });
  function offer() {
    at.invite.hidden = !drawing || points.length > 0;
    at.invite.textContent = "Draw the real points here: a word, a spiral, three blobs.";
    at.learn.hidden = at.erase.hidden = setting.world !== "drawn";
    at.learn.textContent = drawing ? `Learn my ${points.length} points` : "Draw more";
  }
  at.learn.onclick = () => {
    if (!drawing) return draw();
    if (points.length < MIN_POINTS) { at.said.textContent = `${points.length} points are too few to learn from: draw at least ${MIN_POINTS}.`; return; }
    at.said.textContent = "";
    setting.set("points", PLACES.text(points));
    begin().then(() => play(true));
  };
  at.erase.onclick = () => { points = []; setting.set("points", ""); draw(); };

  // --- controls
  const pressed_ = (element, on) => element.setAttribute("aria-pressed", String(on));
  const tell = async () => { if (!drawing && seen.fakes) { take(await ask("settings", { settings: playing() })); if (!animation.running) paint(); } };
  const sliders = {
    k: (v) => String(v), rateD: (v) => (10 ** v).toPrecision(2), rateG: (v) => (10 ** v).toPrecision(2), r1: (v) => v.toFixed(2), smoothing: (v) => v.toFixed(2), speed: (v) => SPEEDS[v][1],
  };
  function show() {
    for (const [name, text] of Object.entries(sliders)) { at[name].value = setting[name]; at[`${name}Text`].textContent = text(setting[name]); }
    at.loss.value = setting.loss;
    for (const name of ["ring", "grid", "moons", "drawn"]) pressed_(at[name], setting.world === name);
    for (const [button, name] of [["showField", "field"], ["showPulls", "pulls"], ["showMesh", "mesh"], ["averaged", "averaged"]]) pressed_(at[button], setting[name] === "yes");
    for (const who of ["D", "G"]) pressed_(at[`freeze${who}`], setting[`freeze${who}`] === "yes");
  }
  for (const name of Object.keys(sliders)) at[name].oninput = () => { setting.set(name, Number(at[name].value)); show(); if (name !== "speed") tell(); };
  at.loss.replaceChildren(...LOSSES.map((loss) => new Option(NAMES[loss], loss)));
  at.loss.onchange = () => { setting.set("loss", at.loss.value); tell(); };
  for (const [button, name] of [["showField", "field"], ["showPulls", "pulls"], ["showMesh", "mesh"], ["averaged", "averaged"]]) {
    at[button].onclick = () => { setting.set(name, setting[name] === "yes" ? "no" : "yes"); show(); if (name === "averaged") tell(); else paint(); };
  }
  for (const who of ["D", "G"]) {
    const name = `freeze${who}`;
    at[name].onclick = () => { setting.set(name, setting[name] === "yes" ? "no" : "yes"); show(); tell(); };
    at[`step${who}`].onclick = async () => { play(false); take(await ask("step", { who })); paint(); };
  }
  for (const name of ["ring", "grid", "moons", "drawn"]) {
    at[name].onclick = () => { setting.set("world", name); at.said.textContent = ""; show(); if (name === "drawn") draw(); else begin().then(() => play(true)); };
  }
  // A remedy is a set of settings and a sentence that says which.
  async function apply({ settings, again, said }) {
    for (const [name, value] of Object.entries({ ...settings, freezeD: "no", freezeG: "no" })) setting.set(name, value);
    if (setting.world === "drawn" && drawing) setting.set("world", "ring");
    at.said.textContent = said;
    show();
    if (again || !seen.fakes) await begin();
    else await tell();
    play(true);
  }
  at.cause.onclick = () => apply(CAUSE);
  at.cure.onclick = () => apply(cureOf(setting.world));
  at.again.onclick = begin;
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); begin(); };
  at.play.onclick = () => { if (!drawing) play(!animation.running); };
  at.bend.oninput = () => { bending = false; setting.set("bend", Number(at.bend.value)); paint(); };
  const nameOf = (what) => `gan-game-${setting.world}-seed-${setting.seed}-${what}`;
  at.save.onclick = () => savePicture(at.plane, `${nameOf(`update-${seen.updates}`)}.png`, 1);
  at.table.onclick = () => saveTable(HEADINGS, curves.rows(), `${nameOf("curves")}.csv`);
  at.film.onclick = () => {
    if (drawing || film) return;
    film = newFilm();
    play(true);
  };
  async function shoot(now) {
    film.take(at.plane, now, colours.paper);
    at.filmText.textContent = film.said;
    if (!film.full) return;
    const done = film;
    film = null;
    at.filmText.textContent = await done.save(nameOf("film"));
  }

  function play(on) {
    if (on) animation.start();
    else animation.stop();
    at.play.textContent = on ? "Pause" : "Play";
    pressed_(at.play, on);
  }

  // The grid bends once by itself, so that one sees what it is; a finger on the slider takes over.
  at.bend.value = setting.bend;
  let bending = !reducedMotion() && setting.bend === 1;
  const bent = performance.now();
  function bend() {
    if (!bending || !root.isConnected) return;
    const t = Math.min(1, Math.max(0, (performance.now() - bent - 1200) / 2500));
    at.bend.value = t * t * (3 - 2 * t);
    if (t < 1) requestAnimationFrame(bend);
  }

  root.classList.toggle("following", Boolean(follow));
  show();
  await begin();
  bend();
  if (!drawing) play(!reducedMotion());
  const resized = new ResizeObserver(() => paint());
  resized.observe(at.plane);
  const announcing = setInterval(() => {
    if (seen.fakes) at.status.textContent = `Update ${seen.updates}: ${seen.modes} of ${seen.numModes} modes covered, divergence ${seen.divergence.toFixed(2)} nats.`;
  }, 10000);

  return {
    async update(next) {
      if (!next.follow) return;
      const anew = next.follow.updates < seen.updates;
      follow = next.follow;
      if (anew) await begin();
      else await tell();
    },
    theme(found) { colours = palette(found); paint(); },
    destroy() { clearInterval(announcing); resized.disconnect(); animation.destroy(); ask.end(); },
  };
});
