// The race: three lanes of chains from one noise, swept in step; how they mix, live; what their training was like, epoch by epoch.
// The lanes have no hue, for hues are layers here: they differ by the stroke of their lines.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { playButton, seeds, slider } from "../../kit/controls.js";
import { saveFilm } from "../../kit/film.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { drawPlot, sharpContext, strokeSample } from "../../kit/plot.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { ramp, reducedMotion } from "../../kit/theme.js";

const PIXELS = 784, CHAINS = 16, LAYOUT = { count: CHAINS, columns: 4, gap: 2 };
const FILM_FRAMES = 60;
const SPEEDS = [[1, "1 a second"], [5, "5 a second"], [20, "20 a second"], [60, "each frame"], [300, "5 a frame"]];
const STROKES = [{ dash: [0.1, 4.5], width: 2.25 }, { dash: [7, 4], width: 1.75 }, { dash: [], width: 2.25 }];

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("race", { seed: [1, 1, 2 ** 31], speed: [3, 0, SPEEDS.length - 1] });
  const ask = asker(new URL("./worker.js", import.meta.url));
  const lanes = settings.lanes.map((lane) => makeLane(at.lanes, lane));
  const animation = loop(root, frame);
  let colours, latest = null, sweeps = 0, due = 0, filming = false;

  async function begin() {
    latest = await ask("begin", { numChains: CHAINS, seed: setting.seed });
    sweeps = 0;
    paint();
  }

  async function sweep(times) {
    const asked = sweeps;
    const next = await ask("sweep", { times });
    if (sweeps !== asked) return; // begun again meanwhile
    latest = next;
    sweeps += times;
    paint();
  }

  async function frame(now, seconds) {
    due += SPEEDS[setting.speed][0] * seconds;
    const times = Math.min(Math.floor(due), 5);
    if (times < 1) return;
    due = Math.min(due - times, 1);
    await sweep(times);
  }

  function paint() {
    if (!colours || !latest) return;
    lanes.forEach((lane, l) => {
      paintTiles(lane.chains, latest.dreams.subarray(l * CHAINS * PIXELS, (l + 1) * CHAINS * PIXELS), { ...LAYOUT, colours: colours.ink, background: colours.gap });
      const seen = latest.seen.subarray(l * CHAINS * 10, (l + 1) * CHAINS * 10), number = seen.reduce((a, b) => a + b, 0) / CHAINS;
      drawDigits(lane.digits, seen, colours.theme);
      lane.visited.textContent = `${number.toFixed(1)} digits a chain`;
    });
    at.counter.textContent = `sweep ${sweeps.toLocaleString("en")}`;
    root.dataset.sweeps = sweeps;
    paintMixing();
  }

  function paintMixing() {
    const { autocorrelation, lagSweeps } = latest, known = autocorrelation[0].length;
    const series = lanes.map(({ name }, l) => ({ label: name, ...colours.strokes[l], x: autocorrelation[l].map((_, lag) => lag * lagSweeps), y: autocorrelation[l] }));
    drawPlot(at.mixing, known > 1 ? series : [], { colours: colours.theme, xName: "sweeps later", yName: "autocorrelation", low: -0.08, high: 1, left: 0, right: 250 });
    at.mixingText.textContent = known > 1
      ? "Near 1: a chain stays with its digit. Near 0: it has forgotten it, which is worth something only where the dreams are digits."
      : "Measured here, from the hundredth sweep on: until then the chains are still on their way from the noise.";
    if (known > 1) at.mixing.setAttribute("aria-label", `Autocorrelation of the dreams ${(known - 1) * lagSweeps} sweeps later: ${lanes.map(({ name }, l) => `${name} ${autocorrelation[l].at(-1).toFixed(2)}`).join(", ")}`);
  }

  function paintCurves() {
    const rows = lanes.map(({ name }) => settings.history.filter((row) => row.name === name));
    const epochs = Math.max(...settings.history.map(({ epoch }) => epoch));
    const common = { colours: colours.theme, xName: "epochs", left: 1, right: epochs, points: true };
    const series = (y, band) => lanes.map(({ name }, l) => ({ label: name, ...colours.strokes[l], x: rows[l].map(({ epoch }) => epoch), y: rows[l].map(y), band: band && rows[l].map(band) }));
    const both = ({ log_likelihood_reverse_ais: low, log_likelihood_ais: high }) => (low === null || high === null ? null : [low, high]);
    drawPlot(at.likelihood, series((row) => both(row) && (both(row)[0] + both(row)[1]) / 2, both), { ...common, yName: "nats an image" });
    drawPlot(at.error, series((row) => row.reconstruction_error), { ...common, yName: "squared, a pixel" });
    const last = rows.map((all) => all.at(-1));
    at.likelihood.setAttribute("aria-label", `Log-likelihood after ${epochs} epochs, nats an image: ${last.map((row) => `${row.name} between ${row.log_likelihood_reverse_ais} and ${row.log_likelihood_ais}`).join(", ")}`);
    at.error.setAttribute("aria-label", `Reconstruction error after ${epochs} epochs: ${last.map((row) => `${row.name} ${row.reconstruction_error}`).join(", ")}`);
  }

  // --- controls
  const play = playButton(at.play, animation);
  at.step.onclick = () => { play(false); return sweep(1); };
  seeds(at, setting, begin);
  slider(at.speed, at.speedText, setting, "speed", (speed) => SPEEDS[speed][1]);

  // --- what a visitor can leave with
  const named = (ending) => `rbm-race-${lanes.map(({ name }) => name.toLowerCase()).join("-")}-seed-${setting.seed}-sweep-${sweeps}.${ending}`;
  at.save.onclick = () => savePicture(sideBySide(lanes, colours.theme), named("png"), 1);
  at.table.onclick = () => saveTable(Object.keys(settings.history[0]), settings.history.map(Object.values), "rbm-race-training-mnist.csv");
  at.film.onclick = async () => {
    if (filming) return;
    const was = animation.running, frames = [];
    filming = true;
    play(false);
    while (frames.length < FILM_FRAMES) {
      await sweep(Math.max(1, Math.round(SPEEDS[setting.speed][0] / 60)));
      frames.push(laneByLane(latest.dreams));
      at.film.textContent = `${frames.length} of ${FILM_FRAMES}`;
    }
    saveFilm(named("gif"), frames, { count: 14 * 4, columns: 14, palette: colours.ink, enlarge: 2 });
    at.film.textContent = "Save film";
    filming = false;
    play(was);
  };
  function theme(found) {
    const hues = [found.gray, found.ink, found.ink];
    colours = { theme: found, ink: ramp(found.paper, found.ink), gap: ramp(found.line, found.line)[0], strokes: STROKES.map((stroke, l) => ({ ...stroke, colour: hues[l] })) };
    lanes.forEach(({ sample }, l) => strokeSample(sample, colours.strokes[l]));
    paintCurves();
    paint();
  }

  const observer = new ResizeObserver(() => { if (colours) { paintCurves(); paint(); } });
  observer.observe(root);
  theme(page.colours);
  await ask("load", { urls: settings.lanes.map(({ url }) => absolute(url)), judgeUrl: absolute(settings.judge) });
  await begin();
  play(!reducedMotion());
  const announcing = setInterval(() => { at.status.textContent = `Sweep ${sweeps}. ${lanes.map(({ name, visited }) => `${name}: ${visited.textContent}`).join(", ")}.`; }, 10000);
  return { theme, destroy() { clearInterval(announcing); observer.disconnect(); animation.destroy(); ask.end(); } };
});

