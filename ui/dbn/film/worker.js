// The machines of the film: the RBM, the stack at its tied start, two RBMs, three RBMs, each sampling from the same noise.

import { dense, fetchModel, loadKernels, Random, sigmoid, transpose } from "../../engine/engine.js";
import { answer } from "../../kit/ask.js";

const kernels = loadKernels().catch(() => {});
let rbms, runs = {};

// an RBM as two dense layers, label units left out
function pairOf(tensors, name, numLow) {
  const { data, shape: [rows, numHigh] } = tensors[`${name}.W`], W = data.subarray(0, numLow * numHigh);
  return { W, down: transpose(W, numLow, numHigh), below: tensors[`${name}.visible.bias`].data.subarray(0, numLow), above: tensors[`${name}.hidden.bias`].data, numLow, numHigh, rows };
}
const upsideDown = (pair) => ({ W: pair.down, down: pair.W, below: pair.above, above: pair.below, numLow: pair.numHigh, numHigh: pair.numLow });

const means = (x, batch, W, bias, numIn, numOut) => dense(x, batch, W, bias, numIn, numOut).map(sigmoid);
const up = (pair, x, batch) => means(x, batch, pair.W, pair.above, pair.numLow, pair.numHigh);
const down = (pair, h, batch) => means(h, batch, pair.down, pair.below, pair.numHigh, pair.numLow);

// Gibbs sampling in the top pair of a stack; `state` is of the top pair's lower layer
class Run {
  constructor(pairs, v, batch, seed) {
    Object.assign(this, { pairs, batch, random: new Random(seed) });
    this.state = v;
    for (const pair of pairs.slice(0, -1)) this.state = this.draw(up(pair, this.state, batch));
  }
  draw(p) {
    return p.map((x) => (this.random.uniform() < x ? 1 : 0));
  }
  sweep() {
    const top = this.pairs.at(-1);
    this.high = this.draw(up(top, this.state, this.batch));
    this.low = down(top, this.high, this.batch);
    this.state = this.draw(this.low);
  }
  pictures() {
    if (this.pairs.length === 1) return this.low;
    let x = this.state;
    for (const pair of this.pairs.slice(0, -1).reverse()) x = down(pair, x, this.batch);
    return x;
  }
}

// The RBM and its tied stack walk the same path, half a sweep apart: v, h, v, h … is h2, h1, h2, h1 … with h2 in the place of v.
class Twins {
  constructor(rbm, v, batch, seed) {
    Object.assign(this, { rbm, top: upsideDown(rbm), batch, seed });
    this.h = [v, v].map((x) => this.noise(0, up(rbm, x, batch)));
    this.t = 0;
  }
  noise(t, p) {
    const random = new Random(this.seed * 7919 + t);
    return p.map((x) => (random.uniform() < x ? 1 : 0));
  }
  sweep() {
    this.t += 2;
    const { rbm, top, batch } = this;
    const v = this.noise(this.t, down(rbm, this.h[0], batch)); // the RBM goes down to its pixels
    this.h[0] = this.noise(this.t + 1, up(rbm, v, batch));
    const h2 = this.noise(this.t, up(top, this.h[1], batch)); // the stack goes up to h2 with the same numbers
    this.h[1] = this.noise(this.t + 1, down(top, h2, batch));
  }
  pictures() {
    const pictures = this.h.map((h) => down(this.rbm, h, this.batch));
    const both = new Float32Array(2 * pictures[0].length);
    pictures.forEach((each, i) => both.set(each, i * each.length));
    return both;
  }
  apart() {
    const half = this.pictures(), n = half.length / 2;
    let most = 0;
    for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(half[i] - half[n + i]));
    return most;
  }
}

// the half of an RBM's upper units whose weights are largest, in their own order
function strongest({ W, numLow, numHigh }) {
  const squares = new Float32Array(numHigh);
  for (let i = 0; i < numLow; i++) for (let j = 0; j < numHigh; j++) squares[j] += W[i * numHigh + j] ** 2;
  const middle = squares.slice().sort()[Math.floor(numHigh / 2)];
  return [...squares.keys()].filter((j) => squares[j] >= middle);
}

answer({
  async load({ url }) {
    const [{ tensors, card }] = await Promise.all([fetchModel(url), kernels]), sizes = card.config.layer_sizes;
    rbms = sizes.slice(0, -1).map((n, l) => pairOf(tensors, l === sizes.length - 2 ? "top" : `layers.${l}`, n));
    return { sizes, card };
  },

  begin({ pictures, count, seed }) {
    runs = {
      rbm: new Run(rbms.slice(0, 1), pictures, count, seed), twins: new Twins(rbms[0], pictures, count, seed),
      two: new Run(rbms.slice(0, 2), pictures, count, seed), three: new Run(rbms, pictures, count, seed),
    };
    return {};
  },

  sweep({ scene, times }) {
    const run = runs[scene];
    for (let t = 0; t < times; t++) run.sweep();
    return { pictures: run.pictures(), apart: Float32Array.of(scene === "twins" ? run.apart() : NaN) };
  },

  // What units of each layer add to the pixels, through the layers below (products of weights); of the layer's stronger half, evenly chosen
  filters({ count }) {
    const reply = {};
    rbms.forEach((pair, l) => {
      const x0 = new Float32Array(count * pair.numHigh), chosen = strongest(pair);
      for (let j = 0; j < count; j++) x0[j * pair.numHigh + chosen[Math.floor((j * chosen.length) / count)]] = 1;
      let x = x0;
      for (let k = l; k >= 0; k--) x = dense(x, count, rbms[k].down, null, rbms[k].numHigh, rbms[k].numLow);
      reply[`layer${l + 1}`] = x;
    });
    return reply;
  },
});
