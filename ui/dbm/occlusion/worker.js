// The machines of the comparison, each with the same number of chains, all holding the same pixels.

import { BoltzmannChains, fetchModel, loadKernels, Random } from "../../engine/engine.js";
import { dbmOf, rbmOf } from "../../engine/families.js";
import { judgeOf } from "../../engine/judge.js";
import { answer } from "../../kit/ask.js";
import { stackOf } from "../../dbn/stage/stack.js";

const kernels = loadKernels().catch(() => {});
const BURN_IN = 10, MEMORY = 40; // sweeps that the average leaves out, and over how many it reaches
let judge, models = [], columns = [], machines = [], averages = [], averaged = 0, count = 9, mask, values;

answer({
  // columns: {url, once} each; once: a DBN hears the held pixels only at the beginning
  async load({ judge: judgeUrl, columns: wanted }) {
    columns = wanted;
    [judge, models] = await Promise.all([judgeOf(judgeUrl), Promise.all(columns.map(({ url }) => fetchModel(url))), kernels]);
    return {};
  },

  // picture: what is held where mask is 1; the rest begins as fair coins, the same ones for every machine
  begin({ picture, held, chains, seed }) {
    [mask, values, count] = [held, picture, chains];
    const random = new Random(seed), n = mask.length;
    const start = Float32Array.from({ length: count * n }, (_, i) => (mask[i % n] ? values[i % n] : random.uniform() < 0.5 ? 1 : 0));
    machines = models.map((model, k) => (model.card.family === "dbn" ? believing(model, start, seed, columns[k].once) : boltzmann(model, start, seed)));
    averages = models.map(() => new Float32Array(n));
    averaged = 0;
    return {};
  },

  // look: which digit each picture looks like is told, too
  sweep({ times, look }) {
    const reply = {};
    averaged += times;
    const share = averaged <= BURN_IN ? 1 : 1 / Math.min(MEMORY, averaged - BURN_IN);
    machines.forEach((machine, k) => {
      const pictures = machine(times);
      const mean = new Float32Array(mask.length);
      pictures.forEach((p, i) => { mean[i % mask.length] += p / count; });
      averages[k] = averages[k].map((a, i) => a + share * (mean[i] - a));
      reply[`pictures${k}`] = pictures;
      reply[`average${k}`] = averages[k].slice();
      if (look) (reply.labels ??= []).push(judge(pictures, count));
    });
    return reply;
  },
});

// Exact Gibbs sampling of p(rest | held), in all layers
function boltzmann(model, start, seed) {
  const machine = model.card.family === "dbm" ? dbmOf(model) : rbmOf(model);
  const chains = new BoltzmannChains({ ...machine, numChains: count, seed });
  for (let c = 0; c < count; c++) chains.setVisible(c, start.subarray(c * mask.length, (c + 1) * mask.length));
  return (times) => {
    for (let t = 0; t < times; t++) chains.sweep({ mask, values });
    return chains.means[0].slice();
  };
}

// A DBN has no way to sample p(rest | held): it rises by its recognition weights, dreams in its top pair, and falls.
function believing(model, start, seed, once) {
  const stack = stackOf(model, { count, seed });
  let v = start;
  stack.begin(stack.rise(v, count, true).at(-1));
  return (times) => {
    let fallen;
    for (let t = 0; t < times; t++) {
      if (!once) stack.begin(stack.rise(stack.draw(v), count, true).at(-1));
      stack.sweep(1, 1);
      fallen = stack.fall(stack.penultimate(), count, true)[0];
      v = fallen.map((p, i) => (mask[i % mask.length] ? values[i % mask.length] : p));
    }
    return once ? fallen : v.slice();
  };
}
