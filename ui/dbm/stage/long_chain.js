// One chain alone, as far as the paper let its chains run: 100 000 sweeps in about a minute, with what it saw on the way.

import { EngineClient } from "../../engine/client.js";
import { judgeOf } from "../../engine/judge.js";
import { playButton } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { PIXELS } from "../../kit/test_images.js";
import { drawTrace } from "../../kit/trace.js";

const LENGTH = 100000, STRIDE = 20; // sweeps between two looks at the chain
const FILM = 60, FILM_EVERY = 200, LOOKS = 500, MAX_LAG = 100;
const FRAME = 12; // milliseconds of sampling a frame

export function longChain(root, at, judgeUrl, setting) {
  const engine = new EngineClient();
  const chain = { sweeps: 0, useModel, theme, destroy };
  let colours, looks = [], film = [], visits = new Uint32Array(10), changes = 0, last = -1, charted = 0, ready = false, ended = false;
  const animation = loop(root, frame);
  let judge = null; // until it has come, nothing is counted
  judgeOf(judgeUrl).then((found) => { judge = found; }, onlyIfEnded);

  async function useModel(url, anew) {
    ready = false;
    await engine.load(url);
    if (anew) await begin();
    ready = true;
  }

  async function begin() {
    ready = false;
    await engine.chains({ numChains: 1, seed: setting.long, start: "noise" });
    chain.sweeps = 0;
    [looks, film, changes, last] = [[], [], 0, -1];
    visits = new Uint32Array(10);
    ready = true;
  }

  async function frame(now) {
    if (!ready || chain.sweeps >= LENGTH) return;
    const until = performance.now() + FRAME;
    while (ready && chain.sweeps < LENGTH && performance.now() < until) {
      const answer = await engine.sweep({ count: STRIDE, want: ["visibleMeans"] }).catch(onlyIfEnded);
      if (!ready || !answer) return;
      chain.sweeps += STRIDE;
      look(answer.visibleMeans);
    }
    paint();
    if (now - charted > 500) chart(now);
  }

  function look(picture) {
    looks.push(picture);
    if (looks.length > LOOKS) looks.shift();
    if (chain.sweeps % FILM_EVERY) return;
    film.push(picture);
    if (film.length > FILM) film.shift();
    if (!judge) return;
    const [digit] = judge(picture, 1);
    visits[digit] += 1;
    changes += last >= 0 && digit !== last;
    last = digit;
  }

  function paint() {
    if (!colours || !looks.length) return;
    paintTiles(at.longNow, looks.at(-1), { count: 1, colours: colours.ink });
    const strip = new Float32Array(FILM * PIXELS);
    film.forEach((picture, i) => strip.set(picture, i * PIXELS));
    paintTiles(at.strip, strip, { count: FILM, columns: 12, gap: 2, colours: colours.ink, background: colours.gap });
    at.longProgress.value = chain.sweeps;
    at.longCounter.textContent = `sweep ${chain.sweeps.toLocaleString("en")}`;
    root.dataset.longSweeps = chain.sweeps;
  }

  function chart(now) {
    charted = now;
    paintVisits();
    if (looks.length < 2 * MAX_LAG) return;
    const curve = autocorrelation(looks, MAX_LAG);
    drawTrace(at.correlation, [{ values: curve, colour: colours.theme.blue }], { colours: colours.theme, low: Math.min(0, ...curve), high: 1 });
    const below = curve.findIndex((c) => c < Math.exp(-1));
    at.correlationText.textContent = below < 0 ? `above 1/e for ${MAX_LAG * STRIDE} sweeps` : `falls below 1/e after about ${below * 2 * STRIDE} sweeps; shown to ${MAX_LAG * STRIDE}`;
  }

  function paintVisits() {
    const ratio = devicePixelRatio || 1, box = at.visited.getBoundingClientRect(), [w, h] = [box.width, box.height];
    at.visited.width = Math.round(w * ratio);
    at.visited.height = Math.round(h * ratio);
    const context = at.visited.getContext("2d"), most = Math.max(1, ...visits), slot = w / 10;
    context.scale(ratio, ratio);
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    visits.forEach((count, digit) => {
      const height = ((h - 18) * count) / most;
      context.fillStyle = digit === last ? colours.theme.primary : colours.theme.blue;
      context.fillRect(digit * slot + slot * 0.15, h - 16 - height, slot * 0.7, height);
      context.fillStyle = colours.theme.ink;
      context.fillText(String(digit), (digit + 0.5) * slot, h - 3);
    });
    at.visited.setAttribute("aria-label", `Visits of the digits 0 to 9: ${[...visits].join(", ")}`);
    const seen = visits.filter((count) => count > 0).length;
    at.visitedText.textContent = `${seen} of 10, ${changes} changes, as our digit classifier reads them`;
  }

  function theme(found) {
    colours = found;
    paint();
    paintVisits();
  }
  // what was asked for when the page was left is not answered any more
  function onlyIfEnded(error) {
    if (!ended) throw error;
  }
  function destroy() {
    ended = true;
    animation.destroy();
    engine.terminate();
  }

  const play = (chain.play = playButton(at.longPlay, animation));
  at.longAgain.onclick = async () => { setting.set("long", 1 + Math.floor(Math.random() * 1e6)); await begin(); play(true); };
  at.saveStrip.onclick = () => savePicture(at.strip, `dbm-long-chain-sweep-${chain.sweeps}.png`);
  at.saveCurve.onclick = () => saveTable(
    ["what", "at", "value"],
    [...[...visits].map((count, digit) => ["visits", digit, count]), ...(looks.length < 2 * MAX_LAG ? [] : autocorrelation(looks, MAX_LAG)).map((c, k) => ["autocorrelation", 2 * k * STRIDE, c])],
    `dbm-long-chain-sweep-${chain.sweeps}.csv`,
  );
  return chain;
}

// Mean over pixels and time of the product of deviations `lag` looks apart, over the variance.
export function autocorrelation(looks, maxLag) {
  const mean = new Float32Array(PIXELS), T = looks.length;
  for (const x of looks) for (let i = 0; i < PIXELS; i++) mean[i] += x[i] / T;
  const curve = [];
  for (let lag = 0; lag <= maxLag; lag += 2) {
    let sum = 0;
    for (let t = 0; t + lag < T; t += 2) {
      const x = looks[t], y = looks[t + lag];
      for (let i = 0; i < PIXELS; i += 3) sum += (x[i] - mean[i]) * (y[i] - mean[i]); // every third pixel tells enough
    }
    curve.push(sum / Math.ceil((T - lag) / 2));
  }
  return curve.map((c) => c / curve[0]);
}
