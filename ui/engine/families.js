/**
 * From a checkpoint (fetchModel) to something that runs: one function per family. Parity with torch is held by tests.
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
 * A generative adversarial network whose batch normalisation has been folded into its dense layers.
 * @returns {{numLatents: number, generate: function(Float32Array, number): Float32Array, discriminate: function(Float32Array, number): Float32Array}}
 *   generate(z, batch) -> pictures in [0, 1] (batch, 784); discriminate(x, batch) -> logits (batch), the similarity of a batch left out
 */
export function ganOf(model) {
  expectFamily(model, "gan");
  const { tensors } = model;
  if (tensors["generator.norms.0.weight"]) throw new Error("This GAN still has batch normalisation: store it folded.");
  const generator = layers(tensors, "generator.layers"), judge = layers(tensors, "discriminator.layers");
  const verdict = layer(tensors, "discriminator.verdict"), features = judge.at(-1).numOut;
  const kernels = verdict.numIn - features; // minibatch discrimination, if any: zero for a batch of one
  return {
    numLatents: generator[0].numIn,
    generate(z, batch) {
      generator.forEach((each, i) => {
        z = apply(each, z, batch);
        z = i < generator.length - 1 ? leakyRelu(z, SLOPE) : tanh(z).map((t) => (t + 1) / 2);
      });
      return z;
    },
    discriminate(x, batch) {
      x = x.map((p) => 2 * p - 1);
      for (const each of judge) x = leakyRelu(apply(each, x, batch), SLOPE);
      const padded = new Float32Array(batch * (features + kernels));
      for (let b = 0; b < batch; b++) padded.set(x.subarray(b * features, (b + 1) * features), b * (features + kernels));
      return apply(verdict, padded, batch);
    },
  };
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
