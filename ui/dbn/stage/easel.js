// The pad of the stage: what is drawn is recognised, or completed as far as a DBN can.

import { drawingPad, drawingToText, textToDrawing } from "../../kit/pad.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { PIXELS } from "../../kit/test_images.js";
import { reducedMotion } from "../../kit/theme.js";

const NUM_COMPLETIONS = 5;
const REVEAL = 1.6, REST = 1.8; // seconds: a test digit appears, then stays

export function easel(at, images, { ask, setting, onDreamOn, onChange }) {
  let colours, mode = "recognise", numLabels = 0, stale = true, shown = new Float32Array(10), told = null, digit = 4, truth = -1, wrong = null;
  let attract = !reducedMotion() && !setting.pad, clock = 0; // a link shows its drawing and waits
  let restart = true, sweeps = 0, first = null, busy = false;
  const pad = drawingPad(at.pad, { onChange: drawn });
  at.pad.addEventListener("pointerdown", () => { if (attract) { attract = false; pad.clear(); } truth = -1; }, { capture: true });

  function drawn() {
    stale = restart = true;
    paintPad();
    onChange();
    if (!attract && !pad.drawing) setting.set("pad", drawingToText(pad));
  }

  const picture = () => pad.values.map((x, i) => (pad.held[i] ? x : 0));
  const grey = images.image;
  function present(index, held) {
    attract = false;
    digit = index;
    truth = images.labels[index];
    pad.set(grey(index).map((x) => (mode === "complete" ? Number(x > 0.5) : x)), held);
  }
  const another = () => (digit * 7 + 3) % images.count;

  function tool(name) {
    pad.tool = name === "rub" ? "free" : name;
    for (const each of ["ink", "paper", "rub"]) at[each].setAttribute("aria-pressed", String(each === name));
  }
  for (const name of ["ink", "paper", "rub"]) at[name].onclick = () => tool(name);
  at.clear.onclick = () => { attract = false; truth = -1; pad.clear(); };
  at.digit.onclick = () => present(another());
  at.half.onclick = () => present(another(), half());
  at.hard.onclick = async () => {
    attract = false;
    at.hard.textContent = "Looking …";
    const count = Math.min(images.count, 500);
    wrong ??= [...(await ask("classify", { pictures: Float32Array.from(images.bytes.subarray(0, count * PIXELS), (x) => x / 255), count })).told].flatMap((k, i) => (k === images.labels[i] ? [] : [i]));
    at.hard.textContent = "One it gets wrong";
    if (wrong.length) present(wrong[(wrong.indexOf(digit) + 1) % wrong.length]);
    else at.verdictText.textContent = `It gets all of the first ${count} test digits right.`;
  };
  at.dreamOn.onclick = () => { attract = false; onDreamOn(picture()); };

  // Until somebody touches it, test digits appear row by row, as if drawn.
  function reveal(seconds) {
    clock += seconds;
    if (clock > REVEAL + REST) {
      clock = 0;
      digit = another();
    }
    truth = images.labels[digit];
    const full = grey(digit), share = Math.min(1, clock / REVEAL);
    pad.values.set(full.map((x, i) => (Math.floor(i / 28) + (i % 28) * 0.35 < share * 38 ? x : 0)));
    pad.held.fill(1);
    stale = share < 1 || stale;
    paintPad();
  }

  function paintPad() {
    if (!colours) return;
    const lut = new Uint32Array(256), values = new Float32Array(PIXELS);
    lut.set((mode === "complete" ? colours.held : colours.ink).filter((_, i) => i % 2 === 0));
    lut.fill(colours.free, 128);
    for (let i = 0; i < PIXELS; i++) values[i] = pad.held[i] ? 127 * pad.values[i] : mode === "complete" ? 255 : 0;
    paintTiles(at.pad, values, { count: 1, low: 0, high: 255, colours: lut });
  }

  function paintBars() {
    const canvas = at.bars, box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    if (!colours || !box.width) return;
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    const context = canvas.getContext("2d"), width = box.width / shown.length, room = box.height - 24;
    context.scale(ratio, ratio);
    context.textAlign = "center";
    context.font = "600 15px system-ui, sans-serif";
    shown.forEach((p, k) => {
      const high = Math.max(1.5, p * (room - 18)), best = p === Math.max(...shown);
      context.fillStyle = best ? colours.theme.primary : colours.theme.violet;
      context.globalAlpha = best ? 1 : 0.55;
      context.fillRect(k * width + 4, room - high, width - 8, high);
      context.globalAlpha = 1;
      context.fillStyle = colours.theme.ink;
      context.fillText(k, (k + 0.5) * width, box.height - 5);
      if (p > 0.02) context.fillText(`${Math.round(100 * p)}`, (k + 0.5) * width, room - high - 5);
    });
  }

  function verdict() {
    if (!numLabels || !told) return;
    const best = told.indexOf(Math.max(...told)), ink = picture().some((x) => x > 0.3);
    at.verdict.textContent = ink ? `It says ${best}` : "An empty page";
    at.verdictText.textContent = `p(label | h²) from the free energies of the ten labels, in per cent.${truth >= 0 ? ` The test set says ${truth}.` : ""}`;
  }

  return {
    get busy() { return busy; },
    labelled(number) {
      numLabels = number;
      [wrong, told, shown] = [null, null, new Float32Array(number)];
      stale = restart = true;
      at.bars.hidden = at.hard.hidden = at.table.disabled = !number;
      if (!number) { at.verdict.textContent = "No label units"; at.verdictText.textContent = "This stack was trained without labels: it can be shown a picture, and dream on from it."; }
    },
    enter(next) {
      mode = next === "dream" ? mode : next;
      at.verdictPanel.hidden = mode !== "recognise";
      at.completePanel.hidden = mode !== "complete";
      const drawing = setting.pad && textToDrawing(setting.pad);
      if (drawing && next !== "dream") pad.set(drawing.values, drawing.held);
      else if (next === "complete") present(digit, half());
      else if (next === "recognise" && !attract && !pad.held.some(Boolean)) present(digit);
      at.drawTitle.innerHTML = `<span class="visible">v</span> &nbsp;${mode === "complete" ? "Hold some pixels" : "Draw a digit"}`;
      at.drawText.textContent = mode === "recognise"
        ? "Recognition is one pass up: each layer hears the one below and nothing from above. With Sample every unit is drawn, and the labels swing."
        : "Blue pixels are held, the others are free. p(h | v held) has no easy form in a DBN: neither row of dreams is the exact answer, each fails in its own way.";
      tool("ink");
      stale = restart = true;
      paintPad();
    },
    touch() { stale = true; },
    async recognise(again, seconds) {
      if (attract) reveal(seconds);
      busy = attract || pad.drawing;
      let seen = null;
      if (stale || again) {
        stale = false;
        seen = await ask("recognise", { picture: picture(), sampled: setting.show === "sample" });
        told = seen.labels;
        verdict();
      }
      if (told?.length) {
        const share = 1 - Math.exp(-seconds / 0.12);
        shown.forEach((p, k) => { shown[k] += share * (told[k] - p); });
        paintBars();
      }
      return seen;
    },
    async complete(count) {
      const values = pad.values.map((x) => Number(x > 0.5)), begin = restart;
      restart = false;
      const seen = await ask("complete", { mask: pad.held.slice(), values, sweeps: begin ? 1 : count, begin, count: NUM_COMPLETIONS, seed: setting.seed }), { dreamt, looped, agreement } = seen;
      if (begin) { sweeps = 0; first = agreement; }
      sweeps += begin ? 1 : count;
      if (!colours) return seen;
      for (const [canvas, pictures] of [[at.once, dreamt], [at.looped, looped]]) paintTiles(canvas, pictures, { count: NUM_COMPLETIONS, colours: colours.ink, background: colours.gap });
      const percent = (x) => (Number.isFinite(x) ? `${(100 * x).toFixed(0)} %` : "–");
      at.onceText.textContent = `Sweep ${sweeps}: your ink is given ${percent(agreement[0])} (at first ${percent(first[0])}). Nothing holds them: the chain forgets what it rose from.`;
      at.loopedText.textContent = `Held pixels are put back and everything rises again: your ink is given ${percent(agreement[1])}. Plausible, but a habit and no sampling from p(v free | v held): going up, no layer asks the ones above. A deep Boltzmann machine does.`;
      return seen;
    },
    savePicture: () => savePicture(mode === "complete" ? at.looped : at.pad, `dbn-${mode}.png`, mode === "complete" ? 6 : 16),
    saveTable: () => told && saveTable(["label", "probability"], [...told].map((p, k) => [k, p]), "dbn-labels.csv"),
    theme(found) {
      colours = found;
      paintPad();
      paintBars();
    },
    inWords: () => (mode === "recognise" ? `${at.verdict.textContent}.` : at.onceText.textContent),
    destroy() {},
  };
}

const half = () => Uint8Array.from({ length: PIXELS }, (_, i) => Number(i < PIXELS / 2));
