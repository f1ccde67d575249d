// The two terms of the bound against each other while a model learns: where it was, where it is, and lines of equal bound.

import { sharpContext } from "../../kit/plot.js";

const LEFT = 40, BOTTOM = 30, AIR = 10;

// kl, reconstruction: both terms, update by update (nats)
export function drawTerms(canvas, { kl, reconstruction, weight }, colours) {
  const { context: pen, width, height } = sharpContext(canvas), sorted = reconstruction.toSorted((a, b) => a - b);
  if (!kl.length || width < 100) return;
  const [x0, x1] = [0, Math.max(6, ...kl) * 1.08], [y0, y1] = padded(sorted[Math.floor(0.04 * sorted.length)], sorted.at(-1));
  const px = (x) => LEFT + ((x - x0) / (x1 - x0)) * (width - LEFT - AIR), py = (y) => height - BOTTOM - ((y - y0) / (y1 - y0)) * (height - BOTTOM - AIR);

  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = colours.gray;
  pen.strokeStyle = colours.line;
  pen.strokeRect(LEFT, AIR, width - LEFT - AIR, height - BOTTOM - AIR);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const y of ticks(y0, y1, 4)) pen.fillText(text(y), LEFT - 5, py(y));
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const x of ticks(x0, x1, 5)) pen.fillText(text(x), px(x), height - BOTTOM + 4);
  pen.textAlign = "right";
  pen.fillText("KL, nats", width - AIR, height - 13);

  pen.save();
  pen.beginPath();
  pen.rect(LEFT, AIR, width - LEFT - AIR, height - BOTTOM - AIR);
  pen.clip();
  pen.setLineDash([3, 4]);
  pen.strokeStyle = colours.gray;
  pen.textBaseline = "bottom";
  pen.textAlign = "left";
  for (const bound of ticks(y0 - x1, y1, 5)) { // reconstruction = bound + KL
    pen.beginPath();
    pen.moveTo(px(x0), py(bound + x0));
    pen.lineTo(px(x1), py(bound + x1));
    pen.globalAlpha = 0.5;
    pen.stroke();
    pen.globalAlpha = 1;
    pen.fillText(text(bound), px(x0) + 4, py(bound + x0) - 2);
  }
  pen.setLineDash([]);
  pen.strokeStyle = colours.blue;
  pen.lineWidth = 1.6;
  pen.lineJoin = "round";
  pen.beginPath();
  kl.forEach((x, i) => pen.lineTo(px(x), py(reconstruction[i])));
  pen.stroke();
  pen.restore();

  const [x, y] = [px(kl.at(-1)), Math.max(AIR, Math.min(height - BOTTOM, py(reconstruction.at(-1))))];
  pen.fillStyle = colours.primary;
  pen.strokeStyle = colours.paper;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, 6, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  // Where its objective, reconstruction - weight KL, would have it go
  const [dx, dy] = [-weight * Math.abs(px(1) - px(0)), -Math.abs(py(1) - py(0))], long = 34 / Math.hypot(dx, dy);
  pen.strokeStyle = colours.violet;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + long * dx, y + long * dy);
  pen.stroke();
}

const padded = (a, b) => { const air = Math.max(1, 0.06 * (b - a)); return [a - air, b + air]; };
const text = (value) => String(Number(value.toPrecision(4))).replace("-", "−");

function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough)), step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, i) => (Math.ceil(low / step) + i) * step);
}
