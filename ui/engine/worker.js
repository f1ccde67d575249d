/**
 * The engine in a Web Worker: one request {id, type, …}, one reply {id, …} or {id, error}. See client.js for the promises.
 * Buffers of a reply are transferred, never copied.
 */
import { BoltzmannChains, fetchModel, loadKernels, machineOf, meanHidden } from "./engine.js";
import { dbmOf } from "./families.js";

const kernels = loadKernels().catch(() => {}); // without WebAssembly the engine runs in plain JavaScript
let machine = null;
let chains = null;
let startImages = null; // Float32Array (any number of images, n_0), dealt round to the chains
let beginning = "noise";

const commands = {
  /** {url} -> {card, shapes}. If chains run, they go on from their visible states with the new weights. */
  async load({ url }) {
    const [model] = await Promise.all([fetchModel(url), kernels]);
    machine = model.card.family === "dbm" ? dbmOf(model) : machineOf(model);
    if (chains) {
      const sameShape = machine.biases.every((bias, l) => bias.length === chains.sizes[l]) && machine.biases.length === chains.sizes.length;
      if (sameShape) chains.setMachine(machine);
      else chains = null;
    }
    const shapes = Object.fromEntries(Object.entries(model.tensors).map(([name, { shape }]) => [name, shape]));
    return { card: model.card, shapes };
  },

  /** {numChains, seed, start, images} -> {sizes}. ``images`` Uint8Array or Float32Array (any number, n_0), bytes are scaled to [0, 1]. */
  chains({ numChains, seed = 0, start = "noise", images = null, softmax = null, wasm }) {
    needMachine();
    chains = new BoltzmannChains({ ...machine, numChains, seed, softmax, wasm });
    beginning = start;
    startImages = images && (images instanceof Uint8Array ? Float32Array.from(images, (x) => x / 255) : images);
    begin();
    return { sizes: chains.sizes };
  },

  /** {} -> {}. The chains start again where they began; {images} gives them other pictures to start from. */
  reset({ images = null }) {
    needChains();
    if (images) {
      beginning = "images";
      startImages = images instanceof Uint8Array ? Float32Array.from(images, (x) => x / 255) : images;
    }
    begin();
    return {};
  },

  /** {count, beta, mask, values, clamps, want} -> what was wanted, after ``count`` sweeps, and the milliseconds they took. */
  sweep({ count = 1, beta = 1, mask, values, clamps, want = ["visibleMeans"] }) {
    needChains();
    const began = performance.now();
    for (let t = 0; t < count; t++) chains.sweep({ beta, mask, values, ...(clamps && { clamps }) });
    return { milliseconds: performance.now() - began, ...answer(want) };
  },

  /** {want} -> the present state, no sweep. */
  state({ want }) {
    needChains();
    return answer(want);
  },

  /** {image} Float32Array (batch, n_0) -> {means} p(h_j = 1 | v) */
  meanHidden({ image, beta = 1 }) {
    needMachine();
    return { means: meanHidden(machine, image, beta) };
  },
};

function begin() {
  chains.reset();
  if (beginning !== "images") return;
  const n = chains.sizes[0];
  const numImages = startImages.length / n;
  for (let c = 0; c < chains.numChains; c++) {
    const image = startImages.subarray((c % numImages) * n, ((c % numImages) + 1) * n);
    chains.setVisible(c, chains.gaussian ? image : image.map((p) => (chains.random.uniform() < p ? 1 : 0)));
  }
}

const answers = {
  visibleMeans: () => chains.means[0].slice(),
  visible: () => chains.layers[0].slice(),
  hiddenMeans: () => chains.means[1].slice(),
  hidden: () => chains.layers[1].slice(),
  layers: () => chains.layers.map((x) => x.slice()),
  means: () => chains.means.map((x) => x.slice()),
  energy: () => chains.energy(),
};

function answer(want) {
  return Object.fromEntries(want.map((name) => [name, answers[name]()]));
}

function needMachine() {
  if (!machine) throw new Error("No model is loaded yet: send 'load' first.");
}

function needChains() {
  if (!chains) throw new Error("No chains run yet: send 'chains' first.");
}

function buffersOf(reply) {
  return Object.values(reply).flat().filter(ArrayBuffer.isView).map((view) => view.buffer);
}

// Requests are answered in the order in which they came, also when one must wait for the network.
let queue = Promise.resolve();
self.onmessage = ({ data: { id, type, ...request } }) => {
  queue = queue.then(async () => {
    try {
      const reply = await commands[type](request);
      self.postMessage({ id, ...reply }, buffersOf(reply));
    } catch (error) {
      self.postMessage({ id, error: error.message });
    }
  });
};
