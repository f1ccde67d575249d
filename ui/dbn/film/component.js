// The film: five scenes, each with a machine that really samples. It plays by itself until somebody takes over.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { playButton } from "../../kit/controls.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { filmOf } from "../../kit/film.js";
import { savePicture } from "../../kit/save.js";
import { locked, scene as sceneOf } from "../../kit/scene.js";
import { diverging, ramp, reducedMotion } from "../../kit/theme.js";
import { figure } from "./figure.js";

const PIXELS = 784, COUNT = 8, NUM_FILTERS = 12, SWEEPS_A_SECOND = 12, SECONDS_A_SCENE = 9, FADE = 0.08;

const SCENES = [
  {
    name: "One RBM", run: "rbm", layers: 1, directed: 0,
    text: "Pixels and hidden units, joined both ways. The machine dreams by going back and forth between them.",
  },
  {
    name: "Upside down", run: "twins", layers: 2, directed: 1, copied: true,
    text: "Copy the machine and set it on its own head: transposed weights, swapped biases, as many new units as there are pixels. The line below becomes a step down. Nothing changes: going back and forth between h¹ and h² is what it was between h¹ and v.",
  },
  {
    name: "Train the copy", run: "two", layers: 2, directed: 1,
    text: "Now the copy learns what h¹ does when pictures are shown. It was as good a model of h¹ as the RBM; from here it can only get better, and with it the bound on log p(v).",
  },
  {
    name: "Once more", run: "three", layers: 3, directed: 2,
    text: "The same again: the pair that was on top becomes a step down, and a new pair learns on top of it. Only the topmost pair goes back and forth; what it dreams falls down the stairs.",
  },
];

