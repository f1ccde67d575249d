// What takes longer than a frame: codes of many pictures, maps over the whole square, bounds from many draws.

import { fetchModel, Random, softplus } from "../../engine/engine.js";
import { vaeOf } from "../../engine/families.js";
import { answer } from "../../kit/ask.js";

const PIXELS = 784, CHUNK = 64;
let vae, maps = new Map(); // maps: cells -> logits of the decoder on a grid over the square, kept, because each new picture asks again

answer({
  async load({ url }) {
    vae = vaeOf(await fetchModel(url));
    maps = new Map();
    return {};
  },

  /** images: bytes (count, 784) -> mean, logVar (count, 2) */
  encode({ images, count }) {
    const { mean, logVar } = vae.encode(Float32Array.from(images.subarray(0, count * PIXELS), (byte) => byte / 255), count);
    return { mean, logVar };
  },

  /** Density of the codes at cells x cells points of the square, top left first; every posterior widened by ``width``. */
  density({ mean, logVar, cells, limit, width }) {
    const out = new Float32Array(cells * cells), count = mean.length / 2, step = (2 * limit) / cells;
    for (let i = 0; i < count; i++) {
      const [sx, sy] = [0, 1].map((d) => Math.sqrt(Math.exp(logVar[2 * i + d]) + width * width));
      const column = (mean[2 * i] + limit) / step, row = (limit - mean[2 * i + 1]) / step, scale = 1 / (2 * Math.PI * sx * sy * count);
      const [rx, ry] = [(4 * sx) / step, (4 * sy) / step];
      for (let r = Math.max(0, Math.ceil(row - ry - 0.5)); r <= Math.min(cells - 1, row + ry - 0.5); r++) {
        for (let c = Math.max(0, Math.ceil(column - rx - 0.5)); c <= Math.min(cells - 1, column + rx - 0.5); c++) {
          const dx = ((c + 0.5 - column) * step) / sx, dy = ((r + 0.5 - row) * step) / sy;
          out[r * cells + c] += scale * Math.exp(-(dx * dx + dy * dy) / 2);
        }
      }
    }
    return { density: out };
  },

  /** z (count, 2) -> means (count, 784) as bytes of grey */
  pictures({ z }) {
    const count = z.length / vae.numLatents, pictures = new Uint8Array(count * PIXELS);
    for (let first = 0; first < count; first += CHUNK) {
      const batch = Math.min(CHUNK, count - first);
      const means = vae.decode(z.subarray(first * vae.numLatents, (first + batch) * vae.numLatents), batch);
      for (let i = 0; i < means.length; i++) pictures[first * PIXELS + i] = means[i] * 255 + 0.5;
    }
    return { pictures };
  },

  /** log p(x | z) at cells x cells points of the square, top left first */
  landscape({ x, cells, limit }) {
    const { logits, normaliser } = mapOf(cells, limit), out = new Float32Array(cells * cells);
    for (let k = 0; k < out.length; k++) {
      let sum = -normaliser[k];
      for (let i = 0, at = k * PIXELS; i < PIXELS; i++) sum += x[i] * logits[at + i];
      out[k] = sum;
    }
    return { landscape: out };
  },

  /** The bound (34) and the tighter one by importance weights, from ``draws`` draws of q(z | x); nats */
  bound({ x, draws, seed }) {
    const { mean, logVar } = vae.encode(x, 1), random = new Random(seed), n = vae.numLatents, z = new Float32Array(draws * n);
    const logRatio = new Float64Array(draws); // log p(z) - log q(z | x)
    for (let s = 0; s < draws; s++) {
      for (let d = 0; d < n; d++) {
        const epsilon = random.normal();
        z[s * n + d] = mean[d] + Math.exp(logVar[d] / 2) * epsilon;
        logRatio[s] += (epsilon * epsilon + logVar[d] - z[s * n + d] ** 2) / 2;
      }
    }
    const fits = Float64Array.from({ length: draws }, () => 0);
    for (let first = 0; first < draws; first += CHUNK) {
      const batch = Math.min(CHUNK, draws - first), logits = vae.logits(z.subarray(first * n, (first + batch) * n), batch);
      for (let k = 0; k < batch; k++) fits[first + k] = logLikelihood(x, logits, k);
    }
    const kl = mean.reduce((sum, m, d) => sum + (m * m + Math.exp(logVar[d]) - 1 - logVar[d]) / 2, 0);
    const reconstruction = fits.reduce((a, b) => a + b) / draws, weights = fits.map((fit, s) => fit + logRatio[s]);
    const top = weights.reduce((a, b) => Math.max(a, b));
    const tighter = top + Math.log(weights.reduce((sum, w) => sum + Math.exp(w - top), 0) / draws);
    return { reconstruction, kl, elbo: reconstruction - kl, tighter };
  },
});

function mapOf(cells, limit) {
  if (!maps.has(cells)) {
    const logits = new Float32Array(cells * cells * PIXELS), normaliser = new Float32Array(cells * cells), step = (2 * limit) / cells;
    for (let row = 0; row < cells; row++) {
      const z = new Float32Array(cells * 2);
      for (let column = 0; column < cells; column++) z.set([(column + 0.5) * step - limit, limit - (row + 0.5) * step], column * 2);
      logits.set(vae.logits(z, cells), row * cells * PIXELS);
    }
    for (let k = 0; k < cells * cells; k++) for (let i = 0; i < PIXELS; i++) normaliser[k] += softplus(logits[k * PIXELS + i]);
    maps.set(cells, { logits, normaliser });
  }
  return maps.get(cells);
}

function logLikelihood(x, logits, k) {
  let sum = 0;
  for (let i = 0, at = k * PIXELS; i < PIXELS; i++) sum += x[i] * logits[at + i] - softplus(logits[at + i]);
  return sum;
}
