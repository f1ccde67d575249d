// Training by the exact gradient, CD-k or PCD-k, with the exact likelihood as the curve. The last run of each method stays for comparison.

import { savePicture, saveTable } from "../../kit/save.js";
import { drawCurves, minus } from "./drawing.js";

const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], METHODS = ["exact", "cd", "pcd"];
const MAX_UPDATES = 3000, UPDATES_A_SECOND = 200, MILLISECONDS_A_FRAME = 9;

export function trainingPanel(lab) {
  const { at, setting } = lab;
  const runs = {};
  let due = 0;
  const panel = { running: false, begin, advance, paint, start, stop };

  function begin() {
    stop();
    for (const method of METHODS) delete runs[method];
    record(setting.method, lab.learner.likelihood());
  }
  function record(method, likelihood) {
    const run = (runs[method] ??= { xs: [], ys: [], k: setting.k, rate: RATES[setting.rate] });
    if (run.xs.at(-1) === lab.learner.updates) return;
    run.xs.push(lab.learner.updates);
    run.ys.push(likelihood);
  }
  const rate = () => RATES[setting.rate] * (setting.schedule === "falling" ? Math.max(0, 1 - lab.learner.updates / MAX_UPDATES) : 1);
  function update() {
    record(setting.method, lab.learner.step(setting.method, setting.k, rate()));
  }
  function advance(seconds) {
    due = Math.min(due + UPDATES_A_SECOND * seconds, 30);
    const until = performance.now() + MILLISECONDS_A_FRAME;
    for (; due >= 1 && lab.learner.updates < MAX_UPDATES && performance.now() < until; due--) update();
    if (lab.learner.updates >= MAX_UPDATES) stop();
  }
  function start() {
    if (lab.learner.updates >= MAX_UPDATES) restart();
    panel.running = true;
    show();
    lab.animate();
  }
  function stop() {
    if (panel.running) lab.changed();
    panel.running = false;
    show();
    lab.animate?.();
  }
  // The weights that this machine began with, so that methods can be compared.
  function restart() {
    for (const part of ["W", "b", "c"]) lab.learner.machine[part].set(lab.learner.begun[part]);
    lab.learner.particles.reset();
    lab.learner.updates = 0;
    delete runs[setting.method];
    record(setting.method, lab.learner.likelihood());
    lab.changed();
  }
  function show() {
    at.train.textContent = panel.running ? "Pause" : "Train";
    at.train.setAttribute("aria-pressed", String(panel.running));
    for (const method of METHODS) at[method].setAttribute("aria-pressed", String(method === setting.method));
    at.k.value = setting.k;
    at.k.disabled = setting.method === "exact";
    at.kText.textContent = setting.k;
    at.cd.textContent = `CD-${setting.k}`;
    at.pcd.textContent = `PCD-${setting.k}`;
    at.rate.value = setting.rate;
    at.rateText.textContent = RATES[setting.rate];
    for (const schedule of ["falling", "constant"]) at[schedule].setAttribute("aria-pressed", String(schedule === setting.schedule));
  }
  function paint() {
    const { colours, learner } = lab, ceiling = -Math.log(learner.data.length);
    const now = runs[setting.method]?.ys.at(-1) ?? learner.likelihood();
    at.updatesText.textContent = `${learner.updates} updates: ${minus(now.toFixed(3))} nats, ${(ceiling - now).toFixed(3)} below the best possible`;
    const hue = { exact: colours.ink, cd: colours.green, pcd: colours.violet };
    const curves = METHODS.filter((method) => runs[method]).map((method) => ({ ...runs[method], colour: hue[method], width: method === setting.method ? 2.25 : 1.25 }));
    const lowest = Math.max(ceiling * 4, Math.min(-learner.numVisible * Math.log(2), ...curves.flatMap(({ ys }) => [ys[0], ys.at(-1)])) - 0.3);
    const longest = Math.max(200, ...curves.map(({ xs }) => xs.at(-1)));
    drawCurves(at.curve, curves.map(thinned), {
      x: [0, longest], y: [lowest, ceiling + 0.16 * (ceiling - lowest)], colours, format: (value) => minus(value.toFixed(1)),
      marks: [{ y: ceiling, label: `−log ${learner.data.length} = ${minus(ceiling.toFixed(3))}: all ${learner.data.length} equally likely, nothing else`, colour: colours.blue }],
    });
  }
  const thinned = (curve) => {
    const every = Math.ceil(curve.xs.length / 600), keep = (_, at) => at % every === 0 || at === curve.xs.length - 1;
    return { ...curve, xs: curve.xs.filter(keep), ys: curve.ys.filter(keep) };
  };

  for (const method of METHODS) {
    at[method].onclick = () => {
      if (method === setting.method) return;
      const running = panel.running;
      setting.set("method", method);
      restart(); // from the same weights: otherwise the curves say nothing about the methods
      show();
      if (running) start();
      lab.repaint();
    };
  }
  at.k.oninput = () => { setting.set("k", Number(at.k.value)); show(); lab.repaint(); };
  at.rate.oninput = () => { setting.set("rate", Number(at.rate.value)); show(); };
  for (const schedule of ["falling", "constant"]) at[schedule].onclick = () => { setting.set("schedule", schedule); show(); };
  at.train.onclick = () => { if (panel.running) stop(); else start(); lab.repaint(); };
  at.one.onclick = () => { stop(); if (lab.learner.updates >= MAX_UPDATES) restart(); update(); lab.changed(); lab.repaint(); };
  at.restart.onclick = () => { restart(); lab.repaint(); };
  at.table.onclick = () => {
    const rows = METHODS.flatMap((method) => (runs[method]?.xs ?? []).map((x, i) => [method, runs[method].k, runs[method].rate, x, runs[method].ys[i]]));
    saveTable(["method", "k", "learning_rate", "update", "exact_log_likelihood"], rows, named("training", "csv"));
  };
  at.save.onclick = () => savePicture(at.states, named("pictures", "png"), 1, lab.colours.surface);
  const named = (what, ending) => `exact-rbm-${lab.learner.side}x${lab.learner.side}-${lab.learner.numHidden}-hidden-${what}-seed-${setting.seed}-update-${lab.learner.updates}.${ending}`;
  show();
  return panel;
}
