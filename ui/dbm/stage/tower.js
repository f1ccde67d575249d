// The layers of one chain above each other, the visible one at the foot, and what a hidden unit asks of the pixels.

import { choosable } from "../../kit/choose.js";
import { frameTile, paintTiles } from "../../kit/pictures.js";
import { PIXELS } from "../../kit/test_images.js";

// tower(element, {onUnit(layer, index)}) -> {build(sizes), paint(states of all layers, chain, colours, fresh, unit)}
export function tower(element, { onUnit }) {
  let sizes = [], canvases = [], rows = [], chosen = { layer: 1, index: 0 };

  function build(newSizes) {
    if (newSizes.join() === sizes.join()) return;
    sizes = newSizes;
    element.replaceChildren();
    [canvases, rows] = [[], []];
    for (let l = sizes.length - 1; l >= 0; l--) {
      const row = document.createElement("div"), text = document.createElement("p"), canvas = document.createElement("canvas");
      row.className = "layer";
      text.className = "caption";
      const name = document.createElement("span");
      name.className = l ? `hidden-${Math.min(l, 3)}` : "visible";
      name.textContent = l ? `h${superscript(l)}` : "v";
      text.append(name, ` ${sizes[l]}`, document.createElement("br"), l % 2 ? "odd" : "even");
      canvas.className = l ? "pixels" : "pixels visible-layer";
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", l ? `Hidden layer ${l}: ${sizes[l]} units, dark where on. Choose one.` : "The visible units");
      if (l) {
        const choose = (index) => onUnit(l, index);
        choosable(canvas, { layout: () => ({ count: sizes[l], ...layout() }), current: () => (chosen.layer === l ? chosen.index : 0), choose });
      }
      row.append(text, canvas);
      element.append(row);
      if (l) {
        const edge = document.createElement("div");
        edge.className = "edge";
        edge.textContent = "⇅";
        edge.title = "Both layers hear each other";
        element.append(edge);
      }
      canvases[l] = canvas;
      rows[l] = row;
    }
  }

  // fresh: 1 when the odd layers have just been drawn, 0 when the even ones have, null when both
  function paint(states, chain, colours, fresh, unit) {
    chosen = unit;
    states.forEach((state, l) => {
      const own = state.subarray(chain * sizes[l], (chain + 1) * sizes[l]);
      if (l) paintTiles(canvases[l], inflate(own), { count: sizes[l], ...layout(), colours: colours.layers[Math.min(l, 3)], background: colours.layers[0][20] });
      else paintTiles(canvases[l], own, { count: 1, colours: colours.ink });
      rows[l].classList.toggle("fresh", fresh === null || l % 2 === fresh);
    });
    if (!canvases[unit.layer]) return;
    frameTile(canvases[unit.layer], unit.index, layout(), colours.theme.primary);
  }

  return { build, paint };
}

export const superscript = (l) => [...String(l)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");

const SIDE = 3; // pixels of a unit
const layout = () => ({ width: SIDE, height: SIDE, columns: 50, gap: 1, rim: 1 });
const inflate = (units) => Float32Array.from({ length: units.length * SIDE * SIDE }, (_, k) => units[Math.floor(k / (SIDE * SIDE))]);

// What unit `index` of hidden layer `layer` asks of the pixels: its weights, multiplied down through the layers below it.
export function projection({ weights, biases }, layer, index) {
  let vector = column(weights[layer - 1], biases[layer].length, index);
  for (let l = layer - 2; l >= 0; l--) {
    const numAbove = biases[l + 1].length;
    vector = Float32Array.from({ length: biases[l].length }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < numAbove; j++) sum += weights[l][i * numAbove + j] * vector[j];
      return sum;
    });
  }
  return vector;
}

const column = (W, numColumns, index) => Float32Array.from({ length: W.length / numColumns }, (_, i) => W[i * numColumns + index]);
