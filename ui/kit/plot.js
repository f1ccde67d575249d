// Curves in calm axes on a canvas: names at the ends of the lines, strokes instead of hues if wanted, bands for what is only bracketed.

const MARGIN = { left: 46, right: 48, top: 8, bottom: 34 }, FONT = "11px system-ui, sans-serif";

// the context of a canvas that is as sharp as the display, cleared; sizes in CSS pixels
export function sharpContext(canvas) {
  const ratio = devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

// series: [{label, colour, dash, width, x: [], y: [], band: [[low, high]]}], gaps where y is null. Limits that are not given come from the data.
export function drawPlot(canvas, series, { colours, xName, yName, low, high, left, right, points = false }) {
  const { context, width, height } = sharpContext(canvas);
  if (width < 120) return;
  const known = (values) => values.filter((value) => value !== null);
  const xs = series.flatMap(({ x }) => x), ys = series.flatMap(({ y, band }) => [...known(y), ...known(band ?? []).flat()]);
  const [x0, x1] = [left ?? Math.min(...xs), right ?? Math.max(...xs)];
  let [y0, y1] = [low ?? Math.min(...ys), high ?? Math.max(...ys)];
  if (!(y1 > y0)) [y0, y1] = [y0 - 0.5, y0 + 0.5];
  const rows = ticks(y0, y1, 4);
  const air = 0.05 * (y1 - y0); // so that no point lies on the edge
  [y0, y1] = [Math.min(low ?? y0 - air, rows[0]), Math.max(high ?? y1 + air, rows.at(-1))];
  const edge = { right: width - MARGIN.right, bottom: height - MARGIN.bottom };
  const px = (x) => MARGIN.left + ((x - x0) / (x1 - x0)) * (edge.right - MARGIN.left);
  const py = (y) => edge.bottom - ((y - y0) / (y1 - y0)) * (edge.bottom - MARGIN.top);

  context.font = FONT;
  context.fillStyle = colours.gray;
  context.strokeStyle = colours.line;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const y of rows) {
    path(context, [[MARGIN.left, py(y)], [edge.right, py(y)]]);
    context.fillText(short(y), MARGIN.left - 6, py(y));
  }
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const x of ticks(x0, x1, Math.min(5, x1 - x0))) context.fillText(short(x), px(x), edge.bottom + 4);
  context.textAlign = "right";
  context.fillText(xName, edge.right, edge.bottom + 19);
  context.textAlign = "left";
  context.fillText(yName, 2, edge.bottom + 19);

  context.save();
  context.beginPath();
  context.rect(MARGIN.left - 4, 0, edge.right - MARGIN.left + 8, edge.bottom + 2);
  context.clip();
  for (const each of series) drawSeries(context, each, px, py, points);
  context.restore();
  drawNames(context, series, py, edge, Math.min(edge.right, px(Math.max(...xs))) + 8);
}

function drawSeries(context, { x, y, band, ...stroke }, px, py, points) {
  context.strokeStyle = context.fillStyle = stroke.colour;
  if (band) {
    const inside = x.map((at, i) => band[i] && [px(at), py(band[i][0]), py(band[i][1])]).filter(Boolean);
    context.globalAlpha = 0.2;
    context.beginPath();
    for (const [at, lower] of inside) context.lineTo(at, lower);
    for (const [at, , upper] of inside.reverse()) context.lineTo(at, upper);
    context.fill();
    context.globalAlpha = 1;
  }
  const line = x.map((at, i) => y[i] !== null && [px(at), py(y[i])]).filter(Boolean);
  applyStroke(context, stroke);
  path(context, line);
  resetStroke(context);
  if (points) for (const [at, value] of line) dot(context, at, value);
}

// the names beside the last points, moved apart where they would lie on one another
function drawNames(context, series, py, edge, x) {
  const names = series.map(({ label, colour, y }) => ({ label, colour, at: py(y.findLast((value) => value !== null) ?? 0) })).sort((a, b) => a.at - b.at);
  for (let i = 1; i < names.length; i++) names[i].at = Math.max(names[i].at, names[i - 1].at + 13);
  const over = names.length ? Math.max(0, names.at(-1).at - edge.bottom) : 0;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const { label, colour, at } of names) {
    context.fillStyle = colour;
    context.fillText(label, x, at - over);
  }
}

// a short piece of a line, for a legend
export function strokeSample(canvas, stroke) {
  const { context, width, height } = sharpContext(canvas);
  context.strokeStyle = stroke.colour;
  applyStroke(context, stroke);
  path(context, [[2, height / 2], [width - 2, height / 2]]);
}

function applyStroke(context, { dash = [], width = 1.75 }) {
  context.setLineDash(dash);
  context.lineWidth = width;
  context.lineJoin = context.lineCap = "round";
}

function resetStroke(context) {
  context.setLineDash([]);
  context.lineWidth = 1;
  context.lineCap = "butt";
}

function path(context, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

function dot(context, x, y) {
  context.beginPath();
  context.arc(x, y, 2.5, 0, 2 * Math.PI);
  context.fill();
}

// about `count` round numbers within low..high
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-6), last = Math.floor(high / step + 1e-6);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

const short = (value) => String(Number(value.toPrecision(4))).replace("-", "−");
