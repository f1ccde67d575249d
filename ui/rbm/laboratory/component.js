// The exact laboratory. A machine of at most 16 + 12 units: its truth is recomputed whenever a weight moves, the chains run beside it.

import { BoltzmannChains } from "../../engine/engine.js";
import { distribution, heated, logLikelihood, monteCarloFloor, mostProbable, totalVariation } from "../../engine/exact.js";
import { Random } from "../../engine/random.js";
import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { scene } from "../../kit/scene.js";
import { diverging, ramp, reducedMotion } from "../../kit/theme.js";
import { drawCurves, drawNote, drawStates, minus, stateAt } from "./drawing.js";
import { gradientPanel } from "./gradient.js";
import { forEngine, Learner, NUM_CHAINS, stateNumbers } from "./learner.js";
import { trainingPanel } from "./training.js";
import { weightsPanel } from "./weights.js";

const SPEEDS = [[1, "1 a second"], [10, "10 a second"], [60, "each frame"], [600, "10 a frame"], [6000, "100 a frame"]];
const SHOWN = { 2: 16, 3: 32, 4: 48 }; // pictures of the ranking, by side

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("lab", {
    side: [3, 2, 4], hidden: [8, 1, 12], temperature: [1, 0.2, 4], speed: [2, 0, 4], seed: [1, 1, 2 ** 31],
    method: ["pcd", "cd", "exact"], k: [1, 1, 20], rate: [4, 0, 6], schedule: ["falling", "constant"],
    scale: ["linear", "logarithmic"],
  });
  let learner, chains, counts, total, history, truth, stale, tick = 0, painted = 0;
  const lab = { at, setting, page, get learner() { return learner; }, get colours() { return page.colours; }, changed, begin, repaint, playing: !reducedMotion() };

  // Another size or seed: another machine.
  function begin() {
    setting.side = Math.round(setting.side);
    setting.hidden = Math.round(setting.hidden);
    learner = new Learner(setting.side, setting.hidden, setting.seed);
    chains = new BoltzmannChains({ ...forEngine(learner.machine), numChains: NUM_CHAINS, seed: setting.seed + 7, wasm: false });
    counts = new Float64Array(2 ** learner.numVisible);
    at.numStates.textContent = counts.length.toLocaleString("en");
    at.sizeText.textContent = `${learner.numVisible} visible, ${learner.numHidden} hidden: ${(2 ** (learner.numVisible + learner.numHidden)).toLocaleString("en")} joint states`;
    for (const side of [2, 3, 4]) at[`side${side}`].setAttribute("aria-pressed", String(side === setting.side));
    at.hidden.value = setting.hidden;
    at.hiddenText.textContent = setting.hidden;
    panels.forEach((panel) => panel.begin());
    changed();
  }

  // Some weight, bias or the temperature has moved: the old histogram is one of another distribution.
  function changed({ forget = true } = {}) {
    stale = true;
    if (!forget) return;
    counts.fill(0);
    total = 0;
    history = { samples: [], distance: [], floor: [] };
    chains.setMachine(forEngine(learner.machine));
  }

  function refresh() {
    stale = false;
    const machine = heated(learner.machine, 1 / setting.temperature);
    truth = distribution(machine);
    const best = mostProbable(truth.p, root.clientWidth < 700 ? Math.min(24, SHOWN[learner.side]) : SHOWN[learner.side]);
    const isData = new Set(learner.data);
    Object.assign(truth, { best, isData, mass: learner.data.reduce((sum, v) => sum + truth.p[v], 0) });
    const likelihood = logLikelihood(machine, learner.data, truth.logZ);
    at.atTemperature.textContent = setting.temperature === 1 ? "" : `at temperature ${setting.temperature.toFixed(2)}`;
    at.logZ.textContent = minus(truth.logZ.toFixed(3));
    at.Z.textContent = truth.logZ < 13 ? Math.exp(truth.logZ).toLocaleString("en", { maximumSignificantDigits: 6 }) : Math.exp(truth.logZ).toExponential(3);
    at.likelihood.textContent = minus(likelihood.toFixed(3));
    at.mass.textContent = `${(100 * truth.mass).toFixed(1)} %`;
    const rest = 1 - best.reduce((sum, v) => sum + truth.p[v], 0);
    at.restText.textContent = best.length < counts.length ? `The other ${(counts.length - best.length).toLocaleString("en")} share ${(100 * Math.max(0, rest)).toFixed(1)} %.` : "";
    root.dataset.logZ = truth.logZ;
  }

  function sample(sweeps) {
    const options = { beta: 1 / setting.temperature };
    for (let t = 0; t < sweeps; t++) {
      chains.sweep(options);
      for (const state of stateNumbers(chains)) counts[state]++;
    }
    total += sweeps * NUM_CHAINS;
    if (training.running) return;
    const last = history.samples.at(-1) ?? 0;
    if (total < last * 1.03) return; // evenly on a logarithmic axis
    history.samples.push(total);
    history.distance.push(totalVariation(truth.p, counts, total));
    history.floor.push(monteCarloFloor(truth.p, total));
    root.dataset.distance = history.distance.at(-1);
    root.dataset.floor = history.floor.at(-1);
  }

  let due = 0;
  async function frame(now, seconds) {
    if (training.running) {
      training.advance(seconds);
      const kept = Math.exp(-seconds / 0.5); // while the target moves, old samples fade
      for (let s = 0; s < counts.length; s++) counts[s] *= kept;
      total = counts.reduce((a, b) => a + b, 0);
      chains.setMachine(forEngine(learner.machine));
      changed({ forget: false });
    }
    tick++;
    if (stale && (learner.side < 4 || !training.running || tick % 3 === 0)) refresh();
    if (lab.playing) {
      due += SPEEDS[setting.speed][0] * seconds;
      const sweeps = Math.min(Math.floor(due), 150);
      due = Math.min(due - sweeps, 1);
      if (sweeps) sample(sweeps);
      gradient.advance();
    }
    paint();
  }

  function paint() {
    painted++;
    root.dataset.samples = total;
    root.dataset.updates = learner.updates;
    drawStates(at.states, { side: learner.side, best: truth.best, p: truth.p, counts, total, isData: truth.isData, columns: columns(), log: setting.scale === "logarithmic" }, page.colours);
    panels.forEach((panel) => panel.paint());
    at.samplesText.textContent = total ? `${Math.round(total).toLocaleString("en")} samples of ${NUM_CHAINS} chains` : "";
    if (painted % 4) return;
    if (training.running) return drawNote(at.distance, "While the machine learns, its distribution keeps moving. The histogram closes in once it rests.", page.colours, 290);
    const { samples, distance, floor } = history, colours = page.colours;
    const far = Math.max(1e5, 10 ** Math.ceil(Math.log10((samples.at(-1) ?? 1) + 1)));
    drawCurves(at.distance, [
      { xs: samples, ys: floor, colour: colours.gray, dashed: true, width: 1.5 },
      { xs: samples, ys: distance, colour: colours.orange, width: 2 },
    ], { x: [100, far], y: [10 ** Math.floor(Math.log10(Math.min(0.01, floor.at(-1) ?? 1))), 1], log: true, colours, height: 290 });
  }

  // Redraw what has changed while everything stands still.
  function repaint() {
    if (stale) refresh();
    painted = 3;
    if (!animation.running) paint();
  }

  const columns = () => (root.clientWidth < 700 ? 8 : 16);

  const weights = weightsPanel(lab), training = trainingPanel(lab), gradient = gradientPanel(lab);
  const panels = [weights, training, gradient];
  lab.stopTraining = () => training.running && training.stop();
  const animation = loop(root, frame);

  // --- controls
  for (const side of [2, 3, 4]) at[`side${side}`].onclick = () => { setting.set("side", side); begin(); training.start(); repaint(); };
  at.hidden.oninput = () => { setting.set("hidden", Number(at.hidden.value)); begin(); training.start(); repaint(); };
  at.play.onclick = () => {
    lab.playing = !lab.playing;
    showPlaying();
    animate();
  };
  at.sweep.onclick = () => { lab.playing = false; showPlaying(); if (stale) refresh(); sample(1); animate(); repaint(); };
  for (const scale of ["linear", "logarithmic"]) {
    at[scale].onclick = () => { setting.set("scale", scale); showScale(); repaint(); };
  }
  at.again.onclick = () => { chains.random = new Random(setting.seed + 7); chains.reset(); changed(); repaint(); };
  at.anew.onclick = () => { setting.set("seed", 1 + new Random(Date.now() >>> 0).integer(9999)); at.again.onclick(); };
  at.speed.value = setting.speed;
  at.speed.oninput = () => { setting.set("speed", Number(at.speed.value)); at.speedText.textContent = SPEEDS[setting.speed][1]; };
  at.temperature.value = setting.temperature;
  at.temperature.oninput = () => { setting.set("temperature", Number(at.temperature.value)); showTemperature(); changed(); repaint(); };
  at.states.onpointermove = (event) => {
    const state = stateAt(event, at.states, { best: truth.best, columns: columns(), side: learner.side });
    at.stateText.textContent = state === undefined ? "" : `p(v) = ${truth.p[state].toPrecision(3)}, chains ${total ? (counts[state] / total).toPrecision(3) : "–"}`;
  };
  at.states.onpointerleave = () => { at.stateText.textContent = ""; };

  function showTemperature() { at.temperatureText.textContent = setting.temperature.toFixed(2); }
  function showScale() { for (const scale of ["linear", "logarithmic"]) at[scale].setAttribute("aria-pressed", String(scale === setting.scale)); }
  function showPlaying() {
    at.play.textContent = lab.playing ? "Pause" : "Play";
    at.play.setAttribute("aria-pressed", String(lab.playing));
  }
  function animate() {
    if (lab.playing || training.running) animation.start();
    else animation.stop();
  }
  lab.animate = animate;

  at.speedText.textContent = SPEEDS[setting.speed][1];
  showTemperature();
  showScale();
  showPlaying();
  begin();
  if (lab.playing) training.start();
  const narrator = setInterval(() => {
    if (truth) at.status.textContent = `log Z ${truth.logZ.toFixed(2)}; bars and stripes have ${(100 * truth.mass).toFixed(0)} percent; ${learner.updates} updates.`;
  }, 10000);
  const resized = new ResizeObserver(() => { panels.forEach((panel) => panel.resized?.()); repaint(); });
  resized.observe(root);

  return {
    theme(colours) {
      lab.signed = diverging(colours.blue, colours.paper, colours.orange);
      lab.surface = ramp(colours.surface, colours.surface)[0];
      if (stale) refresh();
      repaint();
      animate();
    },
    destroy() { animation.destroy(); clearInterval(narrator); resized.disconnect(); },
  };
});
