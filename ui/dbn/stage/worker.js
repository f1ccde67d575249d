// The stage's computations, away from the page: dreaming, recognising, completing.

import { fetchModel, loadKernels } from "../../engine/engine.js";
import { answer } from "../../kit/ask.js";
import { stackOf } from "./stack.js";

const kernels = loadKernels().catch(() => {});
let model, stack, completer;

// the layers of one chain as separate arrays, so that their buffers can be transferred
const flat = ({ layers, ...rest }) => ({ ...rest, numLayers: layers.length, ...Object.fromEntries(layers.map((x, l) => [`layer${l}`, x])) });

// every picture the same, drawn anew for each chain
const repeated = (picture, count) => Float32Array.from({ length: count * picture.length }, (_, i) => picture[i % picture.length]);

answer({
  async load({ url, count, seed }) {
    [model] = await Promise.all([fetchModel(url), kernels]);
    const before = stack;
    stack = stackOf(model, { count, seed });
    if (before && String(before.sizes) === String(stack.sizes) && before.numLabels === stack.numLabels) stack.continueFrom(before); // other weights, the same chains
    completer = null;
    return { sizes: stack.sizes, numLabels: stack.numLabels, card: model.card };
  },

  // pictures: where the chains begin, one each (count, 784); null for noise
  restart({ seed, pictures }) {
    stack = stackOf(model, { count: stack.count, seed });
    if (pictures) stack.begin(stack.rise(stack.draw(pictures), stack.count, true).at(-1));
    return {};
  },

  hold({ labels }) {
    stack.hold(labels);
    return {};
  },

  // from a drawing: one pass up, a fresh sample for each chain
  beginFrom({ picture }) {
    stack.begin(stack.rise(repeated(picture, stack.count), stack.count, true).at(-1));
    return {};
  },

  dream({ sweeps, beta, chain, sampled }) {
    stack.sweep(sweeps, beta);
    return flat(stack.look(chain, sampled));
  },

  recognise({ picture, sampled }) {
    const states = stack.rise(sampled ? stack.draw(picture) : picture, 1, sampled), h = states.at(-1);
    const labels = stack.numLabels ? stack.labelsOf(h) : new Float32Array(0), top = stack.topOf(h, labels);
    return flat({ labels, layers: [...states, sampled ? stack.draw(top) : top] });
  },

  // labels of many pictures at once: which one each is taken for
  async classify({ pictures, count }) {
    const n = stack.sizes[0], size = stack.sizes.at(-2), h = stack.rise(pictures, count, false).at(-1), told = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const p = stack.labelsOf(h.subarray(i * size, (i + 1) * size));
      told[i] = p.indexOf(Math.max(...p));
    }
    return { told, pixels: n };
  },

  // Half the chains rise once from the held pixels and then dream on, deaf to them. The other half rise and fall in every sweep, held pixels put back.
  complete({ mask, values, sweeps, begin, count, seed }) {
    if (begin || !completer) {
      completer = { once: stackOf(model, { count, seed }), loop: stackOf(model, { count, seed: seed + 1 }) };
      const start = repeated(values.map((x, i) => (mask[i] ? x : 0)), count);
      completer.once.begin(completer.once.rise(completer.once.draw(start), count, true).at(-1));
      completer.v = start;
    }
    const { once, loop } = completer, n = once.sizes[0];
    once.sweep(sweeps, 1);
    const dreamt = once.fall(once.penultimate(), count, true)[0];
    let looped = completer.v;
    for (let t = 0; t < sweeps; t++) {
      loop.begin(loop.rise(loop.draw(completer.v), count, true).at(-1));
      loop.sweep(1, 1);
      looped = loop.fall(loop.penultimate(), count, true)[0];
      completer.v = looped.map((p, i) => (mask[i % n] ? values[i % n] : p));
    }
    const states = loop.rise(completer.v.slice(0, n), 1, false), h = states.at(-1), labels = loop.numLabels ? loop.labelsOf(h) : new Float32Array(0);
    return flat({
      dreamt, looped: completer.v.slice(), labels, layers: [...states, loop.topOf(h, labels)],
      agreement: Float32Array.of(agreement(dreamt, mask, values), agreement(looped, mask, values)),
    });
  },
});

// mean probability that the pictures give to the held ink (to all held pixels, if there is none)
function agreement(pictures, mask, values) {
  const ink = values.some((x, i) => mask[i] && x > 0.5);
  let sum = 0, count = 0;
  pictures.forEach((p, i) => {
    const k = i % mask.length;
    if (!mask[k] || (ink && values[k] < 0.5)) return;
    sum += ink ? p : 1 - p;
    count++;
  });
  return count ? sum / count : NaN;
}
