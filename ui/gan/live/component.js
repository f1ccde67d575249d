// Bars of the labels, two histograms of verdicts, and the spikes; drawn when the server sends new numbers.

import { drawBins, fit } from "../game/drawing.js";
import { component, elements } from "../../kit/component.js";

export default component((root, settings, page) => {
  const at = elements(root);
  let now = settings;
  const paint = () => {
    const { colours } = page;
    if (now.shares) drawLabels(fit(at.labels), now.shares, now.names, colours);
    if (now.real) drawBins(fit(at.verdicts), now.real, now.fake, colours);
    at.coverage.textContent = now.modes === null ? "measuring …" : `${now.modes} of 10 labels · KL ${now.kl.toFixed(3)} · score ${now.score.toFixed(2)}`;
    if (now.fake) {
      const push = (of) => now.fake.reduce((sum, share, i) => sum + share * of((i + 0.5) / now.fake.length), 0).toFixed(3);
      at.push.textContent = `By figure 14 such verdicts push G with ${push((p) => p)} under the saturating loss (37), with ${push((p) => 1 - p)} under the non-saturating one (38).`;
    }
    at.spikes.textContent = `Left: surely fake. Right: surely real. ${now.spikes.length ? `D's gradient leapt at update ${now.spikes.join(", ")}.` : "D's gradient has not leapt yet."}`;
  };
  const observer = new ResizeObserver(paint);
  observer.observe(root);
  return { update(next) { now = next; paint(); }, theme: paint, destroy() { observer.disconnect(); } };
});

function drawLabels({ context, width, height }, shares, names, colours) {
  const step = width / 10, top = Math.max(0.2, ...shares), y = (share) => (height - 16) * (1 - share / top);
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "bottom";
  shares.forEach((share, i) => {
    context.fillStyle = colours.orange;
    context.fillRect(i * step + 3, y(share), step - 6, height - 16 - y(share));
    context.fillStyle = colours.gray;
    const name = width < 400 && names[i].length > 2 ? names[i].slice(0, 2) : names[i];
    context.fillText(name, (i + 0.5) * step, height);
  });
  context.fillStyle = colours.blue;
  context.fillRect(0, y(0.1) - 0.75, width, 1.5);
}
