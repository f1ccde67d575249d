// The pictures of the game: arrays -> canvas.

import { diverging, ramp, rgb } from "../../kit/theme.js";
import { generatorLoss } from "./players.js";

/** A canvas as sharp as the display; returns its context, scaled to CSS pixels, and its size. */
export function fit(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 2), box = canvas.getBoundingClientRect();
  const width = Math.max(40, Math.round(box.width)), height = Math.max(40, Math.round(box.height));
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

export function palette(theme) {
  const mix = (a, b, t) => { const [x, y] = [rgb(a), rgb(b)]; return `rgb(${x.map((v, i) => Math.round(v + (y[i] - v) * t)).join(",")})`; };
  return { ...theme, field: diverging(mix(theme.paper, theme.orange, 0.44), theme.paper, mix(theme.paper, theme.blue, 0.44)), grey: ramp(theme.paper, theme.ink) };
}

const small = document.createElement("canvas");

/** What D thinks of every place, smoothly, and in violet where it cannot tell. probability: logit -> [0, 1]. */
export function drawField({ context, width }, field, side, colours, probability) {
  small.width = small.height = side;
  const inner = small.getContext("2d"), image = inner.createImageData(side, side), pixels = new Uint32Array(image.data.buffer);
  const p = Float32Array.from(field, probability);
  p.forEach((value, i) => { pixels[i] = colours.field[Math.max(0, Math.min(255, Math.round(255 * value)))]; });
  inner.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, width, width);
  context.strokeStyle = colours.violet;
  context.lineWidth = 2;
  context.beginPath();
  contour(p, side, 0.5, width, context);
  context.stroke();
}

// Marching squares: the level line through a square field, cell by cell.
function contour(p, side, level, width, context) {
  const scale = width / side, at = (r, c) => p[r * side + c] - level;
  for (let r = 0; r + 1 < side; r++) {
    for (let c = 0; c + 1 < side; c++) {
      const corners = [at(r, c), at(r, c + 1), at(r + 1, c + 1), at(r + 1, c)], places = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]], cuts = [];
      for (let k = 0; k < 4; k++) {
        const a = corners[k], b = corners[(k + 1) % 4];
        if (a < 0 === b < 0) continue;
        const t = a / (a - b), [x, y] = places[k], [u, v] = places[(k + 1) % 4];
        cuts.push([(x + (u - x) * t + 0.5) * scale, (y + (v - y) * t + 0.5) * scale]);
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) { context.moveTo(...cuts[k]); context.lineTo(...cuts[k + 1]); }
    }
  }
}

const within = (x, width) => Math.max(0, Math.min(width, x)); // what has run away sits on the rim

