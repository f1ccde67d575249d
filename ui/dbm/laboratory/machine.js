// A machine of 4 + 4 + 4 units, small enough to be summed over all its 4096 states. States are numbers, bit i being unit i.

import { meanField, Random } from "../../engine/engine.js";
import { bound } from "../settle/bound.js";

export const N = 4, STATES = 1 << N;
export const bit = (state, i) => (state >> i) & 1;
export const units = (state) => Float32Array.from({ length: N }, (_, i) => bit(state, i));

const product = (W, x, y) => {
  let sum = 0;
  for (let i = 0; i < N; i++) if (bit(x, i)) for (let j = 0; j < N; j++) if (bit(y, j)) sum += W[i * N + j];
  return sum;
};
const linear = (bias, x) => bias.reduce((sum, b, i) => sum + b * bit(x, i), 0);

// Two hidden causes that exclude each other: units 1 and 2 of every layer hold together, units 3 and 4 too, and the pairs fight.
export function twoExplanations(strength) {
  const pair = (i) => (i < 2 ? 0 : 1), k = 2.2 * strength;
  return {
    weights: [
      Float32Array.from({ length: 16 }, (_, n) => (pair(n >> 2) === pair(n & 3) ? 1.2 : -0.6) * strength),
      Float32Array.from({ length: 16 }, (_, n) => (pair(n >> 2) === pair(n & 3) ? k : -k)),
    ],
    biases: [new Float32Array(4), Float32Array.from({ length: 4 }, () => -0.6 * strength), new Float32Array(4)],
    visible: "bernoulli",
  };
}

export function randomMachine(strength, seed) {
  const random = new Random(seed), draw = (length, scale) => Float32Array.from({ length }, () => scale * random.normal());
  return { weights: [draw(16, 1.5 * strength), draw(16, 2 * strength)], biases: [draw(4, 0.5), draw(4, 0.5), draw(4, 0.5)], visible: "bernoulli" };
}

// Everything exact: {logZ, logP: log p(v) for 16 v, joint(v): p(h1, h2 | v) as 256 numbers, h1 along the rows}
export function enumerate({ weights: [W1, W2], biases: [b0, b1, b2] }) {
  const middle = Array.from({ length: STATES }, (_, h1) => Array.from({ length: STATES }, (_, h2) => product(W2, h1, h2) + linear(b1, h1) + linear(b2, h2)));
  const minusEnergy = (v, h1, h2) => linear(b0, v) + product(W1, v, h1) + middle[h1][h2];
  const logSum = (values) => {
    const top = Math.max(...values);
    return top + Math.log(values.reduce((sum, x) => sum + Math.exp(x - top), 0));
  };
  const all = (v) => Array.from({ length: STATES * STATES }, (_, n) => minusEnergy(v, n >> N, n & (STATES - 1)));
  const logMarginals = Array.from({ length: STATES }, (_, v) => logSum(all(v)));
  const logZ = logSum(logMarginals);
  return {
    logZ,
    logP: logMarginals.map((x) => x - logZ),
    joint: (v) => all(v).map((x) => Math.exp(x - logMarginals[v])),
  };
}

// The mean-field run of one picture: means after every sweep, the bound on log p(v) after every sweep
export function settle(machine, v, logZ, { sweeps, seed }) {
  const random = new Random(seed), start = seed === null ? null : [0, 1].map(() => Float32Array.from({ length: N }, () => random.uniform()));
  const means = meanField(machine, units(v), sweeps, start);
  return { means, bounds: means.map((layers) => bound(machine, units(v), layers) - logZ) };
}

// q(h1, h2) of independent units as 256 numbers
export function factorised([mean1, mean2]) {
  const p = (mean, state) => mean.reduce((product, m, i) => product * (bit(state, i) ? m : 1 - m), 1);
  return Float32Array.from({ length: STATES * STATES }, (_, n) => p(mean1, n >> N) * p(mean2, n & (STATES - 1)));
}

// A Gibbs chain over h1 and h2, v held
export function* gibbs({ weights: [W1, W2], biases: [, b1, b2] }, v, seed) {
  const random = new Random(seed);
  let h1 = 0, h2 = Math.floor(random.uniform() * STATES);
  const draw = (inputs) => inputs.reduce((state, x, i) => state | ((random.uniform() < 1 / (1 + Math.exp(-x)) ? 1 : 0) << i), 0);
  for (;;) {
    h1 = draw(Array.from({ length: N }, (_, j) => {
      let sum = b1[j];
      for (let i = 0; i < N; i++) sum += bit(v, i) * W1[i * N + j] + bit(h2, i) * W2[j * N + i];
      return sum;
    }));
    h2 = draw(Array.from({ length: N }, (_, k) => {
      let sum = b2[k];
      for (let j = 0; j < N; j++) sum += bit(h1, j) * W2[j * N + k];
      return sum;
    }));
    yield (h1 << N) | h2;
  }
}
