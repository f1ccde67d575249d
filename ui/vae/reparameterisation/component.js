// A VAE as a graph: the noise is drawn again and again, everything after it follows. All values are the model's own.

import { fetchModel, Random, softplus } from "../../engine/engine.js";
import { vaeOf } from "../../engine/families.js";
import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { paintBack, paintCloud } from "./drawing.js";

const LAST = 32, COLUMNS = 8, DOTS = 600, STEP = 1e-2; // STEP: of the difference quotients

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = scene("inside", {
    picture: [0, 0, 100000], scale: [1, 0, 4, "real"], speed: [6, 1, 30], figure: ["outside", "sampled"], seed: [1, 1, 2 ** 31],
    model: [settings.chosen, (id) => settings.models.some((known) => known.id === id)],
  });
  let random = new Random(setting.seed), models = settings.models, vae, url, images, imagesUrl, colours, inks, x, q, noise = [0, 0], z = [0, 0];
  let draws = new Float32Array(LAST * PIXELS), drawn = 0, dots = [], rows = [], sums, due = 0, breathing = null, dirty = true;
  const animation = loop(root, frame);

  const running = () => at.play.getAttribute("aria-pressed") === "true";
  const sigma = () => q.sigma.map((s) => s * setting.scale);

  function show(index) {
    setting.set("picture", index % Math.max(1, images.count));
    x = images.image(setting.picture) ?? new Float32Array(PIXELS);
    const hidden = [], { mean, logVar } = vae.encode(x, 1, hidden);
    q = { mean: [...mean], sigma: [...logVar].map((v) => Math.exp(v / 2)) };
    paintTiles(at.x, x, { count: 1, colours: inks.solid });
    paintUnits(at.encoder, hidden);
    at.encoderText.textContent = hidden.map((layer) => layer.length).join(" – ") + " units";
    paintTiles(at.atMean, vae.decode(mean, 1), { count: 1, colours: inks.solid });
    forget();
    draw();
  }

  function forget() {
    [draws, drawn, dots, rows] = [new Float32Array(LAST * PIXELS), 0, [], []];
    const zeros = () => new Float64Array(2);
    sums = { count: 0, pixels: new Float64Array(PIXELS), squares: new Float64Array(PIXELS), path: zeros(), pathSquares: zeros(), score: zeros(), scoreSquares: zeros(), fit: 0 };
  }

  // One draw of the noise, and all that follows from it
  function draw() {
    noise = [random.normal(), random.normal()];
    const deviation = sigma();
    z = q.mean.map((m, d) => m + deviation[d] * noise[d]);
    const hidden = [], logits = vae.logits(Float32Array.from(z), 1, hidden), means = logits.map((a) => 1 / (1 + Math.exp(-a)));
    paintTiles(at.rebuilt, means, { count: 1, colours: inks.solid });
    paintUnits(at.decoder, hidden);
    at.decoderText.textContent = hidden.map((layer) => layer.length).join(" – ") + " units";
    draws.copyWithin(PIXELS, 0, (LAST - 1) * PIXELS);
    draws.set(means, 0);
    drawn = Math.min(LAST, drawn + 1);
    dots.push(z);
    if (dots.length > DOTS) dots.shift();
    for (let i = 0; i < PIXELS; i++) {
      sums.pixels[i] += means[i];
      sums.squares[i] += means[i] ** 2;
    }
    const fit = logLikelihood(x, logits);
    if (setting.scale > 0 && !breathing) estimate(fit, deviation);
    sums.count++;
    rows.push([sums.count, ...noise, ...z, fit]);
    if (rows.length > DOTS) rows.shift();
    dirty = true;
  }

  // Two unbiased estimates of d/d mean of E[log p(x | z)] from this draw; the second with the average so far as its baseline
  function estimate(fit, deviation) {
    const around = Float32Array.from([0, 1].flatMap((d) => [1, -1].flatMap((sign) => z.map((v, k) => v + (k === d ? sign * STEP : 0)))));
    const logits = vae.logits(around, 4), fits = [0, 1, 2, 3].map((k) => logLikelihood(x, logits.subarray(k * PIXELS, (k + 1) * PIXELS)));
    for (let d = 0; d < 2; d++) {
      const path = (fits[2 * d] - fits[2 * d + 1]) / (2 * STEP), baseline = sums.count ? sums.fit / sums.count : fit;
      const score = ((fit - baseline) * noise[d]) / deviation[d];
      sums.path[d] += path;
      sums.pathSquares[d] += path ** 2;
      sums.score[d] += score;
      sums.scoreSquares[d] += score ** 2;
    }
    sums.fit += fit;
  }

  function frame(now, seconds) {
    if (!q) return;
    if (breathing) {
      breathing.t += seconds / 6;
      if (breathing.t >= 1) endBreath();
      else rescale(breathing.from * (0.5 + 0.5 * Math.cos(2 * Math.PI * breathing.t)));
    }
    due += seconds * setting.speed;
    for (let k = 0; due >= 1 && k < 3; k++, due--) draw();
    due = Math.min(due, 1);
    paintBack(at.back, { colours, now, passes: setting.figure === "outside" });
    if (dirty) paint();
  }

  function paint() {
    if (!q || !colours) return;
    dirty = false;
    const number = (v, digits = 2) => v.toFixed(digits).replace("-", "−"), deviation = sigma();
    for (const d of [0, 1]) {
      at[`mean${d}`].textContent = number(q.mean[d]);
      at[`sigma${d}`].textContent = number(deviation[d], 3);
      at[`noise${d}`].textContent = number(noise[d]);
      at[`z${d}`].textContent = number(z[d]);
    }
    at.noiseRow.dataset.dim = String(setting.figure === "sampled");
    at.equation.textContent = setting.figure === "outside" ? "z = μ + σ ⊙ ε,  ε ~ N(0, I)   (35)" : "z ~ q(z | x) = N(μ, σ²)   (33)";
    at.cloudText.textContent = `KL ${number(q.mean.reduce((sum, m, d) => sum + (m * m + deviation[d] ** 2 - 1) / 2 - Math.log(Math.max(deviation[d], 1e-9)), 0), 1)} nats`;
    if (setting.scale === 0) at.cloudText.textContent = "KL is infinite: q is one point";
    paintCloud(at.cloud, { colours, q: { mean: q.mean, sigma: q.sigma, now: deviation }, dots, z });
    paintTiles(at.draws, draws, { count: LAST, columns: COLUMNS, gap: 2, colours: inks.solid, background: inks.gap });
    const average = Float32Array.from(sums.pixels, (s) => s / Math.max(1, sums.count));
    paintTiles(at.average, average, { count: 1, colours: inks.solid });
    paintTiles(at.spread, Float32Array.from(sums.squares, (s, i) => Math.sqrt(Math.max(0, s / Math.max(1, sums.count) - average[i] ** 2))), { count: 1, high: 0.35, colours: inks.violet });
    at.countText.textContent = `${sums.count.toLocaleString("en")} draws`;
    root.dataset.draws = sums.count;
    estimates(number);
  }

  function estimates(number) {
    if (sums.count < 3 || setting.scale === 0 || breathing) {
      for (const name of ["pathMean", "pathSpread", "scoreMean", "scoreSpread"]) at[name].textContent = "–";
      at.gradientText.textContent = setting.scale === 0 ? "Without noise there is nothing to average: the model is an ordinary autoencoder." : "Draws are being gathered.";
      return;
    }
    const n = sums.count, spreads = {};
    for (const name of ["path", "score"]) {
      const mean = [...sums[name]].map((s) => s / n), spread = mean.map((m, d) => Math.sqrt(Math.max(0, sums[`${name}Squares`][d] / n - m * m)));
      at[`${name}Mean`].textContent = `(${mean.map((m) => number(m, 0)).join(", ")})`;
      at[`${name}Spread`].textContent = `± (${spread.map((s) => number(s, 0)).join(", ")})`;
      spreads[name] = spread;
    }
    const factor = spreads.score.reduce((sum, s) => sum + s * s, 0) / Math.max(1e-9, spreads.path.reduce((sum, s) => sum + s * s, 0));
    at.gradientText.textContent = factor > 1
      ? `Both are right on average. The second varies so much more that it needs about ${Math.max(1, Math.round(factor))} times as many draws for the same certainty: that is what equation (35) buys.`
      : "Both are right on average; at this width of q the second happens to vary no more than the first.";
  }

  function paintUnits(canvas, layers) {
    const rows = 32, blocks = layers.map((layer) => Math.ceil(layer.length / rows)), width = blocks.reduce((a, b) => a + b + 1, -1);
    const picture = new Float32Array(rows * Math.max(1, width)).fill(0);
    let left = 0;
    layers.forEach((layer, l) => {
      const top = layer.reduce((a, b) => Math.max(a, b), 1e-6);
      layer.forEach((value, unit) => { picture[Math.floor(unit / blocks[l]) * width + left + (unit % blocks[l])] = 0.12 + (0.88 * value) / top; });
      left += blocks[l] + 1;
    });
    paintTiles(canvas, picture, { count: 1, width: Math.max(1, width), height: rows, colours: inks.units });
  }

  // --- controls
  const press = (name, on) => at[name].setAttribute("aria-pressed", String(on));
  function play(on) {
    at.play.textContent = on ? "Pause" : "Play";
    press("play", on);
    root.dataset.running = String(on);
    if (on) animation.start();
    else animation.stop();
  }
  function rescale(value) {
    setting.scale = value;
    at.scale.value = value;
    at.scaleText.textContent = Number(value).toFixed(2);
    dots = [];
    dirty = true;
  }
  function endBreath() {
    rescale(breathing.from);
    breathing = null;
    press("breathe", false);
    forget();
  }
  function figure(name) {
    setting.set("figure", name);
    press("outside", name === "outside");
    press("sampled", name === "sampled");
    dirty = true;
    if (colours) paintBack(at.back, { colours, now: 0, passes: name === "outside" });
    paint();
  }
  at.play.onclick = () => play(!running());
  at.step.onclick = () => { if (q) { play(false); draw(); paint(); } };
  at.speed.value = setting.speed;
  at.speedText.textContent = setting.speed;
  at.speed.oninput = () => { setting.set("speed", Number(at.speed.value)); at.speedText.textContent = setting.speed; };
  at.scale.oninput = () => { if (breathing) endBreath(); setting.set("scale", Number(at.scale.value)); rescale(setting.scale); if (q) { forget(); draw(); paint(); } };
  at.breathe.onclick = () => {
    if (breathing) return endBreath();
    breathing = { from: setting.scale || 1, t: 0 };
    press("breathe", true);
    play(true);
  };
  at.outside.onclick = () => figure("outside");
  at.sampled.onclick = () => figure("sampled");
  at.another.onclick = () => { show(Math.floor(Math.random() * images.count)); paint(); };
  at.model.onchange = () => { setting.set("model", at.model.value); useModel(models.find(({ id }) => id === at.model.value)); };
  at.again.onclick = () => { random = new Random(setting.seed); show(setting.picture); paint(); };
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); at.again.onclick(); };
  const nameOf = (what) => `picture-${setting.picture}-seed-${setting.seed}-draws.${what}`;
  at.save.onclick = () => savePicture(at.draws, nameOf("png"), 4);
  at.table.onclick = () => saveTable(["draw", "epsilon_1", "epsilon_2", "z_1", "z_2", "log_p_x_given_z"], rows, nameOf("csv"));

  async function useModel(model) {
    const [weights, found] = await Promise.all([fetchModel(new URL(model.url, location.href).href), model.images === imagesUrl ? images : testImages(model.images)]);
    [vae, url, images, imagesUrl] = [vaeOf(weights), model.url, found, model.images];
    show(setting.picture);
    paint();
  }
  function theme(found) {
    colours = found;
    inks = {
      solid: ramp(found.paper, found.ink), violet: ramp(found.paper, found.violet), units: ramp(found.surface, found.orange), gap: ramp(found.line, found.line)[0],
    };
    if (!q) return;
    paintTiles(at.x, x, { count: 1, colours: inks.solid });
    paintTiles(at.atMean, vae.decode(Float32Array.from(q.mean), 1), { count: 1, colours: inks.solid });
    paintBack(at.back, { colours, now: 0, passes: setting.figure === "outside" });
    draw();
    paint();
  }
  async function update(next) {
    models = next.models;
    const wish = [at.model.value, setting.model, next.chosen].find((id) => models.some((model) => model.id === id));
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    at.model.value = wish;
    const model = models.find(({ id }) => id === wish);
    if (model.url !== url) await useModel(model);
  }

  theme(page.colours);
  figure(setting.figure);
  rescale(setting.scale);
  await update(settings);
  paintBack(at.back, { colours, now: 0, passes: setting.figure === "outside" });
  play(!reducedMotion());
  const announcing = setInterval(() => { at.status.textContent = `${sums.count} draws of the noise; z is (${at.z0.textContent}, ${at.z1.textContent}).`; }, 10000);
  return { update, theme, destroy() { clearInterval(announcing); animation.destroy(); } };
});

function logLikelihood(x, logits) {
  let sum = 0;
  for (let i = 0; i < PIXELS; i++) sum += x[i] * logits[i] - softplus(logits[i]);
  return sum;
}