export function drawPoints({ context, width }, points, bound, colour, radius, alpha = 0.8) {
  context.fillStyle = colour;
  context.globalAlpha = alpha;
  context.beginPath();
  for (let k = 0; k < points.length; k += 2) {
    const x = within(((points[k] + bound) / (2 * bound)) * width, width), y = within(((bound - points[k + 1]) / (2 * bound)) * width, width);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fill();
  context.globalAlpha = 1;
}

/** Arrows whose length grows with the root of the gradient, the longest a tenth of the picture. */
export function drawPulls({ context, width }, points, pulls, bound, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1.2;
  context.globalAlpha = 0.75;
  context.beginPath();
  for (let k = 0; k < points.length; k += 4) { // every second one
    const strength = Math.hypot(pulls[k], pulls[k + 1]);
    if (strength < 1e-4) continue;
    const length = Math.min(width / 10, (width / 26) * Math.sqrt(strength)), dx = (pulls[k] / strength) * length, dy = (-pulls[k + 1] / strength) * length;
    const x = ((points[k] + bound) / (2 * bound)) * width, y = ((bound - points[k + 1]) / (2 * bound)) * width;
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    if (length > 6) {
      context.moveTo(x + dx - 0.25 * dx - 0.14 * dy, y + dy - 0.25 * dy + 0.14 * dx);
      context.lineTo(x + dx, y + dy);
      context.lineTo(x + dx - 0.25 * dx + 0.14 * dy, y + dy - 0.25 * dy - 0.14 * dx);
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** What D says at the place under the pointer; [x, y] as shares of the picture. */
export function drawReading({ context, width }, [x, y], { field, fieldSide: side }, probability, colours) {
  if (!field) return;
  const at = (share) => Math.max(0, Math.min(side - 1, Math.floor(share * side)));
  const text = `D = ${probability(field[at(y) * side + at(x)]).toFixed(2)}`;
  context.font = "600 13px system-ui, sans-serif";
  const wide = context.measureText(text).width + 14, left = Math.min(x * width + 12, width - wide - 2), top = Math.max(2, y * width - 30);
  context.fillStyle = colours.paper;
  context.strokeStyle = colours.violet;
  context.lineWidth = 1.2;
  context.beginPath();
  context.roundRect(left, top, wide, 24, 7);
  context.fill();
  context.stroke();
  context.fillStyle = colours.ink;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, left + 7, top + 12.5);
}

/** The image of the regular grid, on its way from flat (bend 0) to what G makes of it (bend 1). */
export function drawMesh({ context, width }, grid, lines, bound, colours, bend = 1, { fill = true } = {}) {
  const place = (r, c) => {
    const k = 2 * (r * lines + c), flat = (i) => (0.92 * (2 * i)) / (lines - 1) - 0.92;
    const x = (1 - bend) * flat(c) * bound + bend * grid[k], y = (1 - bend) * flat(r) * bound + bend * grid[k + 1];
    return [((x + bound) / (2 * bound)) * width, ((bound - y) / (2 * bound)) * width];
  };
  const cell = (0.92 * width) / (lines - 1);
  context.lineJoin = "round";
  context.strokeStyle = colours.orange;
  context.fillStyle = colours.orange;
  if (fill) {
    for (let r = 0; r + 1 < lines; r++) {
      for (let c = 0; c + 1 < lines; c++) {
        const corners = [place(r, c), place(r, c + 1), place(r + 1, c + 1), place(r + 1, c)];
        const area = 0.5 * Math.abs(corners.reduce((sum, [x, y], k) => { const [u, v] = corners[(k + 1) % 4]; return sum + x * v - u * y; }, 0));
        context.globalAlpha = Math.min(0.85, (0.12 * cell * cell) / Math.max(area, 1)); // the same ink on every cell
        context.beginPath();
        corners.forEach((corner, k) => (k ? context.lineTo(...corner) : context.moveTo(...corner)));
        context.closePath();
        context.fill();
      }
    }
  }
  context.globalAlpha = fill ? 0.55 : 0.4;
  context.lineWidth = 0.8;
  context.beginPath();
  for (let a = 0; a < lines; a++) {
    for (let b = 0; b < lines; b++) (b ? context.lineTo(...place(a, b)) : context.moveTo(...place(a, b)));
    for (let b = 0; b < lines; b++) (b ? context.lineTo(...place(b, a)) : context.moveTo(...place(b, a)));
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** The modes as a plan: filled where covered. */
export function drawPlan(frame, world, covered, bound, colours) {
  const { context, width } = frame;
  const radius = Math.max(3, Math.min(8, (width / 3) / Math.sqrt(world.numModes)));
  const centres = Array.from({ length: world.numModes }, (_, mode) => {
    const own = world.means.filter((_, k) => world.modes[k] === mode);
    return own[Math.floor(own.length / 2)];
  });
  centres.forEach(([x, y], mode) => {
    context.beginPath();
    context.arc(((x + bound) / (2 * bound)) * width, ((bound - y) / (2 * bound)) * width, radius, 0, 2 * Math.PI);
    context.fillStyle = colours.orange;
    context.strokeStyle = covered[mode] ? colours.orange : colours.gray;
    context.lineWidth = 1.5;
    if (covered[mode]) context.fill();
    context.stroke();
  });
}

const BINS = 24;

/** Two histograms of D's verdicts in [0, 1], real upwards, fake downwards. */
export function drawVerdicts(frame, real, fake, colours) {
  const binned = (verdicts) => {
    const shares = new Array(BINS).fill(0);
    verdicts.forEach((p) => { shares[Math.max(0, Math.min(BINS - 1, Math.floor(p * BINS)))] += 1 / verdicts.length; });
    return shares;
  };
  drawBins(frame, binned(real), binned(fake), colours);
}

/** The same from shares that are counted already; heights go with the root, so that a few show too. */
export function drawBins({ context, width, height }, real, fake, colours) {
  const middle = height / 2, bar = width / real.length;
  [[real, colours.blue, -1], [fake, colours.orange, 1]].forEach(([shares, colour, direction]) => {
    context.fillStyle = colour;
    shares.forEach((share, i) => {
      const tall = Math.sqrt(share) * (middle - 3);
      context.fillRect(i * bar + 1, direction < 0 ? middle - tall : middle, bar - 2, tall);
    });
  });
  context.fillStyle = colours.line;
  context.fillRect(0, middle - 0.5, width, 1);
  context.fillRect(width / 2 - 0.5, 0, 1, height);
}

/** Both losses of G over D's logit, or (slope) how hard they push, and where the fakes are now. */
export function drawFigure({ context, width, height }, logits, colours, { slope = false } = {}) {
  const low = -8, high = 8, [bottom, top] = slope ? [0, 1.1] : [-8, 8], floor = height - 16;
  const x = (a) => ((a - low) / (high - low)) * width, y = (value) => floor - ((value - bottom) / (top - bottom)) * (floor - 4);
  const of = (a, loss) => (slope ? -generatorLoss(a, loss)[1] : generatorLoss(a, loss)[0]);
  const counts = new Array(32).fill(0);
  logits.forEach((a) => { counts[Math.max(0, Math.min(31, Math.floor(((a - low) / (high - low)) * 32)))] += 1 / logits.length; });
  context.fillStyle = colours.orange;
  context.globalAlpha = 0.22;
  counts.forEach((share, i) => { const tall = Math.sqrt(share) * (floor - 4); context.fillRect((i * width) / 32 + 0.5, floor - tall, width / 32 - 1, tall); });
  context.globalAlpha = 1;
  context.fillStyle = colours.line;
  context.fillRect(0, y(0), width, 1);
  context.fillRect(x(0), 0, 1, floor);
  for (const [loss, colour] of [["saturating", colours.ink], ["non-saturating", colours.orange]]) {
    context.strokeStyle = colour;
    context.lineWidth = 2.2;
    context.beginPath();
    for (let i = 0; i <= 80; i++) { const a = low + ((high - low) * i) / 80; const at = [x(a), y(of(a, loss))]; i ? context.lineTo(...at) : context.moveTo(...at); }
    context.stroke();
  }
  context.fillStyle = colours.gray;
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "bottom";
  [-6, -3, 0, 3, 6].forEach((a) => { context.textAlign = "center"; context.fillText(String(a).replace("-", "−"), x(a), height); });
}
