// Mean field in a worker: {id, url, v, numIterations, seed} -> {id, sizes, logPartition (or null), runs: {doubled, random}}, each run {means (per sweep, per layer), bounds, pixels}.

import { fetchModel, loadKernels, meanField, Random } from "../../engine/engine.js";
import { dbmOf } from "../../engine/families.js";
import { bound, pixelsGiven } from "./bound.js";

const kernels = loadKernels().catch(() => {}); // plain JavaScript without them

self.onmessage = async ({ data: { id, url, v, numIterations, seed } }) => {
  try {
    const [model] = await Promise.all([fetchModel(url), kernels]);
    const machine = dbmOf(model), random = new Random(seed);
    const anywhere = machine.biases.slice(1).map((bias) => random.fill(new Float32Array(bias.length)));
    const runs = {};
    for (const [name, start] of [["doubled", null], ["random", anywhere]]) {
      const means = meanField(machine, v, numIterations, start);
      runs[name] = { means, bounds: means.map((layers) => bound(machine, v, layers)), pixels: means.map((layers) => pixelsGiven(machine, layers[0])) };
    }
    self.postMessage({ id, runs, logPartition: model.card.metrics?.log_partition_ais ?? null, sizes: machine.biases.map((bias) => bias.length) });
  } catch (error) {
    self.postMessage({ id, error: error.message });
  }
};
