// A quiet line chart on a canvas for numbers that arrive while one watches: drawTrace(canvas, series, { colours })

// series: [{values: number[], colour, marks: indices to point at}]; options {low, high (else from the data), unit}. Sharp on dense displays.
export function drawTrace(canvas, series, { colours, low, high, unit = "" } = {}) {
  const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const width = Math.max(60, box.width), height = Math.max(30, box.height);
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const all = series.flatMap((line) => line.values).filter(Number.isFinite);
  if (!all.length) return;
  let bottom = low ?? Math.min(...all), top = high ?? Math.max(...all);
  if (top - bottom < 1e-9) [bottom, top] = [bottom - 0.5, top + 0.5];
  const pad = 4, y = (value) => height - pad - ((value - bottom) / (top - bottom)) * (height - 2 * pad);
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  for (const { values, colour, marks = [] } of series) {
    context.strokeStyle = context.fillStyle = colour;
    context.beginPath();
    const step = (width - 1) / Math.max(1, values.length - 1);
    values.forEach((value, i) => (i ? context.lineTo(i * step, y(value)) : context.moveTo(0, y(value))));
    context.stroke();
    for (const i of marks) { // a small triangle that hangs above the point
      context.beginPath();
      context.moveTo(i * step, Math.max(7, y(values[i]) - 3));
      context.lineTo(i * step - 4, Math.max(0, y(values[i]) - 10));
      context.lineTo(i * step + 4, Math.max(0, y(values[i]) - 10));
      context.fill();
    }
  }
  context.fillStyle = colours.gray;
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "top";
  context.fillText(`${round(top)}${unit}`, 2, 1);
  context.textBaseline = "bottom";
  context.fillText(`${round(bottom)}${unit}`, 2, height - 1);
}

const round = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)).replace("-", "−");
