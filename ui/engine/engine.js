/**
 * Boltzmann machines in the browser: block Gibbs sampling with temperature and clamping, and the primitives of all families.
 *
 * No DOM, no dependencies. Arrays are Float32Array, row-major; a batch of chains is (numChains * numUnits).
 * deepgen (PyTorch) is the source of truth: the tests feed both the same numbers.
 */
import { addDense, kernelsLoaded, PlainKernels, sigmoid, WasmKernels } from "./kernels.js";

export { loadKernels, sigmoid } from "./kernels.js";
export { Random } from "./random.js";
export { fetchModel, parseSafetensors } from "./safetensors.js";

/** log(1 + exp(x)) without overflow @param {number} x */
export function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** In place: max(x, 0) @param {Float32Array} x */
export function relu(x) {
  for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] = 0;
  return x;
}

/** In place: x where positive, slope * x elsewhere @param {Float32Array} x */
export function leakyRelu(x, slope = 0.2) {
  for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] *= slope;
  return x;
}

/** In place: hyperbolic tangent @param {Float32Array} x */
export function tanh(x) {
  for (let i = 0; i < x.length; i++) x[i] = Math.tanh(x[i]);
  return x;
}

/**
 * x W + bias
 * @param {Float32Array} x (batch, numIn)
 * @param {number} batch
 * @param {Float32Array} W (numIn, numOut)
 * @param {?Float32Array} bias (numOut)
 * @param {number} numIn
 * @param {number} numOut
 * @param {Float32Array} [out] (batch, numOut), overwritten
 * @returns {Float32Array} out
 */
export function dense(x, batch, W, bias, numIn, numOut, out = new Float32Array(batch * numOut)) {
  if (bias) for (let b = 0; b < batch; b++) out.set(bias, b * numOut);
  else out.fill(0);
  addDense(x, batch, W, numIn, numOut, out);
  return out;
}

/** (numRows, numColumns) -> (numColumns, numRows) */
export function transpose(W, numRows, numColumns) {
  const out = new Float32Array(W.length);
  for (let i = 0; i < numRows; i++) for (let j = 0; j < numColumns; j++) out[j * numRows + i] = W[i * numColumns + j];
  return out;
}

/**
 * The layers of a Boltzmann machine, visible first.
 * @typedef {Object} Machine
 * @property {Float32Array[]} weights weights[l] (n_l, n_{l+1}) between layers l and l + 1
 * @property {Float32Array[]} biases biases[l] (n_l)
 * @property {"bernoulli"|"gaussian"} [visible]
 * @property {?Float32Array} [sigma] standard deviations of Gaussian visible units, 1 if absent
 */

/**
 * The machine in an RBM's checkpoint.
 * @param {import("./safetensors.js").Model} model
 * @returns {Machine}
 */
export function machineOf({ card, tensors }) {
  if (card.family !== "rbm") throw new Error(`Expected the checkpoint of an RBM, got one of the family '${card.family}'.`);
  const missing = ["W", "visible.bias", "hidden.bias"].filter((name) => !(name in tensors));
  if (missing.length) throw new Error(`The checkpoint lacks the tensor '${missing[0]}' of an RBM: it was not written by deepgen.checkpoint.save.`);
  const logSigma = tensors["visible.log_sigma"];
  return {
    weights: [tensors.W.data],
    biases: [tensors["visible.bias"].data, tensors["hidden.bias"].data],
    visible: logSigma ? "gaussian" : "bernoulli",
    sigma: logSigma ? logSigma.data.map((x) => Math.exp(x)) : null,
  };
}

/** @param {Machine} machine @returns {Float32Array} the weights that visible units meet on the way up: W, or W / sigma */
function upward({ weights, biases, visible, sigma }) {
  if (visible !== "gaussian" || !sigma) return weights[0];
  const m = biases[1].length;
  return weights[0].map((w, i) => w / sigma[Math.floor(i / m)]);
}

/**
 * Parallel chains of block Gibbs sampling on a list of layers (an RBM has two, a DBM more).
 * One sweep draws the odd layers given the even ones, then the even ones given the odd ones: for an RBM h ~ p(h | v), then v ~ p(v | h).
 */
export class BoltzmannChains {
  /**
   * @param {Machine & {numChains: number, seed?: number, softmax?: ?{layer: number, start: number, length: number}, wasm?: boolean}} options
   *   ``softmax``: a group of units of one layer of which exactly one is on (labels).
   *   ``wasm``: use the fast kernels; by default whenever they have been loaded.
   */
  constructor({ weights, biases, visible = "bernoulli", sigma = null, numChains, seed = 0, softmax = null, wasm = kernelsLoaded() }) {
    this.numChains = numChains;
    this.sizes = biases.map((bias) => bias.length);
    this.softmax = softmax;
    this.kernels = wasm ? new WasmKernels(this.sizes, numChains) : new PlainKernels();
    this.random = this.kernels.random(seed);
    this.layers = this.sizes.map((n) => this.kernels.allocate(numChains * n)); // the states
    this.means = this.sizes.map((n) => this.kernels.allocate(numChains * n)); // the conditional means they were drawn from
    this.scratch = this.sizes.map((n) => this.kernels.allocate(numChains * n));
    this.up = []; // up[l] (n_l, n_{l+1}), down[l] (n_{l+1}, n_l), in the form of the kernels
    this.down = [];
    this.setMachine({ weights, biases, visible, sigma });
    this.reset();
  }

