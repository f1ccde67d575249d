/**
 * From a checkpoint (fetchModel) to something that runs: one function per family. Parity with torch: tests/browser/test_families.py.
 */
import { dense, leakyRelu, machineOf, relu, sigmoid, tanh, transpose } from "./engine.js";

const SLOPE = 0.2; // of the GAN's leaky rectifiers

function expectFamily(model, family) {
  if (model.card.family !== family) throw new Error(`Expected a checkpoint of the family '${family}', got '${model.card.family}'.`);
}

// torch keeps a dense layer's weights as (out, in); the engine multiplies rows of (in, out).
function layer(tensors, name) {
  const { shape: [numOut, numIn], data } = tensors[`${name}.weight`];
  return { W: transpose(data, numOut, numIn), bias: tensors[`${name}.bias`]?.data ?? new Float32Array(numOut), numIn, numOut };
}

function layers(tensors, prefix) {
  const found = [];
  while (tensors[`${prefix}.${found.length}.weight`]) found.push(layer(tensors, `${prefix}.${found.length}`));
  return found;
}

const apply = ({ W, bias, numIn, numOut }, x, batch) => dense(x, batch, W, bias, numIn, numOut);

/**
 * A variational autoencoder.
 * @returns {{numLatents: number, decode: function(Float32Array, number): Float32Array, logits: function(Float32Array, number): Float32Array,
 *   encode: function(Float32Array, number): {mean: Float32Array, logVar: Float32Array}}}
 *   hidden, if given, receives the hidden layers on the way.
 *   decode(z (batch, numLatents), batch) -> means (batch, 784), the sigmoid of logits(z, batch, hidden); encode(x (batch, 784), batch) -> mean and log variance (batch, numLatents)
 */
export function vaeOf(model) {
  expectFamily(model, "vae");
  const { tensors } = model;
  if (tensors["visible.log_sigma"]) throw new Error("This VAE has Gaussian visible units, and pictures here are made of Bernoulli pixels.");
  const encoder = layers(tensors, "encoder"), mean = layer(tensors, "mean"), logVar = layer(tensors, "log_var");
  const decoder = layers(tensors, "decoder"), output = { ...layer(tensors, "output"), bias: tensors["visible.bias"].data };
  return {
    numLatents: mean.numOut,
    decode(z, batch) {
      return this.logits(z, batch).map(sigmoid);
    },
    logits(z, batch, hidden = []) {
      for (const each of decoder) hidden.push((z = relu(apply(each, z, batch))));
      return apply(output, z, batch);
    },
    encode(x, batch, hidden = []) {
      for (const each of encoder) hidden.push((x = relu(apply(each, x, batch))));
      return { mean: apply(mean, x, batch), logVar: apply(logVar, x, batch) };
    },
  };
}

/**
 * A generative adversarial network; batch normalisation that is still there is folded into the dense layers.
 * @returns {{numLatents: number, generate: function(Float32Array, number): Float32Array, discriminate: function(Float32Array, number): Float32Array, stacks: Object}}
 *   generate(z, batch) -> pictures (batch, 784), in [0, 1] unless the output is linear; discriminate(x, batch) -> logits (batch), the similarity of a batch left out;
 *   stacks: both as {layers, slope, last}, for those who have faster products
 */
export function ganOf(model) {
  expectFamily(model, "gan");
  const { tensors } = model, judge = layers(tensors, "discriminator.layers"), verdict = layer(tensors, "discriminator.verdict");
  const generator = layers(tensors, "generator.layers").map((each, l) => foldNorm(each, tensors, `generator.norms.${l}`));
  const linear = model.card.config.output === "linear"; // data anywhere, not in [0, 1]
  const numIn = judge.at(-1).numOut; // minibatch discrimination, if any, is zero for a batch of one: its weights are left out
  const stacks = {
    generator: { layers: generator, slope: SLOPE, last: (x) => (linear ? x : tanh(x).map((t) => (t + 1) / 2)) },
    discriminator: { layers: [...judge, { ...verdict, W: verdict.W.subarray(0, numIn), numIn }], slope: SLOPE, last: (x) => x },
  };
  const run = ({ layers: all, slope, last }, x, batch) => {
    all.forEach((each, l) => {
      x = apply(each, x, batch);
      if (l < all.length - 1) x = leakyRelu(x, slope);
    });
    return last(x);
  };
  return {
    numLatents: generator[0].numIn,
    stacks,
    generate: (z, batch) => run(stacks.generator, z, batch),
    discriminate: (x, batch) => run(stacks.discriminator, linear ? x : x.map((p) => 2 * p - 1), batch),
  };
}

