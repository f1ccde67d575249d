/**
 * The two inner loops of block Gibbs sampling: in plain JavaScript, readable, and in WebAssembly (kernels.wat), fast.
 * Both compute in single precision in the same order, so the same seed gives the same chains to the last bit.
 */
import { Random } from "./random.js";

const f = Math.fround;
const COLUMNS = 32; // width of a block of columns in kernels.wat

const bits = new Int32Array(1);
const power = new Float32Array(bits.buffer);
const LOG2_E = f(1.44269504), LN2_HIGH = f(0.693359375), LN2_LOW = f(2.1219444e-4);
const POLYNOMIAL = [1.98756915e-4, 1.39819995e-3, 8.33345191e-3, 4.16657959e-2, 1.66666655e-1, 5.00000012e-1].map(f);

/** 1 / (1 + exp(-x)) in single precision; exp is 2^n times a polynomial on the rest (Cephes' expf). @param {number} x */
export function sigmoid(x) {
  const z = f(Math.max(Math.min(-x, 87), -87));
  const n = Math.floor(f(f(z * LOG2_E) + 0.5));
  const r = f(f(z - f(n * LN2_HIGH)) + f(n * LN2_LOW));
  let y = POLYNOMIAL[0];
  for (let k = 1; k < 6; k++) y = f(f(y * r) + POLYNOMIAL[k]);
  y = f(f(f(y * f(r * r)) + r) + 1);
  bits[0] = (n + 127) << 23;
  return f(1 / f(1 + f(y * power[0])));
}

/**
 * out += x W. Binary states are sparse: rows of W that meet a zero are skipped.
 * @param {Float32Array} x (batch, numIn)
 * @param {number} batch
 * @param {Float32Array} W (numIn, numOut)
 * @param {number} numIn
 * @param {number} numOut
 * @param {Float32Array} out (batch, numOut)
 */
export function addDense(x, batch, W, numIn, numOut, out) {
  for (let b = 0; b < batch; b++) {
    const first = b * numOut;
    for (let i = 0; i < numIn; i++) {
      const value = x[b * numIn + i];
      if (value === 0) continue;
      const start = i * numOut;
      if (value === 1) for (let j = 0; j < numOut; j++) out[first + j] += W[start + j];
      else for (let j = 0; j < numOut; j++) out[first + j] += f(value * W[start + j]);
    }
  }
}

/** The readable path: everything is an ordinary array. */
export class PlainKernels {
  random(seed) {
    return new Random(seed);
  }

  allocate(length) {
    return new Float32Array(length);
  }

  /** Weights (numIn, numOut) in the form that addDense wants. */
  pack(W) {
    return W;
  }

  addDense(x, batch, W, numIn, numOut, out) {
    addDense(x, batch, W, numIn, numOut, out);
  }

  /** In place: inputs -> p = sigmoid(beta * input), and a draw of every state with that probability. */
  drawBernoulli(means, states, beta, random) {
    random.fill(states);
    const b = f(beta);
    for (let i = 0; i < means.length; i++) {
      means[i] = sigmoid(f(b * means[i]));
      states[i] = states[i] < means[i] ? 1 : 0;
    }
  }
}

let compiled = null;

/** Compile the WebAssembly kernels for this realm; without them (an old browser) everything runs in plain JavaScript. */
export async function loadKernels(url = new URL("./kernels.wasm", import.meta.url)) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The fast kernels could not be fetched: the server answered ${response.status}.`);
  compiled = await WebAssembly.compile(await response.arrayBuffer());
}

/** @returns {boolean} whether loadKernels has succeeded */
export function kernelsLoaded() {
  return compiled !== null;
}

/** The fast path: arrays are views of one WebAssembly memory, big enough for the layers at hand. */
export class WasmKernels {
  /** @param {number[]} sizes units of each layer @param {number} numChains */
  constructor(sizes, numChains) {
    const padded = (n) => Math.ceil(n / COLUMNS) * COLUMNS;
    const most = Math.max(...sizes);
    let floats = 64 + COLUMNS + numChains * (most + 2);
    sizes.forEach((n, l) => {
      floats += 3 * (numChains * n + 4); // state, mean, scratch of the energy
      if (l > 0) floats += padded(n) * sizes[l - 1] + n * padded(sizes[l - 1]) + 8;
    });
    this.memory = new WebAssembly.Memory({ initial: Math.ceil((floats * 4) / 65536) + 1 });
    this.used = 0;
    this.functions = new WebAssembly.Instance(compiled, { env: { memory: this.memory } }).exports;
    this.scratch = this.allocate(COLUMNS + numChains * (most + 2));
  }

  allocate(length) {
    const view = new Float32Array(this.memory.buffer, this.used, length);
    this.used += Math.ceil(length / 4) * 16; // a multiple of 16 bytes, so that loops of four may run over the end
    return view;
  }

  random(seed) {
    return new Random(seed, new Uint32Array(this.memory.buffer, this.allocate(16).byteOffset, 16));
  }

  /** (numIn, numOut) -> blocks of 32 columns, each (numIn, 32), the last one padded with zeros; into ``old`` if given. */
  pack(W, numIn, numOut, old) {
    const out = old ?? this.allocate(numIn * Math.ceil(numOut / COLUMNS) * COLUMNS);
    let to = 0;
    for (let column = 0; column < numOut; column += COLUMNS) {
      for (let i = 0; i < numIn; i++, to += COLUMNS) {
        out.set(W.subarray(i * numOut + column, i * numOut + Math.min(column + COLUMNS, numOut)), to);
      }
    }
    return out;
  }

  addDense(x, batch, tiles, numIn, numOut, out) {
    this.functions.addDense(x.byteOffset, batch, tiles.byteOffset, numIn, numOut, out.byteOffset, this.scratch.byteOffset);
  }

  drawBernoulli(means, states, beta, random) {
    this.functions.drawBernoulli(means.byteOffset, states.byteOffset, means.length, beta, random.state.byteOffset);
  }
}
