// Ten chains as pictures, with what each thinks of the labels below it, and the buttons that hold labels.

import { paintTiles } from "../../kit/pictures.js";
import { filmOf } from "../../kit/film.js";
import { savePicture } from "../../kit/save.js";

const PIXELS = 784, FADE = 0.07; // seconds in which a picture has gone two thirds of its way to the next

export function tenChains(at, setting, { count, onHold, onChain }) {
  const labels = new Int8Array(count).fill(-1);
  let colours, numLabels = 0, target = null, shown = null, pending = 0;
  const film = filmOf(at.film, () => `dbn-chains-seed-${setting.seed}.gif`, () => ({ count, columns: 5, palette: colours.ink }));
  const cells = Array.from({ length: count }, (_, c) => {
    const button = document.createElement("button"), canvas = document.createElement("canvas");
    const thought = document.createElement("span"), word = document.createElement("b");
    button.className = "chain";
    canvas.className = "pixels";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Chain ${c + 1}`);
    thought.className = "thought";
    button.append(canvas, thought, word);
    button.onclick = () => { setting.set("chain", c); frame(); onChain(); };
    return { button, canvas, thought, word };
  });
  at.chains.replaceChildren(...cells.map(({ button }) => button));
  let digits = [];
  at.each.onclick = () => api.hold("each");
  at.free.onclick = () => (setting.scope === "one" ? one(-1) : api.hold("free"));
  const scopes = { forAll: "all", forOne: "one" };
  for (const [name, scope] of Object.entries(scopes)) at[name].onclick = () => { setting.set("scope", scope); pressed(); };

  function one(label) {
    labels[setting.chain] = label;
    if (numLabels) setting.set("hold", [...labels].map((each) => (each < 0 ? "x" : each)).join(""));
    changed();
  }
  function changed() {
    pressed();
    onHold(labels);
  }
  function pressed() {
    const same = labels.every((label) => label === labels[0]) ? labels[0] : -2, each = labels.every((label, c) => label === c % numLabels);
    const now = setting.scope === "one" ? labels[setting.chain] : same;
    digits.forEach((button, k) => button.setAttribute("aria-pressed", String(k === now)));
    at.each.setAttribute("aria-pressed", String(each));
    at.free.setAttribute("aria-pressed", String(now === -1));
    for (const [name, scope] of Object.entries(scopes)) at[name].setAttribute("aria-pressed", String(scope === setting.scope));
    at.dreamText.textContent = !numLabels
      ? "This stack has no label units: nothing can be held, the chains go where they like."
      : each ? "Every chain is held to a label of its own. Press a digit to change it in mid-flight, or let go and see where the dreams wander."
        : same >= 0 ? `All chains are held to ${same}: ten opinions of what a ${same} can look like.`
          : same === -1 ? "Nothing is held: the bars show how each chain's label swings." : "Each chain obeys its own label.";
  }
  function frame() {
    cells.forEach(({ button }, c) => button.setAttribute("aria-pressed", String(c === setting.chain)));
    pressed();
  }
  function paint() {
    if (!shown || !colours) return;
    cells.forEach(({ canvas }, c) => paintTiles(canvas, shown.subarray(c * PIXELS, (c + 1) * PIXELS), { count: 1, colours: colours.ink }));
    film.add(shown);
  }
  function arrive(look) {
    target = look.pictures;
    shown ??= target.slice();
    cells.forEach(({ thought, word }, c) => {
      const mine = look.labels.subarray(c * numLabels, (c + 1) * numLabels), best = mine.indexOf(Math.max(...mine));
      [...thought.children].forEach((bar, k) => {
        bar.style.setProperty("--p", Math.sqrt(mine[k]).toFixed(3));
        bar.classList.toggle("held", labels[c] === k);
      });
      word.textContent = !numLabels ? "" : labels[c] >= 0 ? `held: ${labels[c]}` : `${best}?`;
    });
  }
  const api = {
    labels,
    labelled(number) {
      numLabels = number;
      at.labelRow.hidden = !number;
      digits = Array.from({ length: number }, (_, k) => Object.assign(document.createElement("button"), { textContent: k, onclick: () => api.press(k), title: `Hold the label ${k}` }));
      at.digits.replaceChildren(...digits);
      for (const { thought } of cells) {
        thought.hidden = !number;
        thought.replaceChildren(...Array.from({ length: number }, () => document.createElement("i")));
      }
      hold(number ? setting.hold : "free", false);
      frame();
    },
    press(label) {
      if (setting.scope === "one") one(labels[setting.chain] === label ? -1 : label);
      else hold(labels.every((each) => each === label) ? "free" : String(label));
    },
    hold,
    show(look, after) {
      clearTimeout(pending);
      if (after) pending = setTimeout(arrive, 1000 * after, look);
      else arrive(look);
    },
    ease(seconds) {
      if (!target) return;
      const share = 1 - Math.exp(-seconds / FADE);
      for (let i = 0; i < shown.length; i++) shown[i] += share * (target[i] - shown[i]);
      paint();
    },
    settle() {
      shown = target.slice();
      paint();
    },
    theme(found) {
      colours = found;
      paint();
    },
    inWords: () => (labels.some((label) => label >= 0) ? `labels held: ${[...labels].map((label) => (label < 0 ? "free" : label)).join(", ")}.` : "no label is held."),
    savePicture(name) {
      const canvas = document.createElement("canvas");
      paintTiles(canvas, shown, { count, columns: 5, colours: colours.ink, background: colours.free });
      return savePicture(canvas, name, 6);
    },
    saveFilm: film.start,
  };
  function hold(wish, tell = true) {
    if (numLabels) setting.set("hold", wish);
    labels.forEach((_, c) => { labels[c] = wish === "each" ? c % numLabels : wish === "free" ? -1 : labelIn(wish, c); });
    if (tell) changed();
    else pressed();
  }
  // a label for all chains, or a character for each: "x" where it is free
  function labelIn(wish, c) {
    const label = Number(wish.length === count ? wish[c] : wish);
    return label < numLabels ? label : -1;
  }
  return api;
}
