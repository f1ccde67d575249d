// Training a small RBM on bars and stripes by the exact gradient, CD-k or PCD; and the three gradients side by side. No DOM.

import { BoltzmannChains } from "../../engine/engine.js";
import { ascend, barsAndStripes, difference, logLikelihood, meanStatistics, modelStatistics } from "../../engine/exact.js";
import { Random } from "../../engine/random.js";

export const NUM_CHAINS = 100;

// A machine of the laboratory as the engine wants it, in single precision.
export const forEngine = ({ W, b, c }) => ({ weights: [Float32Array.from(W)], biases: [Float32Array.from(b), Float32Array.from(c)] });

// The number of every chain's visible state: unit i is bit i.
export function stateNumbers(chains) {
  const n = chains.sizes[0], v = chains.layers[0];
  return Int32Array.from({ length: chains.numChains }, (_, chain) => {
    let state = 0;
    for (let i = 0; i < n; i++) state |= v[chain * n + i] << i;
    return state;
  });
}

export function setStates(chains, numbers) {
  const n = chains.sizes[0], v = chains.layers[0];
  for (let chain = 0; chain < chains.numChains; chain++) {
    for (let i = 0; i < n; i++) v[chain * n + i] = (numbers[chain % numbers.length] >> i) & 1;
  }
}

export class Learner {
  constructor(side, numHidden, seed) {
    this.side = side;
    this.data = barsAndStripes(side);
    this.numVisible = side * side;
    this.numHidden = numHidden;
    this.restart(seed);
  }

  // Small random weights, particles from noise, no update done.
  restart(seed) {
    const random = new Random(seed);
    this.machine = {
      W: new Float64Array(this.numVisible * this.numHidden).map(() => 0.1 * random.normal()),
      b: new Float64Array(this.numVisible),
      c: new Float64Array(this.numHidden),
    };
    this.begun = { W: this.machine.W.slice(), b: this.machine.b.slice(), c: this.machine.c.slice() };
    const make = (numChains, offset) => new BoltzmannChains({ ...forEngine(this.machine), numChains, seed: seed + offset, wasm: false });
    this.particles = make(NUM_CHAINS, 1);
    // every pattern equally often, so that chance in the choice of patterns does not count as an error of CD
    this.fromData = make(this.data.length * Math.ceil(NUM_CHAINS / this.data.length), 2);
    this.updates = 0;
  }

  positive() {
    return meanStatistics(this.machine, this.data);
  }

  // <v h> of the model in equation 7: summed over all states, or k sweeps from the data, or from the persistent particles.
  negative(method, k) {
    if (method === "exact") return modelStatistics(this.machine);
    const chains = method === "cd" ? this.fromData : this.particles;
    chains.setMachine(forEngine(this.machine));
    if (method === "cd") setStates(chains, this.data);
    for (let t = 0; t < k; t++) chains.sweep();
    return meanStatistics(this.machine, stateNumbers(chains));
  }

  gradient(method, k) {
    return difference(this.positive(), this.negative(method, k));
  }

  // One update; returns the exact log-likelihood after it, nats a picture.
  step(method, k, rate) {
    ascend(this.machine, this.positive(), this.negative(method, k), rate);
    this.updates++;
    return this.likelihood();
  }

  likelihood() {
    return logLikelihood(this.machine, this.data);
  }
}

// Means of statistics that arrive one by one while the machine rests: the noise goes, the bias stays.
export class Average {
  constructor() {
    this.reset();
  }
  reset() {
    this.count = 0;
    this.sum = null;
  }
  add(values) {
    this.sum = this.sum ? this.sum.map((x, at) => x + values[at]) : values.slice();
    this.count++;
  }
  get mean() {
    return this.sum?.map((x) => x / this.count);
  }
}

// How far an estimate points away from the truth, in degrees, and how long it is beside it.
export function compare(estimate, truth) {
  let dot = 0, a = 0, b = 0;
  for (let at = 0; at < truth.length; at++) {
    dot += estimate[at] * truth[at];
    a += estimate[at] ** 2;
    b += truth[at] ** 2;
  }
  if (a === 0 || b === 0) return { degrees: NaN, length: NaN };
  return { degrees: (180 / Math.PI) * Math.acos(Math.max(-1, Math.min(1, dot / Math.sqrt(a * b)))), length: Math.sqrt(a / b) };
}
