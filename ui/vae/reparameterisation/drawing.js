// Two small drawings: the cloud of draws around the mean, and the way back that derivatives take.

function fit(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 2), width = Math.max(40, canvas.clientWidth), height = Math.max(30, canvas.clientHeight);
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// q.sigma: the encoder's, which sets the window; q.now: as scaled at the moment; dots: the last draws
export function paintCloud(canvas, { colours, q, dots, z }) {
  const { pen, width } = fit(canvas), reach = 3.2 * Math.max(...q.sigma, ...q.now.map((s) => 0.8 * s));
  const px = (v) => width / 2 + ((v[0] - q.mean[0]) / reach) * (width / 2), py = (v) => width / 2 - ((v[1] - q.mean[1]) / reach) * (width / 2);
  pen.fillStyle = colours.violet;
  dots.forEach((dot, i) => {
    pen.globalAlpha = 0.12 + 0.5 * ((i + 1) / dots.length) ** 8;
    pen.beginPath();
    pen.arc(px(dot), py(dot), 2, 0, 7);
    pen.fill();
  });
  pen.strokeStyle = colours.violet;
  for (const [deviations, alpha] of [[1, 1], [2, 0.5]]) {
    pen.globalAlpha = alpha;
    pen.lineWidth = 1.5;
    pen.beginPath();
    const [rx, ry] = q.now.map((s) => (deviations * s * width) / (2 * reach));
    pen.ellipse(width / 2, width / 2, rx, ry, 0, 0, 7);
    pen.stroke();
  }
  pen.globalAlpha = 1;
  pen.beginPath();
  pen.moveTo(width / 2, width / 2);
  pen.lineTo(px(z), py(z));
  pen.stroke();
  pen.fillStyle = colours.primary;
  pen.strokeStyle = colours.paper;
  pen.beginPath();
  pen.arc(px(z), py(z), 5, 0, 7);
  pen.fill();
  pen.stroke();
}

// Violet dashes run from the picture back to the encoder, or stop at the draw.
export function paintBack(canvas, { colours, now, passes }) {
  const { pen, width, height } = fit(canvas), y = 12, barrier = 0.6 * width, end = passes ? 0.13 * width : barrier;
  pen.strokeStyle = pen.fillStyle = colours.violet;
  pen.lineWidth = 2;
  pen.setLineDash([9, 7]);
  pen.lineDashOffset = -now / 28;
  pen.beginPath();
  pen.moveTo(0.93 * width, 2);
  pen.lineTo(0.93 * width, y);
  pen.lineTo(end, y);
  if (passes) pen.lineTo(end, 2);
  pen.stroke();
  pen.setLineDash([]);
  if (passes) {
    pen.beginPath();
    pen.moveTo(end - 5, 7);
    pen.lineTo(end, 0);
    pen.lineTo(end + 5, 7);
    pen.fill();
  } else {
    pen.lineWidth = 4;
    pen.beginPath();
    pen.moveTo(end, y - 9);
    pen.lineTo(end, y + 9);
    pen.stroke();
  }
  pen.font = "12.5px system-ui, sans-serif";
  pen.textBaseline = "bottom";
  const text = width < 560
    ? passes ? "the derivative flows back through z" : "no derivative passes through a draw"
    : passes ? "the derivative of the bound flows back through z to μ and σ, and on into the encoder" : "a draw has no derivative: the encoder would learn nothing from the picture";
  pen.textAlign = "right";
  pen.fillText(text, 0.93 * width, height - 2);
}
