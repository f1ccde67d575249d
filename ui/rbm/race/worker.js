// The lanes: machines whose chains begin at the same coin flips and move by the same random numbers.

import { BoltzmannChains, fetchModel, loadKernels, Random } from "../../engine/engine.js";
import { classifierOf, rbmOf } from "../../engine/families.js";
import { answer } from "../../kit/ask.js";
import { Autocorrelation, visit } from "./mixing.js";

export const ARRIVED = 100; // sweeps from the noise that tell nothing about mixing yet
const KEEP = 5, LAGS = 50; // every fifth sweep is kept, as deepgen.race does
const LOOK = 20, SURE = 0.9; // how often the judge looks, and how sure it must be of a digit

let machines, judge, lanes;

answer({
  async load({ urls, judgeUrl }) {
    const [models, eyes] = await Promise.all([Promise.all(urls.map(fetchModel)), fetchModel(judgeUrl), loadKernels().catch(() => {})]);
    machines = models.map(rbmOf);
    judge = classifierOf(eyes);
    return {};
  },
  // -> the noise
  begin({ numChains, seed }) {
    const size = machines[0].biases[0].length, random = new Random(seed);
    const noise = Float32Array.from({ length: numChains * size }, () => (random.uniform() < 0.5 ? 1 : 0));
    lanes = machines.map((machine) => {
      const chains = new BoltzmannChains({ ...machine, numChains, seed });
      for (let c = 0; c < numChains; c++) chains.setVisible(c, noise.subarray(c * size, (c + 1) * size));
      return { chains, sweeps: 0, mixing: new Autocorrelation(numChains, size, LAGS), seen: new Uint8Array(10 * numChains) };
    });
    return state();
  },
  sweep({ times }) {
    for (let t = 0; t < times; t++) lanes.forEach(advance);
    return state();
  },
});

function advance(lane) {
  const { chains, mixing, seen } = lane;
  chains.sweep();
  lane.sweeps++;
  if (lane.sweeps > ARRIVED && lane.sweeps % KEEP === 0) mixing.push(chains.means[0]);
  if (lane.sweeps % LOOK === 0) visit(seen, judge(chains.means[0], chains.numChains), SURE);
}

// lane after lane: what the chains show, which digits they have been; and the autocorrelations with the sweeps between two of its lags
function state() {
  return {
    dreams: Float32Array.from(lanes.flatMap(({ chains }) => [...chains.means[0]])),
    seen: Uint8Array.from(lanes.flatMap(({ seen }) => [...seen])),
    autocorrelation: lanes.map(({ mixing }) => mixing.values()),
    lagSweeps: KEEP,
  };
}