export default component(async (root, settings, page) => {
  const at = elements(root);
  const setting = sceneOf("film", { scene: [0, 0, SCENES.length - 1], seed: [1, 1, 2 ** 31] });
  const ask = asker(new URL("./worker.js", import.meta.url));
  const stack = figure(at.stack), scenes = SCENES;
  let bytes, numImages, filters = {};
  let colours, target = null, shown = null, clock = 0, due = 0, hurried = !reducedMotion() && !locked().includes("film_scene");

  const film = filmOf(at.film, () => `dbn-stacking-${scenes[setting.scene].run}-seed-${setting.seed}.gif`, () => ({ count: shown.length / PIXELS, columns: COUNT, palette: colours.ink }));

  async function begin() {
    const pictures = new Float32Array(COUNT * PIXELS);
    for (let i = 0; i < COUNT; i++) {
      const from = (setting.seed * COUNT + i) % numImages;
      for (let k = 0; k < PIXELS; k++) pictures[i * PIXELS + k] = bytes[from * PIXELS + k] > 127 ? 1 : 0;
    }
    await ask("begin", { pictures, count: COUNT, seed: setting.seed });
    await sweep(1);
    settle();
  }
  async function sweep(times) {
    const { pictures, apart } = await ask("sweep", { scene: scenes[setting.scene].run, times });
    if (target?.length !== pictures.length) shown = null;
    target = pictures;
    shown ??= pictures.slice();
    at.apart.textContent = apart[0] < 1e-6 ? apart[0].toFixed(4) : apart[0].toExponential(1);
    root.dataset.apart = apart[0];
    stack.glow(pictures);
  }
  function settle() {
    shown = target.slice();
    paint();
  }
  function paint() {
    if (shown && colours) paintTiles(at.pictures, shown, { count: shown.length / PIXELS, columns: COUNT, colours: colours.ink, background: colours.gap });
  }
  async function frame(now, seconds) {
    due += SWEEPS_A_SECOND * seconds;
    clock += seconds;
    if (hurried && clock > SECONDS_A_SCENE) return go((setting.scene + 1) % scenes.length);
    if (due >= 1) {
      await sweep(1);
      due = Math.min(due - 1, 1);
    }
    const share = 1 - Math.exp(-seconds / FADE);
    for (let i = 0; i < shown.length; i++) shown[i] += share * (target[i] - shown[i]);
    paint();
    film.add(shown);
  }

  function tell(index) {
    clock = 0;
    setting.set("scene", index);
    const scene = scenes[index];
    at.title.textContent = scene.name;
    at.text.textContent = scene.text;
    at.twinRow.hidden = scene.run !== "twins";
    at.bound.innerHTML = bound(scene);
    [...at.scenes.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === index)));
    [...at.filterRows.children].forEach((row, l) => { row.style.opacity = l < scene.layers && !(scene.copied && l > 0) ? 1 : 0.12; });
    stack.show(scene);
    root.dataset.scene = scene.run;
  }
  async function go(index) {
    tell(index);
    await sweep(1);
    settle();
  }
  function bound({ run }) {
    const { rbm, stack: whole } = settings.numbers, nats = (x) => `<b class="number">${x.toFixed(2)}</b> nats a test image`;
    if (run === "rbm" && rbm) return `log p(v) of this RBM: ${nats(rbm)}`;
    if (run === "twins" && rbm) return `The bound starts where the RBM stood: ${nats(rbm)}`;
    if (run === "three" && whole) return `The bound of the whole stack: ${nats(whole)}` + (rbm && whole < rbm + 0.3 ? `; of the first RBM log p(v) was <b class="number">${rbm.toFixed(2)}</b>. That RBM had learnt for so long that its copies found nothing more that annealing could measure (its error is about 0.15). On four pixels, below, the bound does rise.` : "");
    return "";
  }

  const animation = loop(root, frame);
  const takeOver = (index) => { hurried = false; film.drop(); go(Math.max(0, Math.min(scenes.length - 1, index))); };
  at.scenes.replaceChildren(...scenes.map(({ name }, i) => Object.assign(document.createElement("button"), { textContent: `${i + 1} ${name}`, onclick: () => takeOver(i) })));
  at.back.onclick = () => takeOver(setting.scene - 1);
  at.next.onclick = () => takeOver(setting.scene + 1);
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); begin(); };
  at.save.onclick = () => savePicture(at.pictures, `dbn-stacking-${scenes[setting.scene].run}-seed-${setting.seed}.png`, 6);
  at.film.onclick = () => { hurried = false; play(true); film.start(); };
  const play = playButton(at.play, animation);
  function theme(found) {
    colours = { ink: ramp(found.paper, found.ink), gap: ramp(found.surface, found.surface)[0], signed: diverging(found.blue, found.paper, found.orange) };
    stack.theme(found);
    Object.values(filters).forEach((pictures, l) => {
      let squares = 0;
      for (const x of pictures) squares += x * x;
      const scale = 3 * Math.sqrt(squares / pictures.length);
      paintTiles(at.filterRows.children[l].lastChild, pictures, { count: NUM_FILTERS, low: -scale, high: scale, colours: colours.signed, background: colours.gap });
    });
    paint();
  }
  theme(page.colours);
  tell(setting.scene);
  const [{ sizes }, reply] = await Promise.all([ask("load", { url: new URL(settings.model, location.href).href }), fetch(settings.images)]);
  stack.count(sizes);
  bytes = new Uint8Array(await reply.arrayBuffer());
  numImages = bytes.length / (PIXELS + 1);
  await begin();
  filters = await ask("filters", { count: NUM_FILTERS });
  at.filterRows.replaceChildren(...Object.keys(filters).map((_, l) => {
    const row = document.createElement("div"), name = document.createElement("span"), canvas = document.createElement("canvas");
    row.className = "filterRow";
    name.className = `hidden-${l + 1}`;
    name.innerHTML = `h<sup>${l + 1}</sup>`;
    canvas.className = "pixels";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `What ${NUM_FILTERS} units of layer ${l + 1} add to the pixels`);
    row.append(name, canvas);
    return row;
  }));

  theme(page.colours);
  tell(setting.scene);
  play(!reducedMotion());
  return { theme, destroy() { animation.destroy(); ask.end(); } };
});
