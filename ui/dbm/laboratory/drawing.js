// What the laboratory draws with lines: the machine, the bound, all pictures at once.

import { bit, N, STATES } from "./machine.js";

function begin(canvas) {
  const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect(), [w, h] = [Math.max(80, box.width), Math.max(60, box.height)];
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "12px system-ui, sans-serif";
  return { context, w, h };
}

const place = (w, h, layer, i) => [w * (0.14 + (0.72 * (i + 0.5)) / N), h * (0.86 - 0.36 * layer)];
const RADIUS = 17;

export function drawNet(canvas, { machine, v, exact, field }, theme) {
  const { context, w, h } = begin(canvas), most = Math.max(...machine.weights.flatMap((W) => [...W].map(Math.abs)), 1e-6);
  machine.weights.forEach((W, l) => W.forEach((weight, n) => {
    const [x0, y0] = place(w, h, l, n >> 2), [x1, y1] = place(w, h, l + 1, n & 3);
    context.strokeStyle = weight > 0 ? theme.orange : theme.blue;
    context.globalAlpha = 0.12 + 0.5 * (Math.abs(weight) / most);
    context.lineWidth = 0.4 + 3 * (Math.abs(weight) / most);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  }));
  context.globalAlpha = 1;
  const hues = [theme.blue, theme.orange, theme.violet];
  for (let layer = 0; layer < 3; layer++) {
    for (let i = 0; i < N; i++) {
      const [x, y] = place(w, h, layer, i);
      const halves = layer ? [exact[layer - 1][i], field[layer - 1][i]] : [bit(v, i), bit(v, i)];
      halves.forEach((p, side) => {
        context.beginPath();
        context.arc(x, y, RADIUS, Math.PI / 2, (3 * Math.PI) / 2, side === 1);
        context.closePath();
        context.fillStyle = theme.paper;
        context.fill();
        context.globalAlpha = p;
        context.fillStyle = hues[layer];
        context.fill();
        context.globalAlpha = 1;
      });
      context.lineWidth = 1.5;
      context.strokeStyle = hues[layer];
      context.beginPath();
      context.arc(x, y, RADIUS, 0, 7);
      context.stroke();
      if (!layer) continue;
      context.beginPath();
      context.moveTo(x, y - RADIUS);
      context.lineTo(x, y + RADIUS);
      context.stroke();
    }
    context.fillStyle = hues[layer];
    context.textAlign = "left";
    context.fillText(["v", "h¹", "h²"][layer], 4, place(w, h, layer, 0)[1] + 4);
  }
}

// index of the visible unit under a pointer, or -1
export function visibleAt(event, canvas) {
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
  return Array.from({ length: N }, (_, i) => place(box.width, box.height, 0, i)).findIndex(([cx, cy]) => Math.hypot(x - cx, y - cy) < RADIUS + 10);
}

export function drawBound(canvas, { bounds, sweeps, exact }, theme) {
  const { context, w, h } = begin(canvas), low = Math.min(exact - 1.2, ...bounds.slice(1), bounds.at(-1)) - 0.1, high = exact + 0.15;
  const x = (t) => 44 + (t / sweeps) * (w - 56), y = (b) => h - 20 - ((Math.max(b, low) - low) / (high - low)) * (h - 30);
  context.fillStyle = theme.gray;
  context.textAlign = "right";
  for (let k = 0; k <= 3; k++) context.fillText((low + ((exact - low) * k) / 3).toFixed(2), 40, y(low + ((exact - low) * k) / 3) + 4);
  context.textAlign = "center";
  for (let t = 0; t <= sweeps; t += 6) context.fillText(String(t), x(t), h - 4);
  context.fillStyle = theme.violet;
  context.globalAlpha = 0.12;
  context.fillRect(x(0), y(exact), x(sweeps) - x(0), y(bounds.at(-1)) - y(exact)); // the gap
  context.globalAlpha = 1;
  line(context, [[x(0), y(exact)], [x(sweeps), y(exact)]], theme.blue);
  line(context, bounds.map((b, t) => [x(t), y(b)]), theme.violet);
  context.fillStyle = theme.violet;
  context.beginPath();
  context.arc(x(bounds.length - 1), y(bounds.at(-1)), 4, 0, 7);
  context.fill();
  context.textAlign = "right";
  context.fillStyle = theme.blue;
  context.fillText("exact log p(v)", w - 14, y(exact) - 5);
  context.fillStyle = theme.violet;
  context.fillText(`gap ${(exact - bounds.at(-1)).toFixed(3)}`, w - 14, Math.max(y(exact) + 15, (y(exact) + y(bounds.at(-1))) / 2 + 4));
}

export function drawAll(canvas, { exact, bounds, chosen }, theme) {
  const { context, w, h } = begin(canvas), low = Math.min(...bounds) - 0.3, high = Math.max(...exact) + 0.2, slot = (w - 48) / STATES;
  const y = (b) => h - 24 - ((b - low) / (high - low)) * (h - 34);
  context.fillStyle = theme.gray;
  context.textAlign = "right";
  for (let k = 0; k <= 3; k++) context.fillText((low + ((high - low) * k) / 3).toFixed(1), 36, y(low + ((high - low) * k) / 3) + 4);
  for (let v = 0; v < STATES; v++) {
    const x = 40 + (v + 0.5) * slot;
    if (v === chosen) {
      context.fillStyle = theme.line;
      context.fillRect(x - slot / 2, 0, slot, h);
    }
    line(context, [[x, y(exact[v])], [x, y(bounds[v])]], theme.violet);
    for (const [value, hue] of [[exact[v], theme.blue], [bounds[v], theme.violet]]) {
      context.fillStyle = hue;
      context.beginPath();
      context.arc(x, y(value), 4, 0, 7);
      context.fill();
    }
    const square = slot < 30, side = square ? 6 : 7; // in a narrow column the four pixels stand two by two
    for (let i = 0; i < N; i++) {
      context.fillStyle = bit(v, i) ? theme.ink : v === chosen ? theme.paper : theme.line;
      const [column, row] = square ? [(i % 2) - 1, i >> 1] : [i - 2, 0];
      context.fillRect(x + column * side, h - 14 + row * side, side - 1, side - 1);
    }
  }
}

function line(context, points, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
}
