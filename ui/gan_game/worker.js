// Plays the match in a worker: as many updates as are asked for, as long as there is time, then one view of the state.

import { Match } from "./match.js";
import { drawn, WORLDS } from "./worlds.js";

let match = null;

const answers = {
  start({ world, points, settings, seed }) {
    match = new Match(world === "drawn" ? drawn(points) : WORLDS[world](), settings, seed);
  },
  settings({ settings }) {
    Object.assign(match.settings, settings);
  },
  play({ updates, milliseconds }) {
    const end = performance.now() + milliseconds;
    for (let i = 0; i < updates && !match.failed && performance.now() < end; i++) match.update();
  },
  step({ who }) {
    if (match.failed) return;
    if (who === "D") match.stepD();
    else match.stepG();
  },
};

onmessage = ({ data: { id, type, look, ...rest } }) => {
  try {
    answers[type](rest);
    const view = match.view(look);
    postMessage({ id, view }, Object.values(view).filter(ArrayBuffer.isView).map((array) => array.buffer));
  } catch (error) {
    postMessage({ id, error: error.message });
  }
};
