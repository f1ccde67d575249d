// The tower: every layer of one chain as a grid of units, the picture at the bottom, light running along the arrows.

import { paintTiles } from "../../kit/pictures.js";

export const hues = ["blue", "orange", "violet", "green"]; // from the pixels up; higher layers share the last one
const hueOf = (l) => Math.min(l, hues.length - 1);
const columnsOf = (n) => (n > 1400 ? 80 : n > 900 ? 50 : n > 600 ? 56 : 50);

function make(name, className, attributes = {}) {
  const element = Object.assign(document.createElement(name), { className });
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// tower(element, sizes, numLabels): show(layers, labels, {delay, upward, held}) reveals them in the order in which they come about
export function tower(element, sizes, numLabels) {
  const last = sizes.length - 1, canvases = [], arrows = [];
  const labelUnits = make("div", "labels", { role: "img", "aria-label": "The label units" });
  labelUnits.append(...Array.from({ length: numLabels }, (_, k) => Object.assign(make("span", ""), { textContent: k })));
  element.replaceChildren();
  for (let l = last; l >= 0; l--) {
    const floor = make("div", l ? "floor" : "floor picture"), name = make("span", `name ${l ? `hidden-${hueOf(l)}` : "visible"}`);
    name.innerHTML = l ? `h<sup>${l}</sup><br>${sizes[l]}` : `v<br>${sizes[0]}`;
    canvases[l] = make("canvas", "pixels", { role: "img", "aria-label": l ? `Layer ${l}: ${sizes[l]} units, lit where on` : "The picture at the bottom" });
    if (numLabels && l === last - 1) {
      const beside = make("div", "beside");
      beside.append(canvases[l], labelUnits);
      floor.append(name, beside);
    } else floor.append(name, canvases[l]);
    element.append(floor);
    if (l) {
      const step = make("div", "step"), text = make("span", "caption");
      step.append(make("span", "glow"), text);
      arrows[l - 1] = { step, text };
      element.append(step);
    }
  }
  let colours, timers = [], shown = [];

  function paint(l, values) {
    shown[l] = values;
    if (!colours) return;
    if (l === 0) paintTiles(canvases[0], values, { count: 1, colours: colours.ink });
    else paintTiles(canvases[l], values, { count: sizes[l], width: 1, height: 1, columns: columnsOf(sizes[l]), gap: 1, colours: colours.units[hueOf(l)], background: colours.gap });
  }
  function light({ step }) {
    step.classList.remove("lit");
    void step.offsetWidth; // restarts the animation
    step.classList.add("lit");
  }
  return {
    theme({ ink, units, gap }) {
      colours = { ink, units, gap };
      shown.forEach((values, l) => values && paint(l, values));
    },
    direct(upward) {
      arrows.forEach(({ step, text }, l) => {
        const top = l === last - 1;
        step.classList.toggle("up", upward);
        step.classList.toggle("both", top && !upward);
        text.textContent = !top ? (upward ? "recognition, one pass" : "generation, one pass")
          : !upward ? "undirected: Gibbs sampling, up and down" : numLabels ? "the top layer hears the labels, too" : "recognition, one pass";
      });
    },
    show(layers, labels, { delay = 0, upward = false, held = -1 } = {}) {
      timers.forEach(clearTimeout);
      timers = [];
      const order = layers.map((_, l) => (upward ? l : last - l));
      order.forEach((l, turn) => {
        const reveal = () => {
          paint(l, layers[l]);
          if (numLabels && l === (upward ? last : last - 1)) {
            [...labelUnits.children].forEach((cell, k) => {
              cell.style.setProperty("--p", (0.85 * labels[k]).toFixed(3));
              cell.classList.toggle("held", held === k);
            });
          }
          const arrow = arrows[upward ? l : l - 1];
          if (delay && arrow) light(arrow);
        };
        if (delay && turn) timers.push(setTimeout(reveal, 1000 * delay * turn));
        else reveal();
      });
    },
    destroy() { timers.forEach(clearTimeout); },
  };
}