const absolute = (url) => new URL(url, location.href).href;

// The lanes' pictures on one canvas, their names above.
function sideBySide(lanes, colours) {
  const side = 4 * lanes[0].chains.width, gap = 40, head = 60, canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [lanes.length * (side + gap) + gap, side + head + gap];
  const context = canvas.getContext("2d");
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.fillStyle = colours.ink;
  context.font = "600 26px system-ui, sans-serif";
  lanes.forEach(({ name, chains }, l) => {
    const x = gap + l * (side + gap);
    context.fillText(name, x, head - 18);
    context.drawImage(chains, x, head, side, side);
  });
  return canvas;
}

// Sixteen tiles of each lane as four rows of three times four, with an empty column between two lanes.
function laneByLane(dreams) {
  const tiles = new Float32Array(14 * 4 * PIXELS);
  for (let l = 0; l < 3; l++) {
    for (let c = 0; c < CHAINS; c++) {
      const from = (l * CHAINS + c) * PIXELS, to = Math.floor(c / 4) * 14 + l * 5 + (c % 4);
      tiles.set(dreams.subarray(from, from + PIXELS), to * PIXELS);
    }
  }
  return tiles;
}

function makeLane(parent, { name, about }) {
  const panel = document.createElement("section");
  panel.className = "panel lane";
  panel.setAttribute("aria-label", name);
  panel.innerHTML = `<h3><canvas aria-hidden="true"></canvas><span></span></h3><p class="caption about"></p>
    <canvas class="pixels chains" role="img"></canvas><canvas class="digits" role="img"></canvas><p class="caption visited"></p>`;
  parent.append(panel);
  const [sample, chains, digits] = panel.querySelectorAll("canvas");
  panel.querySelector("h3 span").textContent = name;
  panel.querySelector(".about").textContent = about;
  chains.setAttribute("aria-label", `${name}: ${CHAINS} chains, all lanes from the same noise`);
  digits.setAttribute("aria-label", `${name}: how many of the chains have been each digit`);
  return { name, sample, chains, digits, visited: panel.querySelector(".visited") };
}

// For every digit a column: full if all chains have been that digit.
function drawDigits(canvas, seen, colours) {
  const { context, width, height } = sharpContext(canvas), slot = width / 10, full = height - 16;
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "bottom";
  for (let digit = 0; digit < 10; digit++) {
    let share = 0;
    for (let chain = 0; chain < CHAINS; chain++) share += seen[10 * chain + digit] / CHAINS;
    const x = digit * slot + slot * 0.15, wide = slot * 0.7;
    context.fillStyle = colours.line;
    context.fillRect(x, 0, wide, full);
    context.fillStyle = colours.ink;
    context.fillRect(x, full * (1 - share), wide, full * share);
    context.fillStyle = colours.gray;
    context.fillText(digit, digit * slot + slot / 2, height);
  }
}
