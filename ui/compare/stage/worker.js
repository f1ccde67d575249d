// All families in one worker, in turn: a request asks one of them, so that no answer waits long.

import { fetchModel, loadKernels } from "../../engine/engine.js";
import { answer } from "../../kit/ask.js";
import { mindOf } from "./minds.js";

const kernels = loadKernels().catch(() => {});
const minds = new Map();

answer({
  // -> what the checkpoint's card says
  async load({ id, url, count, seed }) {
    const [model] = await Promise.all([fetchModel(url), kernels]);
    minds.set(id, mindOf(model, { count, seed }));
    return { family: model.card.family };
  },
  begin({ id, picture, held }) {
    const mind = minds.get(id);
    mind.begin(picture, held);
    return { seen: mind.see().slice() };
  },
  // steps of dreaming and completing -> the pictures, and the milliseconds that a step of dreaming took
  step({ id, steps, complete }) {
    const mind = minds.get(id), began = performance.now();
    let completed;
    const dreams = mind.dream.next(steps);
    const milliseconds = (performance.now() - began) / steps;
    if (complete) for (let i = 0; i < steps; i++) completed = mind.complete();
    return { dreams: dreams.slice(), milliseconds, ...(complete && { seen: mind.see().slice(), completed: completed.slice() }) };
  },
});
