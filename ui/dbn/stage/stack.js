// A DBN that runs: Gibbs sampling in its top pair, falling from there to the picture, rising from a picture, telling labels apart.

import { BoltzmannChains, dense, Random, softmax, softplus } from "../../engine/engine.js";
import { dbnOf } from "../../engine/families.js";

export function stackOf(model, { count, seed }) {
  const dbn = dbnOf(model), { sizes, numLabels } = dbn, level = sizes.length - 2, size = sizes[level], width = size + numLabels;
  const chains = new BoltzmannChains({ ...dbn.top, numChains: count, seed, softmax: dbn.softmax });
  const random = new Random(seed + 77);
  const draw = (means) => means.map((p) => (random.uniform() < p ? 1 : 0));
  const mask = new Uint8Array(count * width), values = new Float32Array(count * width);

  // states of layers 0 ... level from means or samples of layer `level`; the picture itself as means
  function fall(h, batch, sampled) {
    const states = [h];
    for (let l = level - 1; l >= 0; l--) {
      const means = dbn.down(l, states[0], batch);
      states.unshift(sampled && l > 0 ? draw(means) : means);
    }
    return states;
  }

  function rise(v, batch, sampled) {
    const states = [v];
    for (let l = 0; l < level; l++) {
      const means = dbn.up(l, states[l], batch);
      states.push(sampled ? draw(means) : means);
    }
    return states;
  }

  // F(h, label) of the top pair for every label, less what they share; p(label | h)
  function labelsOf(h) {
    const [W] = dbn.top.weights, [b, c] = dbn.top.biases, m = c.length;
    const inputs = dense(h, 1, W.subarray(0, size * m), c, size, m);
    return softmax(Float32Array.from({ length: numLabels }, (_, k) => {
      let sum = b[size + k];
      for (let j = 0, at = (size + k) * m; j < m; j++, at++) sum += softplus(inputs[j] + W[at]);
      return sum;
    }));
  }

  // the top layer's means given the layer below it and a share for every label
  function topOf(h, labels) {
    const x = new Float32Array(width);
    x.set(h);
    if (labels) x.set(labels, size);
    return dense(x, 1, dbn.top.weights[0], dbn.top.biases[1], width, sizes.at(-1)).map((t) => 1 / (1 + Math.exp(-t)));
  }

  const below = (source, chain) => source.slice(chain * width, chain * width + size);

  return {
    sizes, numLabels, count, chains, fall, rise, labelsOf, topOf, draw,

    // labels: one for each chain, -1 where it is free
    held: new Int8Array(count).fill(-1),
    hold(labels) {
      this.held = labels;
      mask.fill(0);
      values.fill(0);
      labels.forEach((label, c) => {
        if (label < 0 || !numLabels) return;
        mask.fill(1, c * width + size, (c + 1) * width);
        values[c * width + size + label] = 1;
      });
    },

    continueFrom(other) {
      chains.layers.forEach((states, l) => states.set(other.chains.layers[l]));
      chains.means.forEach((means, l) => means.set(other.chains.means[l]));
      this.hold(other.held);
    },

    // put a state of layer `level` under the chains (count, size), their labels drawn from p(label | h)
    begin(h) {
      for (let c = 0; c < count; c++) {
        const x = new Float32Array(width), mine = h.subarray(c * size, (c + 1) * size);
        x.set(mine);
        if (numLabels) {
          const p = labelsOf(mine);
          let k = 0;
          for (let u = random.uniform() - p[0]; u >= 0 && k < numLabels - 1; u -= p[k]) k++;
          x[size + k] = 1;
        }
        chains.setVisible(c, x);
      }
    },

    sweep(times, beta) {
      for (let t = 0; t < times; t++) chains.sweep({ beta, clamps: numLabels ? { 0: { mask, values } } : {} });
    },

    // what all chains look like: their pictures, what they think of the labels, and all layers of one of them
    look(chain, sampled) {
      const source = sampled ? chains.layers[0] : chains.means[0];
      const h = new Float32Array(count * size), labels = new Float32Array(count * numLabels);
      for (let c = 0; c < count; c++) {
        h.set(below(source, c), c * size);
        if (numLabels) labels.set(chains.means[0].subarray(c * width + size, (c + 1) * width), c * numLabels);
      }
      const states = fall(h, count, sampled);
      const layers = states.map((x, l) => x.slice(chain * sizes[l], (chain + 1) * sizes[l]));
      layers.push(chains.layers[1].slice(chain * sizes.at(-1), (chain + 1) * sizes.at(-1)));
      return { pictures: states[0], labels, layers };
    },

    // the states of layer `level` under the chains, drawn
    penultimate() {
      const h = new Float32Array(count * size);
      for (let c = 0; c < count; c++) h.set(below(chains.layers[0], c), c * size);
      return h;
    },
  };
}