  /** Other weights of the same shapes; the chains go on where they are. @param {Machine} machine */
  setMachine({ weights, biases, visible = "bernoulli", sigma = null }) {
    if (biases.length !== this.sizes.length || weights.length !== biases.length - 1) {
      throw new Error(`A machine of ${this.sizes.length} layers was expected, got ${biases.length} biases and ${weights.length} weights.`);
    }
    biases.forEach((bias, l) => {
      if (bias.length !== this.sizes[l]) throw new Error(`Layer ${l} has ${this.sizes[l]} units, got ${bias.length} biases.`);
    });
    weights.forEach((W, l) => {
      const [n, m] = [this.sizes[l], this.sizes[l + 1]];
      if (W.length !== n * m) throw new Error(`The weights between layers ${l} and ${l + 1} are ${W.length} numbers: expected ${n} times ${m}.`);
    });
    this.biases = biases;
    this.gaussian = visible === "gaussian";
    this.sigma = sigma ?? new Float32Array(this.sizes[0]).fill(1);
    weights.forEach((W, l) => {
      const [n, m] = [this.sizes[l], this.sizes[l + 1]];
      const scaled = this.gaussian && l === 0;
      const up = scaled ? upward({ weights, biases, visible, sigma: this.sigma }) : W;
      let down = transpose(W, n, m);
      if (scaled) down = down.map((w, i) => w * this.sigma[i % n]);
      this.up[l] = this.kernels.pack(up, n, m, this.up[l]);
      this.down[l] = this.kernels.pack(down, m, n, this.down[l]);
    });
  }

  /** Start again: every layer drawn with no input from the others. */
  reset() {
    this.sizes.forEach((_, l) => {
      this.setToBias(l, this.means[l]);
      this.draw(l, 1);
    });
  }

  setToBias(l, out) {
    for (let c = 0; c < this.numChains; c++) out.set(this.biases[l], c * this.sizes[l]);
  }

  /** Put a picture under one chain. @param {number} chain @param {ArrayLike<number>} values (n_0) */
  setVisible(chain, values) {
    this.layers[0].set(values, chain * this.sizes[0]);
    this.means[0].set(values, chain * this.sizes[0]);
  }

  /**
   * One sweep.
   * @param {Object} options
   * @param {number} [options.beta] inverse temperature
   * @param {Uint8Array} [options.mask] (n_0) or (numChains * n_0), 1 where a visible unit is held
   * @param {Float32Array} [options.values] what it is held at: (n_0) or (numChains * n_0)
   * @param {Object<number, {mask: Uint8Array, values: Float32Array}>} [options.clamps] the same for any layer
   */
  sweep({ beta = 1, mask, values, clamps = mask ? { 0: { mask, values } } : {} } = {}) {
    for (const l of Object.keys(clamps)) this.hold(Number(l), clamps[l]);
    for (const first of [1, 0]) {
      for (let l = first; l < this.sizes.length; l += 2) {
        this.inputs(l);
        this.draw(l, beta);
        if (clamps[l]) this.hold(l, clamps[l]);
      }
    }
  }

  /** Total input of a layer, bias included, into means[l]. */
  inputs(l) {
    const out = this.means[l];
    this.setToBias(l, out);
    if (l > 0) this.kernels.addDense(this.layers[l - 1], this.numChains, this.up[l - 1], this.sizes[l - 1], this.sizes[l], out);
    if (l + 1 < this.sizes.length) this.kernels.addDense(this.layers[l + 1], this.numChains, this.down[l], this.sizes[l + 1], this.sizes[l], out);
    return out;
  }

  /** Turn the inputs in means[l] into conditional means, and draw layers[l]. */
  draw(l, beta) {
    const means = this.means[l], states = this.layers[l];
    if (l === 0 && this.gaussian) {
      const noise = 1 / Math.sqrt(beta), n = this.sizes[0];
      for (let i = 0; i < means.length; i++) states[i] = means[i] + this.sigma[i % n] * noise * this.random.normal();
    } else {
      const labels = this.softmax?.layer === l ? this.labelMeans(means, beta) : null;
      this.kernels.drawBernoulli(means, states, beta, this.random);
      if (labels) this.drawLabels(l, labels);
    }
  }

  /** Softmax of the inputs of every chain's label units. @returns {Float32Array} (numChains, length) */
  labelMeans(inputs, beta) {
    const { layer, start, length } = this.softmax, n = this.sizes[layer];
    const p = new Float32Array(this.numChains * length);
    for (let c = 0; c < this.numChains; c++) {
      p.set(softmax(inputs.subarray(c * n + start, c * n + start + length), beta), c * length);
    }
    return p;
  }

