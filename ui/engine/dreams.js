/**
 * A model that dreams by itself: dreamOf(model, {count, seed}) -> {next(steps = 1)}: the `count` pictures (count x 784, in [0, 1]) some
 * steps later. A step is a sweep of Gibbs sampling for Boltzmann machines, a small step through latent space for the others.
 */
import { BoltzmannChains, Random } from "./engine.js";
import { dbmOf, dbnOf, ganOf, rbmOf, vaeOf } from "./families.js";

const dreamers = {
  rbm: (model, options) => boltzmann(rbmOf(model), options),
  dbm: (model, options) => boltzmann(dbmOf(model), options),
  dbn(model, { count, seed }) {
    const dbn = dbnOf(model), level = dbn.sizes.length - 2, size = dbn.sizes[level];
    const chains = new BoltzmannChains({ ...dbn.top, numChains: count, seed, softmax: dbn.softmax });
    return {
      next(steps = 1) {
        for (let step = 0; step < steps; step++) chains.sweep();
        let state = new Float32Array(count * size);
        for (let c = 0; c < count; c++) state.set(chains.layers[0].subarray(c * (size + dbn.numLabels), c * (size + dbn.numLabels) + size), c * size);
        for (let l = level - 1; l >= 0; l--) state = dbn.down(l, state, count);
        return state;
      },
    };
  },
  // A window of neighbouring latents, gliding on a slow curve that stays where the prior has its mass.
  vae(model, { count, seed }) {
    const vae = vaeOf(model), random = new Random(seed), side = Math.ceil(Math.sqrt(count)), phase = random.uniform() * 6;
    const z = new Float32Array(count * vae.numLatents);
    let t = 0;
    return {
      next(steps = 1) {
        t += 0.012 * steps;
        for (let i = 0; i < count; i++) {
          z[i * vae.numLatents] = 1.1 * Math.sin(t + phase) + 0.55 * ((i % side) - (side - 1) / 2);
          z[i * vae.numLatents + 1] = 1.1 * Math.cos(0.73 * t + phase) - 0.55 * (Math.floor(i / side) - (side - 1) / 2);
        }
        return vae.decode(z, count);
      },
    };
  },
  gan(model, options) {
    const gan = ganOf(model);
    return latentWalk(gan.numLatents, (z, batch) => gan.generate(z, batch), options);
  },
};

// A walk that keeps N(0, I): z <- cos z + sin noise, the noise renewed before it has been reached. At each step: samples of the prior, decoded.
export function latentWalk(numLatents, decode, { count, seed }) {
  const random = new Random(seed), draw = () => Float32Array.from({ length: count * numLatents }, () => random.normal());
  let from = draw(), to = draw(), t = 0;
  return {
    next(steps = 1) {
      t += 0.03 * steps;
      if (t >= Math.PI / 2) [from, to, t] = [to, draw(), 0];
      return decode(from.map((x, i) => Math.cos(t) * x + Math.sin(t) * to[i]), count);
    },
  };
}

function boltzmann(machine, { count, seed }) {
  const chains = new BoltzmannChains({ ...machine, numChains: count, seed });
  return {
    next(steps = 1) {
      for (let step = 0; step < steps; step++) chains.sweep();
      return chains.means[0];
    },
  };
}

export function dreamOf(model, options) {
  if (!dreamers[model.card.family]) throw new Error(`No dream is known for the family '${model.card.family}'.`);
  return dreamers[model.card.family](model, options);
}
