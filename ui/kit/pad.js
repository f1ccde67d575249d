// A pad to draw on, 28 x 28, with finger, pen or mouse. Each pixel is free (the machine dreams it) or held at a value.
//
//   const pad = drawingPad(canvas, { onChange }); pad.values, pad.held; pad.tool = "ink" | "paper" | "free"
//
// ink holds pixels on, paper holds them off, free lets go of them again. Strokes are soft at the rim, as in MNIST.

import { paintTiles } from "./pictures.js";

const SIZE = 28;

export function drawingPad(canvas, { onChange = () => {}, radius = 1.4, holdPaper = true } = {}) {
  const values = new Float32Array(SIZE * SIZE), held = new Uint8Array(SIZE * SIZE);
  const pad = { values, held, tool: "ink", radius, drawing: false, clear, set, cursor: [14, 14] };
  let last = null;
  canvas.style.touchAction = "none";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application"); // so that a screen reader hands over the arrow keys
  const mark = document.createElement("i"); // where the keyboard draws
  mark.className = "pad-mark";
  mark.hidden = true;
  canvas.after(mark);

  function clear() {
    values.fill(0);
    held.fill(0);
    onChange(pad);
  }
  function set(newValues, newHeld) {
    values.set(newValues);
    if (newHeld === undefined) held.fill(1);
    else held.set(newHeld);
    onChange(pad);
  }
  function dab(x, y) {
    const r = pad.tool === "free" ? pad.radius * 2 : pad.radius;
    for (let row = Math.max(0, Math.floor(y - r - 1)); row <= Math.min(SIZE - 1, y + r + 1); row++) {
      for (let column = Math.max(0, Math.floor(x - r - 1)); column <= Math.min(SIZE - 1, x + r + 1); column++) {
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y), cover = Math.max(0, Math.min(1, r + 0.5 - distance));
        if (cover <= 0) continue;
        const at = row * SIZE + column;
        if (pad.tool === "ink") {
          values[at] = Math.max(values[at] * held[at], cover);
          held[at] = 1;
        } else if (cover > 0.4) {
          values[at] = 0;
          held[at] = pad.tool === "paper" ? 1 : 0;
        }
      }
    }
  }
  function stroke(from, to) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) * 2));
    for (let i = 1; i <= steps; i++) dab(from[0] + ((to[0] - from[0]) * i) / steps, from[1] + ((to[1] - from[1]) * i) / steps);
  }
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
  }
  function showMark() {
    const size = canvas.clientWidth / SIZE, [x, y] = pad.cursor.map((at) => Math.min(SIZE - 1, Math.floor(at)));
    Object.assign(mark.style, { left: `${canvas.offsetLeft + canvas.clientLeft + x * size}px`, top: `${canvas.offsetTop + canvas.clientTop + y * size}px`, width: `${size}px`, height: `${size}px` });
    mark.hidden = false;
  }
  canvas.addEventListener("blur", () => { mark.hidden = true; });
  canvas.addEventListener("pointerdown", (event) => {
    mark.hidden = true;
    canvas.setPointerCapture(event.pointerId);
    pad.drawing = true;
    last = place(event);
    dab(...last);
    onChange(pad);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pad.drawing) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const here = place(each);
      stroke(last, here);
      last = here;
    }
    onChange(pad);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (!pad.drawing) return;
      pad.drawing = false;
      onChange(pad);
    });
  }
  // The keyboard draws too: arrows move a cursor, space dabs.
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    if (move) pad.cursor = pad.cursor.map((x, i) => Math.max(0.5, Math.min(SIZE - 0.5, x + move[i])));
    if (event.key === " " || event.shiftKey) dab(...pad.cursor);
    showMark();
    onChange(pad);
  });
  return pad;
}

// A drawing as a short word for the address: a letter for a level of ink (z: not held), then how often it follows.
const LEVELS = "abcdefghijklmnop";

export function drawingToText({ values, held }) {
  if (!held.some(Boolean)) return "";
  const letters = Array.from(held, (is, i) => (is ? LEVELS[Math.round(15 * Math.max(0, Math.min(1, values[i])))] : "z")).join("");
  return letters.replace(/(.)\1+/g, (run, letter) => letter + run.length);
}

// {values, held}, or null if the word is not a drawing
export function textToDrawing(text) {
  const values = new Float32Array(SIZE * SIZE), held = new Uint8Array(SIZE * SIZE);
  let at = 0;
  for (const [, letter, times] of text.matchAll(/([a-pz])(\d*)/g)) {
    const end = at + Number(times || 1);
    if (letter !== "z") {
      values.fill(LEVELS.indexOf(letter) / 15, at, end);
      held.fill(1, at, end);
    }
    at = end;
  }
  return at === SIZE * SIZE && /^([a-pz]\d*)*$/.test(text) ? { values, held } : null;
}

/** A dream on the pad: its held pixels in the ramp colours.held, what a machine dreams of the others in colours.ink. */
export function paintDream(canvas, { values, held }, dream, colours) {
  const lut = new Uint32Array(256), half = (ramp) => ramp.filter((_, i) => i % 2 === 0);
  lut.set(half(colours.ink), 0);
  lut.set(half(colours.held), 128);
  const mixed = Float32Array.from(dream, (p, i) => (held[i] ? 128 : 0) + Math.min(127, Math.max(0, 127 * (held[i] ? values[i] : p))));
  paintTiles(canvas, mixed, { count: 1, low: 0, high: 255, colours: lut });
}
