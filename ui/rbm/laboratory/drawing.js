// The laboratory's pictures: weights to take hold of, ranked states with their bars, curves. Sharp on dense displays.

export function sharp(canvas, width, height) {
  const ratio = devicePixelRatio || 1, w = Math.round(width * ratio), h = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function drawNote(canvas, text, colours, height) {
  const width = canvas.clientWidth, context = sharp(canvas, width, height), words = text.split(" "), lines = [""];
  context.font = "13px system-ui, sans-serif";
  context.fillStyle = colours.gray;
  context.textAlign = "center";
  for (const word of words) {
    if (context.measureText(`${lines.at(-1)} ${word}`).width > width - 40) lines.push("");
    lines[lines.length - 1] += ` ${word}`;
  }
  lines.forEach((line, at) => context.fillText(line.trim(), width / 2, height / 2 + 20 * (at - lines.length / 2)));
}

export const css = (packed) => `rgb(${packed & 255},${(packed >> 8) & 255},${(packed >> 16) & 255})`;
export const minus = (text) => text.replace("-", "−");
export const level = (value, scale) => Math.max(0, Math.min(255, Math.round(127.5 + (127.5 * value) / scale)));

// Where every weight and bias lies: tile 0 holds the visible biases, tile j + 1 hidden unit j with its bias below.
// A cell is {kind: "W" | "b" | "c", i, j, x, y, size}.
export function weightCells(side, numHidden, width) {
  const tiles = numHidden + 1, most = width < 420 ? 800 : 430; // on a phone rather tall than too small for a finger
  let best = null;
  for (let columns = 1; columns <= tiles; columns++) {
    const cell = Math.min(44, Math.floor(((width + 10) / columns - 10) / side)), rows = Math.ceil(tiles / columns);
    const height = rows * ((side + 1) * cell + 30);
    if (cell < 4) continue;
    const fits = height <= most, larger = cell > best?.cell || (cell === best?.cell && height < best.height);
    if (!best || (fits && larger) || (best.height > most && height < best.height)) best = { columns, cell, height };
  }
  const { columns, cell, height } = best, cells = [];
  for (let tile = 0; tile < tiles; tile++) {
    const left = (tile % columns) * (side * cell + 10), top = Math.floor(tile / columns) * ((side + 1) * cell + 30) + 16;
    for (let i = 0; i < side * side; i++) {
      const place = { i, x: left + (i % side) * cell, y: top + Math.floor(i / side) * cell, size: cell };
      cells.push(tile ? { kind: "W", j: tile - 1, ...place } : { kind: "b", j: -1, ...place });
    }
    if (tile) cells.push({ kind: "c", i: -1, j: tile - 1, x: left, y: top + side * cell + 4, size: cell });
  }
  return { cells, height, cell, side };
}

export function drawWeights(canvas, layout, machine, chosen, { colours, signed, scale }) {
  const context = sharp(canvas, canvas.clientWidth, layout.height), m = machine.c.length;
  context.font = "11px system-ui, sans-serif";
  for (const cell of layout.cells) {
    const { kind, i, j, x, y, size } = cell, value = kind === "W" ? machine.W[i * m + j] : kind === "b" ? machine.b[i] : machine.c[j];
    context.fillStyle = css(signed[level(value, scale)]);
    if (kind === "c") {
      context.beginPath();
      context.arc(x + size / 2, y + size / 2, size / 2 - 2, 0, 2 * Math.PI);
      context.fill();
      context.strokeStyle = colours.orange;
      context.lineWidth = 1.5;
      context.stroke();
      context.fillStyle = colours.gray;
      context.textBaseline = "middle";
      if (layout.side * size > size + 34) context.fillText(minus(value.toFixed(2)), x + size + 5, y + size / 2);
    } else {
      context.fillRect(x + 0.5, y + 0.5, size - 1, size - 1);
      context.strokeStyle = kind === "b" ? colours.blue : colours.line;
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    }
    if (i === 0) {
      context.fillStyle = kind === "b" ? colours.blue : colours.orange;
      context.textBaseline = "bottom";
      context.fillText(kind === "b" ? "b" : `h${j + 1}`, x, y - 2);
    }
  }
  const { x, y, size } = layout.cells[chosen];
  context.strokeStyle = colours.primary;
  context.lineWidth = 2.5;
  context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
}

// The likeliest states, each a picture with two bars on it: hollow = exact, filled = how often the chains were there.
export function drawStates(canvas, { side, best, p, counts, total, isData, columns, log }, colours) {
  const width = canvas.clientWidth, slot = width / columns, rows = Math.ceil(best.length / columns);
  const { picture, barHeight, row } = statesLayout(slot, rows, side), pixel = picture / side;
  const context = sharp(canvas, width, rows * row), top = Math.max(p[best[0]], 1e-12) * 1.15;
  // a logarithmic bar begins at a millionth
  const share = (value) => (log ? Math.max(0, 1 + Math.log10(Math.max(value, 1e-9)) / 6) / (1 + Math.log10(top) / 6) : value / top);
  const tall = (value) => Math.min(1.1, share(value)) * (barHeight - 6);
  best.forEach((state, rank) => {
    const x = Math.round((rank % columns) * slot + (slot - picture) / 2), base = Math.floor(rank / columns) * row + barHeight;
    const exact = tall(p[state]), seen = total ? tall(counts[state] / total) : 0;
    context.fillStyle = colours.orange;
    context.globalAlpha = 0.75;
    context.fillRect(x + 3, base - seen, picture - 6, seen);
    context.globalAlpha = 1;
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.25;
    context.strokeRect(x + 0.5, base - exact, picture - 1, exact);
    const y = base + 5;
    context.fillStyle = colours.paper;
    context.fillRect(x, y, picture, picture);
    context.fillStyle = colours.ink;
    for (let i = 0; i < side * side; i++) {
      if ((state >> i) & 1) context.fillRect(x + (i % side) * pixel, y + Math.floor(i / side) * pixel, pixel, pixel);
    }
    context.strokeStyle = isData.has(state) ? colours.blue : colours.line;
    context.lineWidth = isData.has(state) ? 2 : 1;
    context.strokeRect(x, y, picture, picture);
  });
}

function statesLayout(slot, rows, side) {
  const picture = side * Math.floor(Math.min(slot - 6, 44) / side), barHeight = { 1: 230, 2: 120, 3: 74 }[rows] ?? 46;
  return { picture, barHeight, row: barHeight + picture + 16 };
}

export function stateAt(event, canvas, { best, columns, side }) {
  const box = canvas.getBoundingClientRect(), slot = box.width / columns, rows = Math.ceil(best.length / columns);
  const { row } = statesLayout(slot, rows, side);
  return best[Math.floor((event.clientY - box.top) / row) * columns + Math.floor((event.clientX - box.left) / slot)];
}

// Curves over a common axis: curves [{xs, ys, colour, dashed, width}], marks [{y, label, colour}]; axes {x: [low, high], y: [low, high], log, unit}.
export function drawCurves(canvas, curves, { x, y, log = false, marks = [], colours, format = String, height = 190 }) {
  const width = canvas.clientWidth, context = sharp(canvas, width, height);
  const left = 46, right = width - 8, top = 8, bottom = height - 20, f = log ? Math.log10 : (value) => value;
  const px = (value) => left + ((f(value) - f(x[0])) / (f(x[1]) - f(x[0]))) * (right - left);
  const py = (value) => bottom - ((f(value) - f(y[0])) / (f(y[1]) - f(y[0]))) * (bottom - top);
  context.font = "11px system-ui, sans-serif";
  context.strokeStyle = colours.line;
  context.fillStyle = colours.gray;
  context.lineWidth = 1;
  for (const value of ticks(y, log)) {
    context.beginPath();
    context.moveTo(left, py(value));
    context.lineTo(right, py(value));
    context.stroke();
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(format(value), left - 5, py(value));
  }
  context.textBaseline = "top";
  for (const value of ticks(x, log)) {
    context.textAlign = value === x[0] ? "left" : px(value) > right - 20 ? "right" : "center";
    context.fillText(value >= 1000 ? `${value / 1000} k`.replace("1000 k", "1 M") : value, px(value), bottom + 5);
  }
  for (const { y: value, label, colour } of marks) {
    line(context, [[left, py(value)], [right, py(value)]], colour, 1.25, true);
    context.fillStyle = colour;
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillText(label, right, py(value) - 2);
  }
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left + 2, bottom + 1);
  context.clip();
  for (const { xs, ys, colour, dashed = false, width: thick = 1.75 } of curves) {
    line(context, xs.map((value, at) => [px(value), py(Math.max(ys[at], log ? y[0] / 10 : -1e9))]), colour, thick, dashed);
  }
  context.restore();
}

function line(context, points, colour, width, dashed) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dashed ? [5, 4] : []);
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  context.setLineDash([]);
}

function ticks([low, high], log) {
  if (log) {
    const from = Math.ceil(Math.log10(low) - 1e-9), to = Math.floor(Math.log10(high) + 1e-9);
    return Array.from({ length: to - from + 1 }, (_, k) => 10 ** (from + k)).map((value) => Number(value.toPrecision(1)));
  }
  const rough = (high - low) / 4, unit = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((s) => s * unit >= rough) * unit;
  const from = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - from + 1 }, (_, k) => Number(((from + k) * step).toPrecision(6)));
}
