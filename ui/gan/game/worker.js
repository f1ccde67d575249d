// Plays the match in a worker: as many updates as are asked for, as long as there is time, then one view of the state.

import { answer } from "../../kit/ask.js";
import { Match } from "./match.js";
import { drawn, WORLDS } from "./worlds.js";

let match = null;

answer({
  start({ world, points, settings, seed }) {
    match = new Match(world === "drawn" ? drawn(points) : WORLDS[world](), settings, seed);
    return match.view();
  },
  settings({ settings, look }) {
    Object.assign(match.settings, settings);
    return match.view(look);
  },
  play({ updates, milliseconds, look }) {
    const end = performance.now() + milliseconds;
    for (let i = 0; i < updates && !match.failed && performance.now() < end; i++) match.update();
    return match.view(look);
  },
  step({ who, look }) {
    if (!match.failed) who === "D" ? match.stepD() : match.stepG();
    return match.view(look);
  },
});
