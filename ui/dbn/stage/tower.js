// The tower: every layer of one chain as a grid of units, the picture at the bottom, light running along the arrows.

import { paintTiles } from "../../kit/pictures.js";

const HUES = ["blue", "orange", "violet", "green"];
const columnsOf = (n) => (n > 1400 ? 80 : n > 900 ? 50 : n > 600 ? 56 : 50);

// tower(at, sizes, numLabels): show(layers, labels, {delay, upward}) reveals them in the order in which they come about
export function tower(at, sizes, numLabels) {
  // an RBM has neither of the floors between, two RBMs only the upper one
  const last = sizes.length - 1, three = last >= 3, two = last >= 2;
  const floors = [[at.visible, at.visibleName], ...(three ? [[at.first, at.firstName]] : []), ...(two ? [[at.penultimate, at.penultimateName]] : []), [at.top, at.topName]];
  const arrows = [...(two ? [at.arrow0] : []), ...(three ? [at.arrow1] : []), at.arrow2];
  let colours, timers = [], shown = [];
  at.first.parentElement.hidden = at.arrow1.hidden = !three;
  at.penultimate.parentElement.parentElement.hidden = at.arrow0.hidden = !two;
  floors.forEach(([, name], l) => {
    name.innerHTML = l ? `h<sup>${l}</sup><br>${sizes[l]}` : `v<br>${sizes[0]}`;
    name.className = `name ${l ? `hidden-${l}` : "visible"}`;
  });
  at.labelUnits.hidden = !numLabels;
  at.labelUnits.replaceChildren(...Array.from({ length: numLabels }, (_, k) => Object.assign(document.createElement("span"), { textContent: k })));

  function floor(l, values) {
    shown[l] = values;
    if (!colours) return;
    const [canvas] = floors[l];
    if (l === 0) paintTiles(canvas, values, { count: 1, colours: colours.ink });
    else paintTiles(canvas, values, { count: sizes[l], width: 1, height: 1, columns: columnsOf(sizes[l]), gap: 1, colours: colours.units[l], background: colours.gap });
  }
  function labelUnits(labels, held) {
    [...at.labelUnits.children].forEach((cell, k) => {
      cell.style.setProperty("--p", (0.85 * labels[k]).toFixed(3));
      cell.classList.toggle("held", held === k);
    });
  }
  function light(arrow) {
    arrow.classList.remove("lit");
    void arrow.offsetWidth; // restarts the animation
    arrow.classList.add("lit");
  }
  return {
    theme({ ink, units, gap }) {
      colours = { ink, units, gap };
      shown.forEach((values, l) => values && floor(l, values));
    },
    direct(upward) {
      arrows.forEach((arrow, l) => {
        arrow.classList.toggle("up", upward);
        arrow.classList.toggle("both", l === arrows.length - 1 && !upward);
      });
      at.topArrow.textContent = upward ? "the top layer hears the labels, too" : "undirected: Gibbs sampling, up and down";
      for (const text of [at.arrow1Text, at.arrow0Text]) text.textContent = upward ? "recognition, one pass" : "generation, one pass";
    },
    show(layers, labels, { delay = 0, upward = false, held = -1 } = {}) {
      timers.forEach(clearTimeout);
      timers = [];
      const order = layers.map((_, l) => (upward ? l : last - l));
      order.forEach((l, turn) => {
        const reveal = () => {
          floor(l, layers[l]);
          if (numLabels && l === (upward ? last : last - 1)) labelUnits(labels, held);
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
export const hues = HUES;
