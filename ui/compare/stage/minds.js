// One model, three questions: what do you dream, how do you see this picture, what would you put where it was rubbed out?
// Every mind answers each with `count` pictures; what a family cannot do, it says in `ways`, and shows what it does instead.

import { BoltzmannChains, Random, meanField, sigmoid } from "../../engine/engine.js";
import { dreamOf, latentWalk } from "../../engine/dreams.js";
import { dbmOf, ganOf, rbmOf, vaeOf } from "../../engine/families.js";
import { stackOf } from "../../dbn/stage/stack.js";

const PIXELS = 784;

export const ways = {
  rbm: {
    see: "One look and one answer: v to p(h | v) to p(v | h).",
    complete: "By its own distribution: Gibbs sampling with the kept pixels held, exact in the long run.",
  },
  dbn: {
    see: "Up through the recognition weights, down through the generative ones.",
    complete: "It cannot sample what is missing given what is kept: recognition has no feedback from above. Instead it rises with its own guess, dreams one sweep, falls, and puts the kept pixels back.",
  },
  dbm: {
    see: "Mean field to its fixed point, then the mean of v.",
    complete: "By its own distribution: Gibbs sampling in all layers with the kept pixels held, exact in the long run.",
  },
  vae: {
    see: "Encoder to z, decoder back.",
    complete: "Not in one step: encoder and decoder in turn, the kept pixels put back each time, which approaches the conditional (Rezende et al. 2014).",
  },
  gan: {
    see: "It has no way from a picture to z. Instead: the closest of the samples it has drawn so far.",
    complete: "No inference at all. Instead: the sample that comes closest on the kept pixels, of all drawn so far.",
  },
};

export function mindOf(model, { count, seed }) {
  if (model.card.config.visible === "gaussian") throw new Error("its pixels are standardised grey levels, and here digits are compared that are made of ones and zeros.");
  return { dream: dreamOf(model, { count, seed }), ...minds[model.card.family](model, { count, seed }) };
}

// begin(picture, held) starts a new question; see() and complete() answer better with every call.
const minds = {
  rbm: (model, options) => gibbs(rbmOf(model), options, (machine, chains) => { chains.sweep(); return chains.means[0].slice(0, PIXELS); }),
  dbm: (model, options) =>
    gibbs(dbmOf(model), options, (machine, chains, picture) => {
      const hidden = meanField(machine, picture, 15).at(-1)[0], out = machine.biases[0].slice(), m = hidden.length;
      for (let i = 0; i < PIXELS; i++) for (let j = 0; j < m; j++) out[i] += machine.weights[0][i * m + j] * hidden[j];
      return out.map(sigmoid);
    }),

  dbn(model, { count, seed }) {
    let stack, kept, values, v;
    return {
      begin(picture, held) {
        [kept, values] = [held, picture];
        stack = stackOf(model, { count, seed });
        v = repeated(picture, count).map((p, i) => (held[i % PIXELS] ? p : 0));
      },
      see() {
        const top = stack.rise(values, 1, false).at(-1);
        return stack.fall(top, 1, false)[0];
      },
      complete() {
        stack.begin(stack.rise(stack.draw(v), count, true).at(-1));
        stack.sweep(1, 1);
        v = stack.fall(stack.penultimate(), count, true)[0].map((p, i) => (kept[i % PIXELS] ? values[i % PIXELS] : p));
        return v;
      },
    };
  },

  vae(model, { count, seed }) {
    const vae = vaeOf(model);
    let random, kept, values, x;
    return {
      dream: latentWalk(vae.numLatents, (z, batch) => vae.decode(z, batch), { count, seed }), // not the window of neighbours that home shows: samples
      begin(picture, held) {
        [random, kept, values] = [new Random(seed), held, picture];
        x = repeated(picture, count).map((p, i) => (held[i % PIXELS] ? p : random.uniform()));
      },
      see: () => vae.decode(vae.encode(values, 1).mean, 1),
      complete() {
        const { mean, logVar } = vae.encode(x, count);
        const z = mean.map((m, i) => m + Math.exp(logVar[i] / 2) * random.normal());
        x = vae.decode(z, count).map((p, i) => (kept[i % PIXELS] ? values[i % PIXELS] : p));
        return x;
      },
    };
  },

  gan(model, { count, seed }) {
    const gan = ganOf(model), TRIES = 24;
    let random, kept, values, best, bestKept;
    const closer = (list, picture, distance) => {
      list.push({ picture, distance });
      list.sort((a, b) => a.distance - b.distance);
      list.length = Math.min(list.length, count);
    };
    function search() {
      const z = Float32Array.from({ length: TRIES * gan.numLatents }, () => random.normal()), drawn = gan.generate(z, TRIES);
      for (let t = 0; t < TRIES; t++) {
        const picture = drawn.slice(t * PIXELS, (t + 1) * PIXELS);
        let all = 0, some = 0;
        for (let i = 0; i < PIXELS; i++) {
          const square = (picture[i] - values[i]) ** 2;
          all += square;
          if (kept[i]) some += square;
        }
        closer(best, picture, all);
        closer(bestKept, picture, some);
      }
    }
    return {
      begin(picture, held) {
        [random, kept, values, best, bestKept] = [new Random(seed), held, picture, [], []];
        search();
      },
      see: () => best[0].picture.slice(),
      complete() {
        search();
        const out = new Float32Array(count * PIXELS);
        for (let c = 0; c < count; c++) out.set(bestKept[c % bestKept.length].picture, c * PIXELS);
        return out;
      },
    };
  },
};

function gibbs(machine, { count, seed }, see) {
  let chains, seeing, kept, values;
  return {
    begin(picture, held) {
      [kept, values] = [held, picture.map((p) => (p > 0.5 ? 1 : 0))];
      const random = new Random(seed);
      chains = new BoltzmannChains({ ...machine, numChains: count, seed });
      for (let c = 0; c < count; c++) chains.setVisible(c, values.map((p, i) => (held[i] ? p : random.uniform() < 0.5 ? 1 : 0)));
      seeing = new BoltzmannChains({ ...machine, numChains: 1, seed });
    },
    see() {
      seeing.setVisible(0, values);
      return see(machine, seeing, values);
    },
    complete() {
      chains.sweep({ mask: kept, values });
      return chains.means[0].slice();
    },
  };
}

function repeated(picture, count) {
  const out = new Float32Array(count * PIXELS);
  for (let c = 0; c < count; c++) out.set(picture, c * PIXELS);
  return out;
}
