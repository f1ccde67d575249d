/**
 * The models in the browser: reads the .safetensors files that deepgen.checkpoint writes, and runs block Gibbs sampling.
 *
 * No DOM, no dependencies. Arrays are Float32Array, row-major; a batch of chains is (numChains * numUnits).
 * deepgen (PyTorch) is the source of truth: the tests feed both the same numbers.
 */

/** @typedef {{shape: number[], data: Float32Array}} Tensor */
/** @typedef {{card: Object, tensors: Object<string, Tensor>}} Model */

const BYTES = { F32: 4, F16: 2, BF16: 2 };

/**
 * The card and the tensors of a checkpoint. Half precision becomes single.
 * @param {ArrayBuffer} buffer
 * @returns {Model}
 */
export function parseSafetensors(buffer) {
  if (buffer.byteLength < 8) throw new Error("This is not a model file: it is shorter than the 8 bytes of a header length.");
  const headerLength = Number(new DataView(buffer).getBigUint64(0, true));
  if (headerLength > buffer.byteLength - 8) {
    throw new Error(`This is not a whole model file: it announces a header of ${headerLength} bytes and holds ${buffer.byteLength - 8}.`);
  }
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, headerLength)));
  } catch {
    throw new Error("This is not a model file: its header is not JSON.");
  }
  if (header === null || typeof header !== "object" || Array.isArray(header)) {
    throw new Error("This is not a model file: its header is not a JSON object.");
  }
  const { __metadata__: metadata, ...entries } = header;
  let card;
  try {
    card = JSON.parse(metadata.card);
  } catch {
    throw new Error("This model file has no card that says what it is: expected one written by deepgen.checkpoint.save.");
  }
  const tensors = {};
  for (const [name, entry] of Object.entries(entries)) tensors[name] = readTensor(buffer, 8 + headerLength, name, entry);
  return { card, tensors };
}

function readTensor(buffer, dataStart, name, entry) {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (!Array.isArray(shape) || !Array.isArray(offsets)) throw new Error(`The tensor '${name}' has no shape or no offsets: the file is damaged.`);
  if (!(dtype in BYTES)) throw new Error(`The tensor '${name}' is stored as ${dtype}: expected one of ${Object.keys(BYTES).join(", ")}.`);
  const size = shape.reduce((product, n) => product * n, 1);
  const [start, end] = offsets;
  if (end - start !== size * BYTES[dtype]) {
    throw new Error(`The tensor '${name}' of shape (${shape}) needs ${size * BYTES[dtype]} bytes and has ${end - start}: the file is damaged.`);
  }
  if (!(start >= 0) || dataStart + end > buffer.byteLength) {
    throw new Error(`The tensor '${name}' ends at byte ${end} of ${buffer.byteLength - dataStart}: the file is cut off.`);
  }
  const bytes = buffer.slice(dataStart + start, dataStart + end); // a copy, because offsets need not be aligned
  if (dtype === "F32") return { shape, data: new Float32Array(bytes) };
  const bits = new Uint16Array(bytes);
  return { shape, data: dtype === "F16" ? fromFloat16(bits) : fromBfloat16(bits) };
}

