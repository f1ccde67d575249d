// Weights and biases to take hold of: drag a cell up or down, or choose it with the arrow keys and press plus or minus.

import { MAX_WEIGHT } from "../../engine/exact.js";
import { Random } from "../../engine/random.js";
import { drawWeights, minus, weightCells } from "./drawing.js";

const PER_PIXEL = 0.04, STEP = 0.25;

export function weightsPanel(lab) {
  const { at } = lab;
  let layout, width = 0, chosen = 0, drag = null, undone = [];

  const machine = () => lab.learner.machine;
  const place = ({ kind, i, j }) => (kind === "W" ? [machine().W, i * machine().c.length + j] : kind === "b" ? [machine().b, i] : [machine().c, j]);
  const value = (cell) => { const [list, index] = place(cell); return list[index]; };

  function set(cell, to) {
    const [list, index] = place(cell);
    list[index] = Math.max(-MAX_WEIGHT, Math.min(MAX_WEIGHT, to));
    lab.changed();
    lab.repaint();
  }
  function remember() {
    lab.stopTraining();
    undone.push({ W: machine().W.slice(), b: machine().b.slice(), c: machine().c.slice() });
    if (undone.length > 50) undone.shift();
    at.undo.disabled = false;
  }
  function replace(make) {
    remember();
    for (const list of Object.values(machine())) list.forEach((_, index) => { list[index] = make(); });
    lab.changed();
    lab.repaint();
  }
  function under(event) {
    const box = at.weights.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    return layout.cells.findIndex((cell) => x >= cell.x && x < cell.x + cell.size && y >= cell.y && y < cell.y + cell.size);
  }
  function name({ kind, i, j }) {
    const pixel = `pixel (${Math.floor(i / lab.learner.side) + 1}, ${(i % lab.learner.side) + 1})`;
    return kind === "W" ? `W of ${pixel} and h${j + 1}` : kind === "b" ? `bias of ${pixel}` : `bias of h${j + 1}`;
  }

  // A finger on a cell drags it; between the cells it scrolls the page.
  at.weights.addEventListener("touchstart", (event) => { if (under(event.touches[0]) >= 0) event.preventDefault(); }, { passive: false });
  at.weights.onpointerdown = (event) => {
    const cell = under(event);
    if (cell < 0) return;
    at.weights.setPointerCapture(event.pointerId);
    remember();
    chosen = cell;
    drag = { y: event.clientY, from: value(layout.cells[cell]) };
    lab.repaint();
  };
  at.weights.onpointermove = (event) => {
    if (drag) set(layout.cells[chosen], drag.from + PER_PIXEL * (drag.y - event.clientY));
  };
  at.weights.onpointerup = at.weights.onpointercancel = () => { drag = null; };
  at.weights.onkeydown = (event) => {
    const cell = layout.cells[chosen], by = { "+": STEP, "=": STEP, "-": -STEP }[event.key];
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (by === undefined && !direction && event.key !== "0") return;
    event.preventDefault();
    if (direction) chosen = neighbour(cell, direction);
    else {
      remember();
      set(cell, by === undefined ? 0 : value(cell) + by);
    }
    at.status.textContent = `${name(layout.cells[chosen])}: ${value(layout.cells[chosen]).toFixed(2)}`;
    lab.repaint();
  };

  // The nearest cell in a direction: straight ahead counts once, sideways three times.
  function neighbour(from, [dx, dy]) {
    let best = chosen, least = Infinity;
    layout.cells.forEach((cell, index) => {
      const ahead = (cell.x - from.x) * dx + (cell.y - from.y) * dy, aside = Math.abs((cell.x - from.x) * dy) + Math.abs((cell.y - from.y) * dx);
      if (ahead > 1 && ahead + 3 * aside < least) [best, least] = [index, ahead + 3 * aside];
    });
    return best;
  }

  at.zero.onclick = () => replace(() => 0);
  at.shake.onclick = () => { const random = new Random(Date.now() >>> 0); replace(() => 1.5 * random.normal()); };
  at.undo.onclick = () => {
    const before = undone.pop();
    at.undo.disabled = !undone.length;
    if (!before) return;
    for (const part of ["W", "b", "c"]) machine()[part].set(before[part]);
    lab.changed();
    lab.repaint();
  };

  return {
    begin() { undone = []; at.undo.disabled = true; width = 0; chosen = lab.learner.numVisible; },
    resized() { width = 0; },
    paint() {
      if (!at.weights.clientWidth) return;
      if (width !== at.weights.clientWidth) {
        width = at.weights.clientWidth;
        layout = weightCells(lab.learner.side, lab.learner.numHidden, width);
      }
      let scale = 2;
      for (const x of machine().W) scale = Math.max(scale, Math.abs(x)); // biases may be stronger than the strongest colour
      drawWeights(at.weights, layout, machine(), chosen, { colours: lab.colours, signed: lab.signed, scale });
      at.cellText.textContent = `${name(layout.cells[chosen])}: ${minus(value(layout.cells[chosen]).toFixed(2))}.`;
    },
  };
}
