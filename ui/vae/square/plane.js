// The latent plane as a picture: a backdrop of layers that changes seldom, and what moves over it each frame.

import { paintTiles } from "../../kit/pictures.js";
import { ramp, rgb } from "../../kit/theme.js";

export const LIMIT = 3.6; // the square is [-LIMIT, LIMIT]^2: 99.9 % of the prior
const TILES = 20, BANDS = 10, RINGS = [[1, "39 %"], [2, "86 %"], [3, "99 %"]]; // tiles a side of the manifold; nats between two contours of log p(x | z)

// Ten hues of like weight, told apart by colour-blind eyes together with the numerals; light theme, dark theme
const HUES = [
  ["#1f5fbf", "#a8520b", "#7a49b8", "#17705a", "#a0447f", "#8a6d1f", "#1787a5", "#86492b", "#4a4d9c", "#64625c"],
  ["#7db2ff", "#ffa552", "#c49bff", "#6fd0b0", "#f29ccf", "#d9b95a", "#7fd4ec", "#e0a286", "#a9adff", "#b9b6ad"],
];

export function plane(canvas) {
  const backdrop = document.createElement("canvas"), tiles = document.createElement("canvas");
  let size = 300, ratio = 1, colours, dark = false;

  const px = (x) => ((x + LIMIT) / (2 * LIMIT)) * size;
  const py = (y) => ((LIMIT - y) / (2 * LIMIT)) * size;

  // The canvas is as sharp as the display. True when the size has changed, so that the backdrop must be drawn again.
  function fit() {
    const wanted = Math.max(120, canvas.clientWidth), dense = Math.min(devicePixelRatio || 1, 2);
    if (wanted === size && dense === ratio && canvas.width === Math.round(size * ratio)) return false;
    [size, ratio] = [wanted, dense];
    for (const each of [canvas, backdrop]) each.width = each.height = Math.round(size * ratio);
    return true;
  }

  function theme(found) {
    colours = found;
    dark = rgb(found.paper)[0] < 128;
  }

  const hue = (label) => HUES[dark ? 1 : 0][label % 10];

  // layers: {digits, manifold, posterior, prior, landscape}, each true or false; things: what they show, as far as it has arrived
  function drawBackdrop(layers, { codes, labels, names, only, pictures, density, landscape }) {
    const pen = backdrop.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.globalAlpha = 1;
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, size, size);
    if (layers.manifold && pictures) {
      paintTiles(tiles, pictures, { count: TILES * TILES, columns: TILES, gap: 0, high: 255, colours: ramp(colours.paper, colours.ink) });
      pen.globalAlpha = layers.digits ? 0.22 : 0.95;
      pen.drawImage(tiles, 0, 0, size, size);
      pen.globalAlpha = 1;
    }
    if (layers.posterior && density) cloud(pen, density, colours.blue, (p) => 0.75 * (1 - Math.exp(-p * 9)));
    if (layers.landscape && landscape) {
      const top = landscape.reduce((a, b) => Math.max(a, b));
      cloud(pen, landscape, colours.orange, (value) => 0.85 * 0.82 ** Math.floor((top - value) / BANDS));
    }
    if (layers.digits && codes) glyphs(pen, codes, labels, names, only);
    if (layers.prior) rings(pen);
    cross(pen);
  }

  // Numbers on a square grid as a tint of one hue; enlarged by interpolation first, so that bands have smooth rims.
  function cloud(pen, values, colour, alphaOf) {
    const cells = Math.sqrt(values.length), side = 320, [r, g, b] = rgb(colour);
    const picture = new OffscreenCanvas(side, side), context = picture.getContext("2d"), image = context.createImageData(side, side);
    for (let y = 0; y < side; y++) {
      const v = Math.max(0, Math.min(cells - 1.001, ((y + 0.5) * cells) / side - 0.5)), row = Math.floor(v), fy = v - row;
      for (let x = 0; x < side; x++) {
        const u = Math.max(0, Math.min(cells - 1.001, ((x + 0.5) * cells) / side - 0.5)), column = Math.floor(u), fx = u - column, k = row * cells + column;
        const value = (values[k] * (1 - fx) + values[k + 1] * fx) * (1 - fy) + (values[k + cells] * (1 - fx) + values[k + cells + 1] * fx) * fy;
        image.data.set([r, g, b, 255 * alphaOf(value)], (y * side + x) * 4);
      }
    }
    context.putImageData(image, 0, 0);
    pen.drawImage(picture, 0, 0, size, size);
  }

  function rings(pen) {
    pen.strokeStyle = pen.fillStyle = colours.gray;
    pen.lineWidth = 1;
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "left";
    for (const [radius] of RINGS) {
      pen.setLineDash([4, 4]);
      pen.beginPath();
      pen.arc(px(0), py(0), px(radius) - px(0), 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.lineWidth = 4;
    pen.strokeStyle = colours.paper;
    for (const [radius, share] of RINGS) {
      const [x, y] = [px(radius * 0.707) + 4, py(radius * 0.707) - 4];
      pen.strokeText(share, x, y);
      pen.fillText(share, x, y);
    }
  }

  function cross(pen) {
    pen.strokeStyle = colours.line;
    pen.fillStyle = colours.gray;
    pen.lineWidth = 1;
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    for (let tick = -3; tick <= 3; tick++) {
      pen.beginPath();
      pen.moveTo(px(tick), size);
      pen.lineTo(px(tick), size - 5);
      pen.moveTo(0, py(tick));
      pen.lineTo(5, py(tick));
      pen.stroke();
      pen.fillText(String(tick).replace("-", "−"), px(tick), size - 8);
      if (tick) pen.fillText(String(tick).replace("-", "−"), 13, py(tick) + 4);
    }
  }

  // Test pictures where the encoder puts them: digits as numerals, anything else as dots. only: one class, or -1.
  function glyphs(pen, codes, labels, names, only) {
    const numerals = names[3].length === 1;
    pen.font = `600 ${Math.max(9, size / 52)}px Georgia, serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let i = 0; i < codes.mean.length / 2; i++) {
      const x = px(codes.mean[2 * i]), y = py(codes.mean[2 * i + 1]);
      pen.fillStyle = hue(labels[i]);
      pen.globalAlpha = only < 0 || only === labels[i] ? 0.88 : 0.07;
      if (numerals) pen.fillText(names[labels[i]], x, y);
      else {
        pen.beginPath();
        pen.arc(x, y, size / 170, 0, 2 * Math.PI);
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
    pen.textBaseline = "alphabetic";
  }

  // moving: {z, ghosts: [{x, y, age (0 to 1), picture}], path, posterior: {mean, sigma, landed (0 to 1)}, marks: [z], lens: canvas or null}
  function paint({ z, ghosts, path, posterior, marks, lens }) {
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(backdrop, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.imageSmoothingEnabled = true;
    if (path?.length > 1) line(pen, path, colours.primary, 0.55, 2);
    for (const { x, y, age, picture } of ghosts) {
      const side = size / 17;
      pen.globalAlpha = 0.9 * (1 - age) ** 1.6;
      pen.drawImage(picture, px(x) - side / 2, py(y) - side / 2, side, side);
    }
    pen.globalAlpha = 1;
    for (const mark of marks) dot(pen, mark, 6, colours.orange);
    if (posterior) ellipses(pen, posterior);
    halo(pen, z);
    if (lens) magnifier(pen, z, lens);
  }

  function line(pen, points, colour, alpha, width) {
    pen.strokeStyle = colour;
    pen.globalAlpha = alpha;
    pen.lineWidth = width;
    pen.lineJoin = pen.lineCap = "round";
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(px(x), py(y)) : pen.moveTo(px(x), py(y))));
    pen.stroke();
    pen.globalAlpha = 1;
  }

  function dot(pen, [x, y], radius, colour) {
    pen.fillStyle = colour;
    pen.strokeStyle = colours.paper;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(px(x), py(y), radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }

  // One and two standard deviations of q(z | x), falling onto their place
  function ellipses(pen, { mean, sigma, landed }) {
    const away = 1 + 14 * (1 - landed) ** 3, [cx, cy] = [px(mean[0]), py(mean[1])];
    const glow = pen.createRadialGradient(cx, cy, 0, cx, cy, 34);
    glow.addColorStop(0, colours.paper);
    glow.addColorStop(1, "transparent");
    pen.fillStyle = glow; // so that a small ellipse is seen among the numerals
    pen.globalAlpha = landed;
    pen.fillRect(cx - 34, cy - 34, 68, 68);
    pen.strokeStyle = colours.orange;
    for (const [deviations, alpha] of [[2, 0.55], [1, 1]]) {
      const [rx, ry] = sigma.map((s) => Math.max(1.5, (px(s) - px(0)) * deviations * away));
      pen.globalAlpha = alpha * Math.min(1, landed * 2);
      pen.lineWidth = 2;
      pen.beginPath();
      pen.ellipse(cx, cy, rx, ry, 0, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.globalAlpha = 1;
    pen.beginPath();
    const [gx, gy] = sigma.map((s) => 5 + Math.max(1.5, (px(s) - px(0)) * 2));
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(cx + gx * dx, cy + gy * dy);
      pen.lineTo(cx + (gx + 16) * dx, cy + (gy + 16) * dy);
    }
    pen.lineWidth = 2;
    pen.stroke();
  }

  function halo(pen, [x, y]) {
    pen.fillStyle = colours.primary;
    pen.globalAlpha = 0.18;
    pen.beginPath();
    pen.arc(px(x), py(y), 18, 0, 2 * Math.PI);
    pen.fill();
    pen.globalAlpha = 1;
    dot(pen, [x, y], 7, colours.primary);
  }

  // The picture floats above the finger, which would hide it; below, where there is no room above.
  function magnifier(pen, [x, y], lens) {
    const side = Math.max(76, Math.min(112, size / 5.2)), gap = 26, cx = Math.max(side / 2 + 3, Math.min(size - side / 2 - 3, px(x)));
    const top = py(y) - gap - side > 3 ? py(y) - gap - side : py(y) + gap;
    pen.fillStyle = colours.paper;
    pen.strokeStyle = colours.primary;
    pen.lineWidth = 1.5;
    pen.shadowColor = "rgba(0, 0, 0, 0.28)";
    pen.shadowBlur = 16;
    pen.shadowOffsetY = 4;
    pen.beginPath();
    pen.roundRect(cx - side / 2, top, side, side, 12);
    pen.fill();
    pen.shadowColor = "transparent";
    pen.stroke();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(lens, cx - side / 2 + 5, top + 5, side - 10, side - 10);
  }

  function toLatent(event) {
    const box = canvas.getBoundingClientRect(), clip = (v) => Math.max(-LIMIT, Math.min(LIMIT, v));
    return [clip(((event.clientX - box.left) / box.width) * 2 * LIMIT - LIMIT), clip(LIMIT - ((event.clientY - box.top) / box.height) * 2 * LIMIT)];
  }

  return { fit, theme, hue, drawBackdrop, paint, toLatent, unit: () => size / (2 * LIMIT) };
}

// Points of an even grid, row by row, top left first: at the middles of cells x cells cells of the square, ...
export function evenGrid(cells, limit = LIMIT, middles = true) {
  const level = (i) => (middles ? ((i + 0.5) / cells) * 2 - 1 : cells > 1 ? (i / (cells - 1)) * 2 - 1 : 0) * limit;
  return gridOf(cells, level);
}

// ... or at the quantiles of the prior: equal probability to each cell
export function quantileGrid(cells) {
  return gridOf(cells, (i) => normalQuantile((i + 0.5) / cells));
}

function gridOf(cells, level) {
  const z = new Float32Array(cells * cells * 2);
  for (let row = 0; row < cells; row++) for (let column = 0; column < cells; column++) z.set([level(column), level(cells - 1 - row)], (row * cells + column) * 2);
  return z;
}

// The inverse of the normal distribution function, by bisection on an integral of its own (a few hundred calls at most)
export function normalQuantile(p) {
  let low = -6, high = 6;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function normalCdf(x) {
  let sum = x, term = x; // the series of Marsaglia (2004): 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...)
  for (let k = 3; Math.abs(term) > 1e-12 * Math.abs(sum) && k < 200; k += 2) sum += term *= (x * x) / k;
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