// gamma (x W + b - mean) / s + beta = x (W gamma / s) + (b - mean) gamma / s + beta
function foldNorm(dense, tensors, name) {
  if (!tensors[`${name}.weight`]) return dense;
  const [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((part) => tensors[`${name}.${part}`].data);
  const scale = gamma.map((g, j) => g / Math.sqrt(variance[j] + 1e-5)), { numOut } = dense;
  return { ...dense, W: dense.W.map((w, i) => w * scale[i % numOut]), bias: dense.bias.map((b, j) => (b - mean[j]) * scale[j] + beta[j]) };
}

/**
 * The classifier that judges pictures: convolutions of 5 x 5 in steps of two pixels, rectified; a dense layer; a score for each label.
 * @returns {function(Float32Array, number): Float32Array} (pictures (batch, 784) in [0, 1], batch) -> logits (batch, 10)
 */
export function classifierOf(model) {
  expectFamily(model, "classifier");
  const { tensors, card } = model, features = layer(tensors, "dense"), output = layer(tensors, "output"), convolutions = [];
  while (tensors[`convolutions.${convolutions.length}.weight`]) {
    const { shape: [numOut, numIn], data } = tensors[`convolutions.${convolutions.length}.weight`];
    convolutions.push({ W: transpose(data, numOut, 25 * numIn), bias: tensors[`convolutions.${convolutions.length}.bias`].data, numIn, numOut });
  }
  return (x, batch) => {
    let [rows, columns] = card.config.image_shape;
    for (const each of convolutions) {
      x = relu(convolve(x, batch, rows, columns, each));
      [rows, columns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
    }
    return apply(output, relu(apply(features, x, batch)), batch);
  };
}

// (batch, numIn, rows, columns) -> (batch, numOut, rows / 2, columns / 2): a product with the 5 x 5 neighbourhood of every second pixel
function convolve(x, batch, rows, columns, { W, bias, numIn, numOut }) {
  const high = Math.ceil(rows / 2), wide = Math.ceil(columns / 2), places = high * wide, size = 25 * numIn;
  const patches = new Float32Array(batch * places * size);
  for (let b = 0, at = 0; b < batch; b++) for (let r = 0; r < high; r++) for (let c = 0; c < wide; c++) for (let i = 0; i < numIn; i++) {
    const plane = (b * numIn + i) * rows * columns;
    for (let y = 2 * r - 2; y <= 2 * r + 2; y++) for (let z = 2 * c - 2; z <= 2 * c + 2; z++, at++) {
      if (y >= 0 && y < rows && z >= 0 && z < columns) patches[at] = x[plane + y * columns + z];
    }
  }
  const flat = dense(patches, batch * places, W, bias, size, numOut), out = new Float32Array(flat.length);
  for (let b = 0; b < batch; b++) out.set(transpose(flat.subarray(b * places * numOut, (b + 1) * places * numOut), places, numOut), b * places * numOut);
  return out;
}

/** A deep Boltzmann machine, for BoltzmannChains and meanField. @returns {import("./engine.js").Machine} */
export function dbmOf(model) {
  expectFamily(model, "dbm");
  const { tensors } = model, weights = [], biases = [];
  while (tensors[`weights.${weights.length}`]) weights.push(tensors[`weights.${weights.length}`].data);
  for (let l = 0; l <= weights.length; l++) biases.push(tensors[`layers.${l}.bias`].data);
  const logSigma = tensors["layers.0.log_sigma"];
  return { weights, biases, visible: logSigma ? "gaussian" : "bernoulli", sigma: logSigma?.data.map(Math.exp) };
}

/**
 * A deep belief network.
 * @returns {{sizes: number[], numLabels: number, top: import("./engine.js").Machine, softmax: ?Object,
 *   up: function(number, Float32Array, number): Float32Array, down: function(number, Float32Array, number): Float32Array}}
 *   up(l, x, batch): recognition means of layer l + 1 given layer l; down(l, h, batch): generative means of layer l given layer l + 1
 */
export function dbnOf(model) {
  expectFamily(model, "dbn");
  const { tensors, card } = model, numLabels = card.config.num_labels ?? 0, sizes = card.config.layer_sizes;
  if (card.config.visible === "gaussian") throw new Error("This stack has real-valued visible units, and only binary ones run in the browser.");
  const pairs = sizes.slice(0, -2).map((numLow, l) => {
    const W = tensors[`layers.${l}.W`].data, numHigh = sizes[l + 1];
    return {
      numLow, numHigh, below: tensors[`layers.${l}.visible.bias`].data, above: tensors[`layers.${l}.hidden.bias`].data,
      recognition: tensors[`recognition.${l}`]?.data ?? W, generative: transpose(W, numLow, numHigh),
    };
  });
  const top = {
    weights: [tensors["top.W"].data], biases: [tensors["top.visible.bias"].data, tensors["top.hidden.bias"].data], visible: "bernoulli", sigma: null,
  };
  return {
    sizes, numLabels, top, softmax: numLabels ? { layer: 0, start: sizes.at(-2), length: numLabels } : null,
    up: (l, x, batch) => dense(x, batch, pairs[l].recognition, pairs[l].above, pairs[l].numLow, pairs[l].numHigh).map(sigmoid),
    down: (l, h, batch) => dense(h, batch, pairs[l].generative, pairs[l].below, pairs[l].numHigh, pairs[l].numLow).map(sigmoid),
  };
}

export { machineOf as rbmOf };