  drawLabels(l, p) {
    const { start, length } = this.softmax;
    for (let c = 0, first = start; c < this.numChains; c++, first += this.sizes[l]) {
      let chosen = 0;
      for (let u = this.random.uniform() - p[c * length]; u >= 0 && chosen < length - 1; u -= p[c * length + chosen]) chosen++;
      for (let k = 0; k < length; k++) {
        this.means[l][first + k] = p[c * length + k];
        this.layers[l][first + k] = k === chosen ? 1 : 0;
      }
    }
  }

  /** Put held units back to their values, in states and means. */
  hold(l, { mask, values }) {
    const states = this.layers[l], means = this.means[l], n = this.sizes[l];
    for (const array of [mask, values]) {
      if (array.length !== n && array.length !== states.length) {
        throw new Error(`Held units of layer ${l} need ${n} or ${states.length} numbers, got ${array.length}.`);
      }
    }
    for (let i = 0; i < states.length; i++) {
      if (mask[i % mask.length]) states[i] = means[i] = values[i % values.length];
    }
  }

  /** Energy of every chain's whole state, nats. @returns {Float32Array} (numChains) */
  energy() {
    const energies = new Float32Array(this.numChains);
    this.sizes.forEach((n, l) => {
      const x = this.layers[l], bias = this.biases[l];
      const gaussian = l === 0 && this.gaussian;
      const inputs = this.scratch[l].fill(0);
      if (l > 0) this.kernels.addDense(this.layers[l - 1], this.numChains, this.up[l - 1], this.sizes[l - 1], n, inputs);
      for (let c = 0; c < this.numChains; c++) {
        let energy = 0;
        for (let i = 0, k = c * n; i < n; i++, k++) {
          energy += gaussian ? ((x[k] - bias[i]) / this.sigma[i]) ** 2 / 2 : -x[k] * (bias[i] + inputs[k]);
        }
        energies[c] += energy;
      }
    });
    return energies;
  }
}

/** exp(beta * x), normalised @param {Float32Array} x @returns {Float32Array} */
export function softmax(x, beta = 1) {
  const top = x.reduce((a, b) => Math.max(a, b));
  const p = x.map((value) => Math.exp(beta * (value - top)));
  const total = p.reduce((a, b) => a + b);
  return p.map((value) => value / total);
}

/**
 * p(h_j = 1 | v) of an RBM.
 * @param {Machine} machine
 * @param {Float32Array} v (batch, n_0)
 * @returns {Float32Array} (batch, n_1)
 */
export function meanHidden(machine, v, beta = 1) {
  return hiddenInputs(machine, v).map((x) => sigmoid(beta * x));
}

function hiddenInputs(machine, v) {
  const [n, m] = [machine.biases[0].length, machine.biases[1].length];
  return dense(v, v.length / n, upward(machine), machine.biases[1], n, m);
}

/**
 * F(v) of an RBM: log p(v) = -F(v) - log Z.
 * @param {Machine} machine
 * @param {Float32Array} v (batch, n_0)
 * @returns {Float64Array} (batch), nats
 */
export function freeEnergy(machine, v) {
  const [n, m] = [machine.biases[0].length, machine.biases[1].length];
  const inputs = hiddenInputs(machine, v);
  const { biases, sigma } = machine;
  return Float64Array.from({ length: v.length / n }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const x = v[c * n + i];
      sum += machine.visible === "gaussian" ? ((x - biases[0][i]) / (sigma ? sigma[i] : 1)) ** 2 / 2 : -x * biases[0][i];
    }
    for (let j = 0; j < m; j++) sum -= softplus(inputs[c * m + j]);
    return sum;
  });
}

/**
 * Mean field of the hidden layers of a DBM, v held (equation 24): odd layers given even ones, then even ones given odd ones.
 * @param {Machine} machine
 * @param {Float32Array} v (batch, n_0)
 * @param {number} numIterations
 * @param {?Float32Array[]} start means of the hidden layers to start from; if absent an upward pass in which every layer but
 *   the last hears the one below twice, in place of the one above that it does not know yet
 * @returns {Float32Array[][]} the means of every hidden layer: at the start, then after each iteration
 */
export function meanField(machine, v, numIterations, start = null) {
  const batch = v.length / machine.biases[0].length;
  const chains = new BoltzmannChains({ ...machine, numChains: batch, seed: 0 });
  const last = chains.sizes.length - 1;
  chains.layers[0].set(v);
  const update = (l, factor = 1) => {
    const inputs = chains.inputs(l), n = chains.sizes[l];
    for (let i = 0; i < inputs.length; i++) {
      const bias = machine.biases[l][i % n];
      chains.layers[l][i] = sigmoid(bias + factor * (inputs[i] - bias));
    }
  };
  for (let l = 1; l <= last; l++) {
    if (start) chains.layers[l].set(start[l - 1]);
    else chains.layers[l].fill(0);
  }
  if (!start) for (let l = 1; l <= last; l++) update(l, l < last ? 2 : 1);
  const history = [chains.layers.slice(1).map((x) => x.slice())];
  for (let t = 0; t < numIterations; t++) {
    for (const first of [1, 2]) for (let l = first; l <= last; l += 2) update(l);
    history.push(chains.layers.slice(1).map((x) => x.slice()));
  }
  return history;
}
