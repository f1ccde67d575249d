// Mean field settling. A worker computes both runs for a picture in one go; this module plays them sweep by sweep.

import { component, elements } from "../../kit/component.js";
import { oneOf, playButton } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { drawingPad } from "../../kit/pad.js";
import { paintTiles } from "../../kit/pictures.js";
import { saveModel, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { superscript } from "../stage/tower.js";

const SWEEPS = 16, SECONDS_A_SWEEP = 0.28, REST = 2.5; // seconds before the next digit comes by itself
const STARTS = ["doubled", "random"];

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("settle", {
    model: [settings.chosen, (id) => settings.models.length === 1 || settings.models.some((model) => model.id === id)], digit: [18, 0, 9999], seed: [1, 1, 2 ** 31],
  });
  const images = await testImages(settings.images);
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  let colours, models = [], model, logPartition = null, runs = null, sizes = [], sweep = 0, clock = 0, asked = 0, busy = false, again = false, touched = false, fields = {};

  const pad = drawingPad(at.pad, { onChange: () => { paintPad(); if (ready) { touched = true; ask(); } } });
  let ready = false;
  pad.tool = "ink";

  worker.onmessage = ({ data }) => {
    busy = false;
    if (data.error) {
      at.boundText.textContent = `${model.label} cannot be shown: ${data.error}`;
      return;
    }
    if (again) return ask();
    ({ runs, sizes, logPartition } = data);
    if (asked === "digit") sweep = 0;
    build();
    paint();
  };
  function ask(why = "stroke") {
    asked = why === "digit" || (busy && asked === "digit") ? "digit" : why;
    again = busy;
    if (busy) return;
    busy = true;
    worker.postMessage({ id: 0, url: new URL(model.url, location.href).href, v: pad.values.map((x) => (x > 0.5 ? 1 : 0)), numIterations: SWEEPS, seed: setting.seed });
  }

  // one row of canvases per layer and start
  function build() {
    if (fields.sizes === sizes.join()) return;
    fields = { sizes: sizes.join() };
    for (const start of STARTS) {
      at[start].replaceChildren();
      fields[start] = [];
      for (let l = sizes.length - 1; l >= 0; l--) {
        const row = document.createElement("div"), text = document.createElement("p"), name = document.createElement("span"), canvas = document.createElement("canvas");
        row.className = "field";
        text.className = "caption";
        name.className = l ? `hidden-${Math.min(l, 3)}` : "visible";
        name.textContent = l ? `μ${superscript(l)}` : "v̂";
        text.append(name, l ? ` ${sizes[l]}` : " told by μ¹");
        canvas.className = l ? "pixels" : "pixels foot";
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", l ? `Means of hidden layer ${l}` : "The picture that the first hidden layer's means speak of");
        row.append(text, canvas);
        at[start].append(row);
        fields[start][l] = canvas;
      }
    }
  }

  function frame(now, seconds) {
    if (!runs) return;
    clock += seconds;
    if (sweep < SWEEPS && clock > SECONDS_A_SWEEP * (sweep < 6 ? 1.6 : 0.6)) {
      clock = 0;
      sweep += 1;
      paint();
    } else if (sweep === SWEEPS && clock > REST && !touched) {
      clock = 0;
      show(setting.digit + 1, false);
    }
  }

  // a digit that comes by itself does not go into the address
  function show(digit, chosen = true) {
    if (chosen) setting.set("digit", digit % images.count);
    else setting.digit = digit % images.count;
    ready = false;
    pad.set(images.image(setting.digit).map((x) => (x > 0.5 ? 1 : 0)));
    ready = true;
    ask("digit");
  }

  const value = (start, t) => runs[start].bounds[t] - (logPartition ?? 0);

  function paint() {
    if (!runs || !colours) return;
    for (const start of STARTS) {
      const { means, pixels } = runs[start];
      paintTiles(fields[start][0], pixels[sweep], { count: 1, colours: colours.ink });
      means[sweep].forEach((x, i) => paintUnits(fields[start][i + 1], x, colours.layers[Math.min(i, 2)]));
      const moved = sweep ? Math.max(...means[sweep].map((x, i) => x.reduce((most, p, k) => Math.max(most, Math.abs(p - means[sweep - 1][i][k])), 0))) : null;
      at[`${start}Text`].textContent = `sweep ${sweep}: ${logPartition === null ? "bound + log Z" : "log p(v) ≥"} ${value(start, sweep).toFixed(2)}` + (moved === null ? "" : `; ${moved < 0.0005 ? "nobody moves any more" : `the unit that moved most moved by ${moved.toFixed(3)}`}`);
    }
    at.sweep.value = sweep;
    at.sweepText.textContent = sweep;
    root.dataset.sweep = sweep;
    chart();
  }

  // Both curves from their start to this sweep. The starts lie far below: the axis shows the last stretch.
  function chart() {
    const best = Math.max(...STARTS.map((start) => value(start, SWEEPS))), worst = Math.min(...STARTS.map((start) => value(start, 1)));
    const low = best - 2.5 * Math.max(1, best - worst), high = best + 0.08 * (best - low);
    const ratio = devicePixelRatio || 1, box = at.chart.getBoundingClientRect(), [w, h] = [box.width, box.height];
    at.chart.width = Math.round(w * ratio);
    at.chart.height = Math.round(h * ratio);
    const context = at.chart.getContext("2d");
    context.scale(ratio, ratio);
    const x = (t) => 52 + (t / SWEEPS) * (w - 64), y = (b) => h - 20 - ((Math.max(b, low) - low) / (high - low)) * (h - 30);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = colours.theme.gray;
    context.strokeStyle = colours.theme.line;
    context.textAlign = "right";
    for (let k = 0; k <= 3; k++) {
      const b = low + ((best - low) * k) / 3;
      context.fillText(b.toFixed(1), 46, y(b) + 4);
      context.beginPath();
      context.moveTo(52, y(b));
      context.lineTo(w - 12, y(b));
      context.stroke();
    }
    context.textAlign = "center";
    for (let t = 0; t <= SWEEPS; t += 2) context.fillText(String(t), x(t), h - 4);
    STARTS.forEach((start) => {
      context.strokeStyle = context.fillStyle = start === "doubled" ? colours.theme.blue : colours.theme.gray;
      context.lineWidth = 2;
      context.beginPath();
      for (let t = 0; t <= sweep; t++) context.lineTo(x(t), y(value(start, t)));
      context.stroke();
      context.beginPath();
      context.arc(x(sweep), y(value(start, sweep)), 4, 0, 7);
      context.fill();
    });
    const ahead = runs.random.bounds.findIndex((b) => b >= runs.doubled.bounds[0]);
    at.chart.setAttribute("aria-label", `The bound over ${sweep} sweeps: doubled start ${value("doubled", 0).toFixed(1)} to ${value("doubled", sweep).toFixed(1)}, random start ${value("random", 0).toFixed(1)} to ${value("random", sweep).toFixed(1)} nats`);
    at.boundText.textContent = `random starts ${(runs.doubled.bounds[0] - runs.random.bounds[0]).toFixed(0)} nats lower` + (ahead > 0 ? ` and needs ${ahead} sweep${ahead > 1 ? "s" : ""} to reach where doubled begins` : "");
  }

  function paintUnits(canvas, x, lut) {
    paintTiles(canvas, Float32Array.from({ length: x.length * 9 }, (_, k) => x[Math.floor(k / 9)]), { count: x.length, width: 3, height: 3, columns: 50, gap: 1, colours: lut, background: colours.gap });
  }
  function paintPad() {
    if (colours) paintTiles(at.pad, pad.values, { count: 1, colours: colours.held });
  }

  // --- controls
  oneOf(at, ["ink", "paper"], "ink", (tool) => { pad.tool = tool; });
  at.digit.onclick = () => { touched = true; show(setting.digit + 1); };
  at.half.onclick = () => { touched = true; pad.set(pad.values.map((p, i) => (i < PIXELS / 2 ? p : 0))); };
  at.step.onclick = () => { touched = true; play(false); sweep = Math.min(SWEEPS, sweep + 1); paint(); };
  at.sweep.oninput = () => { touched = true; play(false); sweep = Number(at.sweep.value); paint(); };
  at.again.onclick = () => { touched = true; sweep = 0; play(true); };
  at.anew.onclick = () => { touched = true; setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); ask("digit"); play(true); };
  at.model.onchange = () => { model = models.find(({ id }) => id === at.model.value); setting.set("model", model.id); ask("digit"); };
  at.save.onclick = () => runs && saveTable(["sweep", ...STARTS], runs.doubled.bounds.map((_, t) => [t, ...STARTS.map((start) => value(start, t))]), `dbm-mean-field-digit-${setting.digit}.csv`);

  at.keep.onclick = () => saveModel(model.url, model.id.startsWith("dbm-") ? model.id : `dbm-${model.id}`);
  const animation = loop(root, frame);
  const play = playButton(at.play, animation);
  at.play.onclick = () => { if (!animation.running && sweep === SWEEPS) sweep = 0; play(!animation.running); };
  function theme(found) {
    colours = {
      theme: found, ink: ramp(found.paper, found.ink), held: ramp(found.paper, found.blue), gap: ramp(found.paper, found.ink)[12],
      layers: [found.orange, found.violet, found.green].map((hue) => ramp(found.paper, hue)),
    };
    paintPad();
    paint();
  }
  function update(next) {
    models = next.models;
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    model = models.find(({ id }) => id === (model?.id ?? setting.model)) ?? models[0];
    at.model.value = model.id;
    if (!runs) show(setting.digit);
  }

  theme(page.colours);
  update(settings);
  play(!reducedMotion());
  const announcing = setInterval(() => { at.status.textContent = runs ? `Sweep ${sweep}. ${at.doubledText.textContent}` : ""; }, 10000);
  return { update, theme, destroy() { clearInterval(announcing); animation.destroy(); worker.terminate(); } };
});
