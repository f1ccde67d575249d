// Curves that grow while one watches: a few plots, several named series each, axes with units, a reading under the finger.
//
// settings: {plots: [{title, unit, series: [{label, hue, updates: [], values: []}]}], phases: [[update, name]], end: last update}

import { component } from "../../kit/component.js";

const MARGIN = { left: 46, right: 10, top: 8, bottom: 30 };
const FONT = "11px system-ui, sans-serif";

export default component((root, settings, page) => {
  const holder = root.querySelector("[data-id=plots]");
  let plots = [], shown = settings;
  const observer = new ResizeObserver(() => plots.forEach((plot) => plot.draw(shown, page.colours)));
  observer.observe(root);

  function update(newSettings) {
    shown = newSettings;
    while (plots.length > shown.plots.length) plots.pop().figure.remove();
    while (plots.length < shown.plots.length) plots.push(makePlot(holder, plots.length, () => [shown, page.colours]));
    plots.forEach((plot) => plot.draw(shown, page.colours));
  }
  return { update, theme: () => plots.forEach((plot) => plot.draw(shown, page.colours)), destroy: () => observer.disconnect() };
});

function makePlot(holder, index, current) {
  const figure = document.createElement("figure");
  figure.className = "panel";
  figure.innerHTML = `<h3></h3><div class="legend"></div><canvas role="img" tabindex="0"></canvas>`;
  holder.append(figure);
  const [heading, legend, canvas] = figure.children;
  let under = null; // the update that is being read, or null for the newest
  const redraw = () => draw(...current());

  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect(), [settings] = current();
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    under = Math.max(0, Math.min(1, share)) * lastUpdate(settings);
    redraw();
  });
  for (const away of ["pointerleave", "blur"]) canvas.addEventListener(away, () => { under = null; redraw(); });
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (!move) return;
    event.preventDefault();
    const end = lastUpdate(current()[0]);
    under = Math.max(0, Math.min(end, (under ?? end) + move * end));
    redraw();
  });

  function draw(settings, colours) {
    const plot = settings.plots[index];
    if (!plot) return;
    heading.textContent = plot.title;
    legend.replaceChildren(...plot.series.map((line) => {
      const entry = document.createElement("span"), number = document.createElement("b");
      entry.style.setProperty("--hue", colours[line.hue]);
      entry.textContent = line.label;
      number.className = "number";
      number.textContent = reading(line, under);
      entry.append(number);
      return entry;
    }));
    const now = plot.series.map((line) => `${line.label} ${reading(line, under)}`).join(", ");
    canvas.setAttribute("aria-label", `${plot.title}, in ${plot.unit}, over updates: ${now}`);
    paint(canvas, plot, settings, colours, under);
  }
  return { figure, draw };
}

const lastUpdate = (settings) => {
  const ends = settings.plots.flatMap((plot) => plot.series.map((line) => line.updates.at(-1) ?? 0));
  return Math.max(1, ...ends);
};

function nearest(line, update) {
  if (update === null) return line.values.length - 1;
  let best = 0;
  line.updates.forEach((x, i) => { if (Math.abs(x - update) < Math.abs(line.updates[best] - update)) best = i; });
  return best;
}

function reading(line, update) {
  const value = line.values[nearest(line, update)];
  return value === undefined || value === null ? "–" : short(value);
}

function paint(canvas, plot, settings, colours, under) {
  const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  if (box.width < 80) return;
  const size = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, box.width, box.height);
  const values = plot.series.flatMap((line) => line.values).filter((value) => value !== null);
  const end = lastUpdate(settings);
  let low = Math.min(...values), high = Math.max(...values);
  if (!values.length) [low, high] = [0, 1];
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const steps = ticks(low, high, 4);
  [low, high] = [Math.min(low, steps[0]), Math.max(high, steps.at(-1))];
  const right = box.width - MARGIN.right, bottom = box.height - MARGIN.bottom;
  const x = (update) => MARGIN.left + (update / end) * (right - MARGIN.left);
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - MARGIN.top);

  context.font = FONT;
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.fillStyle = colours.gray;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of steps) {
    line(context, [[MARGIN.left, y(value)], [right, y(value)]]);
    context.fillText(short(value), MARGIN.left - 6, y(value));
  }
  context.textBaseline = "top";
  for (const update of ticks(0, end, 4)) {
    if (update > end) continue;
    context.textAlign = update === 0 ? "left" : x(update) > right - 20 ? "right" : "center";
    context.fillText(Math.round(update).toLocaleString("en"), x(update), bottom + 4);
  }
  context.textAlign = "right";
  context.fillText("updates", right, bottom + 17);
  context.textAlign = "left";
  context.fillText(plot.unit, 2, bottom + 17);
  context.setLineDash([3, 3]);
  for (const [update, name] of settings.phases.slice(1)) {
    if (update > end) continue;
    line(context, [[x(update), MARGIN.top], [x(update), bottom]]);
    context.fillText(name, x(update) + 3, MARGIN.top);
  }
  context.setLineDash([]);

  context.lineWidth = 1.75;
  context.lineJoin = "round";
  for (const { hue, updates, values } of plot.series) {
    context.strokeStyle = context.fillStyle = colours[hue];
    const points = values.map((value, i) => value !== null && [x(updates[i]), y(value)]).filter(Boolean);
    line(context, points);
    if (points.length) dot(context, points.at(-1));
  }
  if (under === null) return;
  context.lineWidth = 1;
  context.strokeStyle = colours.gray;
  line(context, [[x(under), MARGIN.top], [x(under), bottom]]);
  for (const series of plot.series) {
    const i = nearest(series, under);
    context.fillStyle = colours[series.hue];
    if (series.values[i] !== null && i >= 0) dot(context, [x(series.updates[i]), y(series.values[i])], 3.5);
  }
  context.fillStyle = colours.ink;
  context.textAlign = x(under) > box.width / 2 ? "right" : "left";
  context.fillText(` update ${Math.round(under).toLocaleString("en")} `, x(under), bottom - 14);
}

function line(context, points) {
  context.beginPath();
  points.forEach(([px, py], i) => (i ? context.lineTo(px, py) : context.moveTo(px, py)));
  context.stroke();
}

function dot(context, [px, py], radius = 2.5) {
  context.beginPath();
  context.arc(px, py, radius, 0, 2 * Math.PI);
  context.fill();
}

// about `count` round numbers that lie in or just around low..high
export function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-6), last = Math.floor(high / step + 1e-6);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

export function short(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(1);
  return String(Number(value.toPrecision(size >= 1000 ? 5 : 4)));
}
