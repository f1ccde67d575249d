// The exact laboratory of a small DBM: truth by enumeration, mean field and a Gibbs chain beside it.

import { component, elements } from "../../kit/component.js";
import { oneOf, playButton } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { drawAll, drawBound, drawNet, visibleAt } from "./drawing.js";
import { bit, enumerate, factorised, gibbs, N, randomMachine, settle, STATES, twoExplanations } from "./machine.js";

const SWEEPS = 24, SECONDS_A_SWEEP = 0.35, REST = 4; // seconds before a new random start by itself
const MAP = { count: 1, width: STATES, height: STATES };

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("lab", {
    kind: ["two", "anyone"], strength: [1, 0, 2, "real"], start: ["random", "doubled"], seed: [1, 1, 2 ** 31], v: [15, 0, STATES - 1],
  });
  let colours, machine, exact, joint, run, sweep = 0, clock = 0, chain, visits, steps = 0, gaps, verdict = "", touched = false;

  // Another machine: everything anew
  function make() {
    machine = setting.kind === "two" ? twoExplanations(setting.strength) : randomMachine(setting.strength, setting.seed);
    exact = enumerate(machine);
    gaps = Array.from({ length: STATES }, (_, v) => Math.max(...[null, 1, 2].map((seed) => settle(machine, v, exact.logZ, { sweeps: 40, seed }).bounds.at(-1))));
    look();
  }

  // Another picture: settle anew
  function look() {
    joint = exact.joint(setting.v);
    run = settle(machine, setting.v, exact.logZ, { sweeps: SWEEPS, seed: setting.start === "random" ? setting.seed : null });
    chain = gibbs(machine, setting.v, setting.seed);
    visits = new Float32Array(STATES * STATES);
    [steps, sweep, clock] = [0, 0, 0];
    paint();
  }

  function frame(now, seconds) {
    clock += seconds;
    const count = Math.min(200, 2 + Math.floor(steps / 60));
    for (let t = 0; t < count && steps < 200000; t++, steps++) visits[chain.next().value] += 1;
    if (sweep < SWEEPS && clock > SECONDS_A_SWEEP * (sweep < 10 ? 1 : 0.4)) {
      [sweep, clock] = [sweep + 1, 0];
      paint();
    } else if (sweep === SWEEPS && clock > REST && !touched && setting.start === "random") {
      setting.seed = (setting.seed % 1000) + 1; // other starts take other sides; not written into the address
      if (setting.kind === "two") return look();
    }
    if (steps < 200000) paintChain();
  }

  function marginals(p) {
    const means = [new Float32Array(N), new Float32Array(N)];
    p.forEach((q, n) => { for (let i = 0; i < N; i++) { means[0][i] += q * bit(n >> N, i); means[1][i] += q * bit(n, i); } });
    return means;
  }

  function paint() {
    if (!colours || !run) return;
    const q = factorised(run.means[sweep]);
    for (const [name, p] of [["exact", joint], ["field", q]]) paintTiles(at[name], p, { ...MAP, low: 0, high: darkest(), colours: colours.map });
    const logP = exact.logP[setting.v], gap = logP - run.bounds[sweep];
    drawNet(at.net, { machine, v: setting.v, exact: marginals(joint), field: run.means[sweep] }, colours.theme);
    drawBound(at.bound, { bounds: run.bounds.slice(0, sweep + 1), sweeps: SWEEPS, exact: logP }, colours.theme);
    drawAll(at.all, { exact: exact.logP, bounds: gaps, chosen: setting.v }, colours.theme);
    verdict = `log p(v) = ${logP.toFixed(3)}, bound ${run.bounds[sweep].toFixed(3)}: the gap of ${gap.toFixed(3)} nats is KL(q, p(h | v)). `
      + (gap > 0.4 && modes(joint) > 1 ? "The truth is even-handed between explanations; mean field must take a side, and misses the rest." : gap < 0.05 ? "Here mean field is nearly the truth." : "What is missing is that units depend on each other given v.")
      + ` Total variation: mean field ${distance(joint, q).toFixed(2)}`;
    paintChain();
    at.all.setAttribute("aria-valuenow", setting.v + 1);
    at.all.setAttribute("aria-valuetext", `pixels ${bits(setting.v)}: log p(v) ${logP.toFixed(2)}, bound ${gaps[setting.v].toFixed(2)}`);
    root.dataset.gap = gap.toFixed(6);
    root.dataset.sweep = sweep;
  }

  const darkest = () => Math.max(...joint, 0.05);
  const visited = () => visits.map((x) => x / Math.max(1, steps));
  function paintChain() {
    paintTiles(at.chain, visited(), { ...MAP, low: 0, high: darkest(), colours: colours.map });
    at.verdict.textContent = `${verdict}, the chain after ${steps.toLocaleString("en")} sweeps ${distance(joint, visited()).toFixed(2)}.`;
  }

  // --- controls
  const chooseV = (v) => { touched = true; setting.set("v", v); look(); };
  at.net.onclick = (event) => { const i = visibleAt(event, at.net); if (i >= 0) chooseV(setting.v ^ (1 << i)); };
  at.net.onkeydown = (event) => { const i = "1234".indexOf(event.key); if (i >= 0 && event.key) chooseV(setting.v ^ (1 << i)); };
  at.all.onclick = (event) => { const box = at.all.getBoundingClientRect(), v = Math.floor(((event.clientX - box.left - 40) / (box.width - 48)) * STATES); if (v >= 0 && v < STATES) chooseV(v); };
  at.all.onkeydown = (event) => {
    const v = { ArrowLeft: setting.v - 1, ArrowRight: setting.v + 1, Home: 0, End: STATES - 1 }[event.key];
    if (v === undefined) return;
    event.preventDefault();
    if (v >= 0 && v < STATES) chooseV(v);
  };
  oneOf(at, ["two", "anyone"], setting.kind, (kind) => { touched = true; setting.set("kind", kind); make(); });
  oneOf(at, ["doubled", "random"], setting.start, (start) => { touched = true; setting.set("start", start); look(); });
  at.strength.value = setting.strength;
  at.strength.oninput = () => { touched = true; setting.set("strength", Number(at.strength.value)); at.strengthText.textContent = setting.strength.toFixed(2); make(); };
  at.again.onclick = () => { touched = true; look(); play(true); };
  at.anew.onclick = () => { touched = true; setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); make(); play(true); };
  at.step.onclick = () => { touched = true; play(false); sweep = Math.min(SWEEPS, sweep + 1); visits[chain.next().value] += 1; steps += 1; paint(); };
  for (const [name, title] of [["exact", "exactly"], ["field", "in mean field"], ["chain", "in the chain"]]) {
    at[name].onpointermove = (event) => {
      const [h1, h2] = cellAt(event, at[name]), n = (h1 << N) | h2;
      const p = { exact: joint, field: factorised(run.means[sweep]), chain: visited() }[name][n];
      at.mapText.textContent = `h¹ = ${bits(h1)}, h² = ${bits(h2)}: ${p.toFixed(4)} ${title}`;
    };
  }

  const name = () => `dbm-laboratory-v-${bits(setting.v)}-sweep-${sweep}`, maps = () => [joint, factorised(run.means[sweep]), visited()];
  at.save.onclick = () => {
    const canvas = document.createElement("canvas"), all = new Float32Array(3 * STATES * STATES);
    maps().forEach((p, k) => all.set(p, k * STATES * STATES));
    paintTiles(canvas, all, { ...MAP, count: 3, columns: 3, gap: 1, low: 0, high: darkest(), colours: colours.map, background: colours.map[60] });
    savePicture(canvas, `${name()}.png`, 16);
  };
  at.table.onclick = () => {
    const columns = maps();
    saveTable(["h1", "h2", "exact", "mean_field", "chain"], Array.from(joint, (_, n) => [bits(n >> N), bits(n & (STATES - 1)), ...columns.map((p) => p[n].toFixed(6))]), `${name()}.csv`);
  };
  const animation = loop(root, frame);
  const play = playButton(at.play, animation);
  function theme(found) {
    colours = { theme: found, map: ramp(found.paper, found.violet) };
    paint();
  }

  at.strengthText.textContent = setting.strength.toFixed(2);
  theme(page.colours);
  make();
  play(!reducedMotion());
  const announcing = setInterval(() => { at.status.textContent = at.verdict.textContent; }, 10000);
  return { theme, destroy() { clearInterval(announcing); animation.destroy(); } };
});

const bits = (state) => Array.from({ length: N }, (_, i) => bit(state, i)).join("");
const distance = (p, q) => p.reduce((sum, x, n) => sum + Math.abs(x - q[n]), 0) / 2;

// states that hold more than a tenth and beat all states one flip away
function modes(p) {
  const peaks = p.map((x, n) => x > 0.05 && Array.from({ length: 2 * N }, (_, i) => p[n ^ (1 << i)]).every((y) => y <= x));
  return peaks.filter(Boolean).length;
}

function cellAt(event, canvas) {
  const box = canvas.getBoundingClientRect(), cell = (position, start, length) => Math.max(0, Math.min(STATES - 1, Math.floor(((position - start) / length) * STATES)));
  return [cell(event.clientY, box.top, box.height), cell(event.clientX, box.left, box.width)];
}