function fromBfloat16(bits) {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

function fromFloat16(bits) {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const exponent = (bits[i] >> 10) & 31;
    const fraction = bits[i] & 1023;
    const sign = bits[i] >> 15 ? -1 : 1;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

const fetched = new Map();

/**
 * Fetch and parse a model; every address is fetched once in a realm.
 * @param {string} url
 * @returns {Promise<Model>}
 */
export function fetchModel(url) {
  if (!fetched.has(url)) {
    const model = fetch(url).then(async (response) => {
      if (!response.ok) throw new Error(`The model could not be fetched: the server answered ${response.status}. Reload the page to try again.`);
      return parseSafetensors(await response.arrayBuffer());
    });
    model.catch(() => fetched.delete(url));
    fetched.set(url, model);
  }
  return fetched.get(url);
}

/** Seeded generator: xoshiro128++ (Blackman and Vigna 2019), four streams side by side, as the SIMD kernels run it. */
export class Random {
  /** @param {number} seed an integer */
  constructor(seed) {
    this.state = new Uint32Array(16); // word w of stream s is state[4 * w + s]
    let x = seed >>> 0;
    for (let i = 0; i < 16; i++) {
      x = (x + 0x9e3779b9) >>> 0; // splitmix32
      let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.state[i] = z ^ (z >>> 15);
    }
    this.block = new Float32Array(4);
    this.used = 4;
    this.spare = NaN;
  }

  /** Uniform numbers in [0, 1), multiples of 2^-24, four streams interleaved. @param {Float32Array} out */
  fill(out) {
    const s = this.state;
    for (let i = 0; i < out.length; i += 4) {
      for (let k = 0; k < 4; k++) {
        const s0 = s[k], s1 = s[4 + k], s2 = s[8 + k], s3 = s[12 + k];
        const sum = (s0 + s3) | 0;
        const draw = ((((sum << 7) | (sum >>> 25)) + s0) | 0) >>> 8;
        if (i + k < out.length) out[i + k] = draw * 2 ** -24;
        const t2 = s2 ^ s0, t3 = s3 ^ s1;
        s[4 + k] = s1 ^ t2;
        s[k] = s0 ^ t3;
        s[8 + k] = t2 ^ (s1 << 9);
        s[12 + k] = (t3 << 11) | (t3 >>> 21);
      }
    }
    return out;
  }

  /** One uniform number in [0, 1). */
  uniform() {
    if (this.used === 4) {
      this.fill(this.block);
      this.used = 0;
    }
    return this.block[this.used++];
  }

  /** One draw from N(0, 1) (Box and Muller 1958). */
  normal() {
    if (!Number.isNaN(this.spare)) {
      const spare = this.spare;
      this.spare = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** One integer in 0, …, n - 1. @param {number} n */
  integer(n) {
    return Math.floor(this.uniform() * n);
  }
}

/** 1 / (1 + exp(-x)) @param {number} x */
export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + exp(x)) without overflow @param {number} x */
export function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** In place: max(x, 0) */
export function relu(x) {
  for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] = 0;
  return x;
}

/** In place: x where positive, slope * x elsewhere */
export function leakyRelu(x, slope = 0.2) {
  for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] *= slope;
  return x;
}

/** In place: hyperbolic tangent */
export function tanh(x) {
  for (let i = 0; i < x.length; i++) x[i] = Math.tanh(x[i]);
  return x;
}

/**
 * out = x W + bias. Binary states are sparse: rows of W that meet a zero are skipped.
 * @param {Float32Array} x (batch, numIn)
 * @param {number} batch
 * @param {Float32Array} W (numIn, numOut), row-major
 * @param {?Float32Array} bias (numOut), or null to add to what is in ``out``
 * @param {number} numIn
 * @param {number} numOut
 * @param {Float32Array} out (batch, numOut)
 */
export function dense(x, batch, W, bias, numIn, numOut, out = new Float32Array(batch * numOut)) {
  for (let b = 0; b < batch; b++) {
    const row = out.subarray(b * numOut, (b + 1) * numOut);
    if (bias) row.set(bias);
    for (let i = 0; i < numIn; i++) {
      const value = x[b * numIn + i];
      if (value === 0) continue;
      const start = i * numOut;
      for (let j = 0; j < numOut; j++) row[j] += value * W[start + j];
    }
  }
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
 * @property {Float32Array} [sigma] standard deviations of Gaussian visible units, 1 if absent
 */

/**
 * The machine in an RBM's checkpoint.
 * @param {Model} model
 * @returns {Machine}
 */
export function machineOf({ card, tensors }) {
  if (card.family !== "rbm") throw new Error(`Expected a checkpoint of an RBM, got the family '${card.family}'.`);
  const missing = ["W", "visible.bias", "hidden.bias"].filter((name) => !(name in tensors));
  if (missing.length) throw new Error(`The checkpoint lacks the tensor '${missing[0]}' of an RBM.`);
  const logSigma = tensors["visible.log_sigma"];
  return {
    weights: [tensors.W.data],
    biases: [tensors["visible.bias"].data, tensors["hidden.bias"].data],
    visible: logSigma ? "gaussian" : "bernoulli",
    sigma: logSigma && logSigma.data.map(Math.exp),
  };
}

/**
 * Parallel chains of block Gibbs sampling on a list of layers (an RBM has two, a DBM more).
 * One sweep draws the odd layers given the even ones, then the even ones given the odd ones: for an RBM h ~ p(h | v), v ~ p(v | h).
 */
export class BoltzmannChains {
  /**
   * @param {Machine & {numChains: number, seed: number, softmax?: {layer: number, start: number, length: number}}} options
   *   ``softmax``: units of a layer of which exactly one is on (labels)
   */
  constructor({ weights, biases, visible = "bernoulli", sigma = null, numChains, seed, softmax = null }) {
    this.numChains = numChains;
    this.random = new Random(seed);
    this.softmax = softmax;
    this.setMachine({ weights, biases, visible, sigma });
    this.layers = this.sizes.map((n) => new Float32Array(numChains * n)); // the states
    this.means = this.sizes.map((n) => new Float32Array(numChains * n)); // the conditional means they were drawn from
    this.uniforms = new Float32Array(numChains * Math.max(...this.sizes));
    this.reset();
  }

  /** Other weights, same shapes, the chains go on where they are. @param {Machine} machine */
  setMachine({ weights, biases, visible = "bernoulli", sigma = null }) {
    this.sizes = biases.map((bias) => bias.length);
    weights.forEach((W, l) => {
      const [n, m] = [this.sizes[l], this.sizes[l + 1]];
      if (W.length !== n * m) throw new Error(`The weights between layers ${l} and ${l + 1} have ${W.length} numbers: expected ${n} times ${m}.`);
    });
    this.biases = biases;
    this.gaussian = visible === "gaussian";
    this.sigma = sigma ?? new Float32Array(this.sizes[0]).fill(1);
    this.up = [...weights]; // up[l] (n_l, n_{l+1}), down[l] (n_{l+1}, n_l)
    this.down = weights.map((W, l) => transpose(W, this.sizes[l], this.sizes[l + 1]));
    if (this.gaussian) {
      const [n, m] = this.sizes;
      this.up[0] = weights[0].map((w, i) => w / this.sigma[Math.floor(i / m)]);
      this.down[0] = this.down[0].map((w, i) => w * this.sigma[i % n]);
    }
  }

  /** Start again: every layer drawn with no input from the others. */
  reset() {
    this.layers.forEach((_, l) => {
      const n = this.sizes[l];
      for (let c = 0; c < this.numChains; c++) this.means[l].set(this.biases[l], c * n);
      this.draw(l, 1);
    });
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
   * @param {Float32Array} [options.values] shaped like ``mask``
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
    const n = this.sizes[l];
    for (let c = 0; c < this.numChains; c++) out.set(this.biases[l], c * n);
    if (l > 0) {
      if (l === 1 && this.gaussian) this.addDense(this.layers[0], this.up[0], this.sizes[0], n, out);
      else this.addDense(this.layers[l - 1], this.up[l - 1], this.sizes[l - 1], n, out);
    }
    if (l + 1 < this.sizes.length) this.addDense(this.layers[l + 1], this.down[l], this.sizes[l + 1], n, out);
    return out;
  }

  addDense(x, W, numIn, numOut, out) {
    dense(x, this.numChains, W, null, numIn, numOut, out);
  }

  /** Turn the inputs in means[l] into conditional means, and draw layers[l]. */
  draw(l, beta) {
    const means = this.means[l], states = this.layers[l], size = means.length;
    if (l === 0 && this.gaussian) {
      const noise = 1 / Math.sqrt(beta), n = this.sizes[0];
      for (let i = 0; i < size; i++) states[i] = means[i] + this.sigma[i % n] * noise * this.random.normal();
      return;
    }
    const u = this.random.fill(this.uniforms.subarray(0, size));
    if (this.softmax?.layer === l) this.drawSoftmax(l, beta, u);
    const group = this.softmax?.layer === l ? this.softmax : { start: 0, length: 0 };
    const n = this.sizes[l];
    for (let i = 0; i < size; i++) {
      const unit = i % n;
      if (unit >= group.start && unit < group.start + group.length) continue;
      means[i] = sigmoid(beta * means[i]);
      states[i] = u[i] < means[i] ? 1 : 0;
    }
  }

  drawSoftmax(l, beta, u) {
    const { start, length } = this.softmax;
    const n = this.sizes[l];
    for (let c = 0; c < this.numChains; c++) {
      const first = c * n + start;
      const p = this.means[l].subarray(first, first + length);
      const states = this.layers[l].subarray(first, first + length);
      const top = p.reduce((a, b) => Math.max(a, b));
      let total = 0;
      for (let k = 0; k < length; k++) total += p[k] = Math.exp(beta * (p[k] - top));
      let chosen = 0;
      let below = 0;
      for (let k = 0; k < length; k++) p[k] /= total;
      while (chosen < length - 1 && (below += p[chosen]) <= u[first]) chosen++;
      states.fill(0);
      states[chosen] = 1;
    }
  }

  /** Put held units back to their values, in states and means. */
  hold(l, { mask, values }) {
    const states = this.layers[l], means = this.means[l];
    for (let i = 0; i < states.length; i++) {
      if (mask[i % mask.length]) states[i] = means[i] = values[i % values.length];
    }
  }

  /** Energy of every chain's whole state, nats. @returns {Float32Array} (numChains) */
  energy() {
    const energies = new Float32Array(this.numChains);
    for (let c = 0; c < this.numChains; c++) {
      let energy = 0;
      this.sizes.forEach((n, l) => {
        const x = this.layers[l].subarray(c * n, (c + 1) * n);
        if (l === 0 && this.gaussian) for (let i = 0; i < n; i++) energy += ((x[i] - this.biases[0][i]) / this.sigma[i]) ** 2 / 2;
        else for (let i = 0; i < n; i++) energy -= x[i] * this.biases[l][i];
        if (l === 0) return;
        const below = this.layers[l - 1].subarray(c * this.sizes[l - 1], (c + 1) * this.sizes[l - 1]);
        const input = dense(below, 1, this.up[l - 1], this.zeros(n), this.sizes[l - 1], n);
        for (let j = 0; j < n; j++) energy -= input[j] * x[j];
      });
      energies[c] = energy;
    }
    return energies;
  }

  zeros(n) {
    return new Float32Array(n);
  }
}

/**
 * F(v) of an RBM: log p(v) = -F(v) - log Z.
 * @param {Machine} machine
 * @param {Float32Array} v (batch, n_0)
 * @returns {Float32Array} (batch), nats
 */
export function freeEnergy(machine, v) {
  const { chains, batch } = withVisible(machine, v);
  const n = chains.sizes[0], m = chains.sizes[1];
  const inputs = chains.inputs(1);
  const out = new Float32Array(batch);
  for (let c = 0; c < batch; c++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const x = v[c * n + i];
      if (chains.gaussian) sum += ((x - chains.biases[0][i]) / chains.sigma[i]) ** 2 / 2;
      else sum -= x * chains.biases[0][i];
    }
    for (let j = 0; j < m; j++) sum -= softplus(inputs[c * m + j]);
    out[c] = sum;
  }
  return out;
}

/**
 * p(h_j = 1 | v) of an RBM.
 * @param {Machine} machine
 * @param {Float32Array} v (batch, n_0)
 * @returns {Float32Array} (batch, n_1)
 */
export function meanHidden(machine, v, beta = 1) {
  return withVisible(machine, v).chains.inputs(1).map((x) => sigmoid(beta * x));
}

function withVisible(machine, v) {
  const batch = v.length / machine.biases[0].length;
  const chains = new BoltzmannChains({ ...machine, numChains: batch, seed: 0 });
  chains.layers[0].set(v);
  return { chains, batch };
}

/**
 * Mean field of the hidden layers of a DBM, v held (equation 24): odd layers given even ones, then even given odd.
 * @param {Machine} machine
 * @param {Float32Array} v (batch, n_0)
 * @param {number} numIterations
 * @param {?Float32Array[]} start means of the hidden layers to start from; an upward pass if absent
 * @returns {Float32Array[][]} for every iteration, the start first, the means of every hidden layer
 */
export function meanField(machine, v, numIterations, start = null) {
  const { chains } = withVisible(machine, v);
  const last = chains.sizes.length - 1;
  const update = (l) => {
    const inputs = chains.inputs(l);
    for (let i = 0; i < inputs.length; i++) inputs[i] = chains.layers[l][i] = sigmoid(inputs[i]);
  };
  if (start) start.forEach((means, l) => chains.layers[l + 1].set(means));
  else {
    for (let l = 1; l <= last; l++) chains.layers[l].fill(0);
    for (let l = 1; l <= last; l++) update(l);
  }
  const history = [chains.layers.slice(1).map((x) => x.slice())];
  for (let t = 0; t < numIterations; t++) {
    for (const first of [1, 2]) for (let l = first; l <= last; l += 2) update(l);
    history.push(chains.layers.slice(1).map((x) => x.slice()));
  }
  return history;
}
