// The generator and the discriminator at the display's rate: their dense layers by the fast kernels, in a worker.

import { loadKernels } from "../../engine/engine.js";
import { fetchModel } from "../../engine/safetensors.js";
import { ganOf } from "../../engine/families.js";
import { kernelsLoaded, WasmKernels } from "../../engine/kernels.js";
import { answer } from "../../kit/ask.js";

const kernels = loadKernels().catch(() => {}); // without WebAssembly everything runs in plain JavaScript
let gan = null, fast = null;

/** The same two functions as ganOf's, for batches of exactly `batch`. */
function fastGan({ stacks, numLatents }, batch) {
  const runners = {};
  for (const [name, { layers, last, slope }] of Object.entries(stacks)) {
    const sizes = [layers[0].numIn, ...layers.map((layer) => layer.numOut)], memory = new WasmKernels(sizes, batch);
    const states = sizes.map((n) => memory.allocate(batch * n)), packed = layers.map(({ W, numIn, numOut }) => memory.pack(W, numIn, numOut));
    runners[name] = (x) => {
      states[0].set(x);
      layers.forEach(({ bias, numIn, numOut }, l) => {
        const out = states[l + 1];
        for (let b = 0; b < batch; b++) out.set(bias, b * numOut);
        memory.addDense(states[l], batch, packed[l], numIn, numOut, out);
        if (l < layers.length - 1) for (let i = 0; i < out.length; i++) if (out[i] < 0) out[i] *= slope;
      });
      return last(states.at(-1).slice());
    };
  }
  return { numLatents, batch, generate: runners.generator, discriminate: (x) => runners.discriminator(x.map((p) => 2 * p - 1)) };
}

function forBatch(batch) {
  if (!kernelsLoaded()) return gan;
  if (fast?.batch !== batch) fast = fastGan(gan, batch);
  return fast;
}

answer({
  /** {url} -> {numLatents, card} */
  async load({ url }) {
    const [model] = await Promise.all([fetchModel(url), kernels]);
    gan = ganOf(model);
    fast = null;
    return { numLatents: gan.numLatents, card: model.card };
  },

  /** {z, batch, exact} -> {pictures (batch, 784), logits (batch)} */
  look({ z, batch, plain = false }) {
    const player = plain ? gan : forBatch(batch), pictures = player.generate(z, batch);
    return { pictures, logits: player.discriminate(pictures, batch) };
  },

  /** {pictures, batch} -> {logits} */
  judge({ pictures, batch }) {
    return { logits: gan.discriminate(pictures, batch) };
  },
});
