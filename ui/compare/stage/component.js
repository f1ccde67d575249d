// All families, one digit, one seed. The worker is asked for one family at a time, in turn.

import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { drawingPad } from "../../kit/pad.js";
import { paintTiles } from "../../kit/pictures.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { ways } from "./minds.js";
import { saveAll } from "./save_all.js";

const COUNT = 9, WARM_UP = 60, TURNS_A_SECOND = 25, ASK_AFTER = 250; // milliseconds of quiet after a stroke
const HALVES = { lower: (i) => i < PIXELS / 2, upper: (i) => i >= PIXELS / 2, right: (i) => i % 28 < 14 }; // what is kept
const PARTS = `<h3></h3><h4 class="d">It dreams</h4><canvas class="pixels dreams" role="img"></canvas>
  <h4 class="s">It sees it as</h4><canvas class="pixels seen" role="img"></canvas><p class="caption see"></p>
  <h4 class="c">It completes it</h4><canvas class="pixels completed" role="img"></canvas><p class="caption complete"></p>
  <p class="caption cost"></p>`;

export default component(async (root, settings, page) => {
  const at = elements(root), setting = scene("compare", { digit: [7, 0, 999], half: Object.keys(HALVES), seed: [1, 1, 1e6] });
  const ask = asker(new URL("./worker.js", import.meta.url)), images = await testImages(settings.images);
  let columns = [], colours, turn = 0, due = 0, questions = 0, drawn = false, asked = new Float32Array(PIXELS), quiet;
  const pad = drawingPad(at.digit, { onChange: changed });
  const animation = loop(root, frame);

  const held = () => Uint8Array.from({ length: PIXELS }, (_, i) => (HALVES[setting.half](i) ? 1 : 0));
  const name = () => (drawn ? "Your drawing" : `Test digit ${setting.digit + 1}: a ${images.labels[setting.digit]}`);

  function column({ id, title, url }) {
    const box = document.createElement("section");
    box.className = "panel family";
    box.innerHTML = PARTS;
    const part = (name) => box.querySelector(`.${name}`);
    box.querySelector("h3").textContent = title;
    part("dreams").setAttribute("aria-label", `Nine samples of the ${title}`);
    part("seen").setAttribute("aria-label", `The digit as the ${title} renders it`);
    part("completed").setAttribute("aria-label", `Nine completions of the digit by the ${title}`);
    return { id, title, url, box, part, ready: false, begun: 0, steps: 0 };
  }

  async function begin(chosen = columns) {
    say();
    await Promise.all(chosen.map(async (each) => {
      const mine = ++each.begun;
      each.ready = false;
      try {
        const { family } = await ask("load", { id: each.id, url: new URL(each.url, location.href).href, count: COUNT, seed: setting.seed });
        each.family = family;
        each.part("see").textContent = ways[family].see;
        each.part("complete").textContent = ways[family].complete;
        await ask("begin", { id: each.id, picture: asked, held: held() });
        if (mine !== each.begun) return; // begun again meanwhile
        each.ready = true;
        await step(each, family === "vae" || family === "gan" ? 2 : WARM_UP);
      } catch (error) {
        each.box.classList.add("absent");
        each.part("cost").textContent = `This model could not join: ${error.message}`;
      }
    }));
  }
  async function question() {
    const mine = ++questions;
    say();
    for (const each of columns.filter(({ ready }) => ready)) {
      if (mine !== questions) return; // another question has been asked meanwhile
      await ask("begin", { id: each.id, picture: asked, held: held() });
      await step(each, each.family === "gan" ? 2 : 20);
    }
  }

  async function step(each, steps = 1) {
    each.answered = await ask("step", { id: each.id, steps, complete: true });
    const { milliseconds } = each.answered;
    paint(each);
    each.cost = each.cost ? 0.9 * each.cost + 0.1 * milliseconds : milliseconds;
    each.part("cost").textContent = `${(each.cost / COUNT).toFixed(2)} ms a picture and step, here and now`;
    each.box.dataset.steps = each.steps += steps;
  }
  function paint({ answered, part }) {
    if (!answered) return;
    const tiles = { count: COUNT, columns: 3, colours: colours.ink, background: colours.line };
    paintTiles(part("dreams"), answered.dreams, tiles);
    paintTiles(part("seen"), answered.seen, { count: 1, colours: colours.ink });
    paintTiles(part("completed"), answered.completed, tiles);
  }

  async function frame(_, seconds) {
    due += seconds * TURNS_A_SECOND;
    const ready = columns.filter((each) => each.ready);
    if (due < 1 || !ready.length) return;
    due = Math.min(due - 1, 1);
    await step(ready[turn++ % ready.length]);
  }

  // The digit is a pad: a stroke makes it a drawing, and when the hand rests all are asked about that.
  function changed() {
    const stroke = pad.values.some((p, i) => p !== asked[i]);
    drawn ||= stroke;
    paintDigit();
    clearTimeout(quiet);
    if (stroke && !pad.drawing) quiet = setTimeout(question, ASK_AFTER);
  }
  function paintDigit() {
    const kept = held(), shown = pad.values.map((p, i) => (kept[i] ? p : 0.3 * p));
    if (at.digit.matches(":focus-visible")) shown[Math.floor(pad.cursor[1]) * 28 + Math.floor(pad.cursor[0])] = 0.6;
    paintTiles(at.digit, shown, { count: 1, colours: colours.ink });
    at.digitText.textContent = name();
    at.digit.setAttribute("aria-label", `${name()}; the ${setting.half} half is rubbed out for the question of completion. Draw here: with a finger, or with arrow keys and space.`);
  }
  function say() {
    asked = pad.values.slice();
    paintDigit();
    at.status.textContent = `${name()}, the ${setting.half} half rubbed out. Asked: ${columns.map(({ title }) => title).join(", ")}.`;
  }
  function show(values) {
    pad.values.set(values);
    pad.held.fill(1);
    question();
  }

  const press = () => Object.keys(HALVES).forEach((half) => at[half].setAttribute("aria-pressed", String(half === setting.half)));
  const move = (by) => {
    if (!drawn) setting.set("digit", (setting.digit + by + images.count) % images.count);
    drawn = false;
    show(images.image(setting.digit));
  };
  at.previous.onclick = () => move(-1);
  at.next.onclick = () => move(1);
  at.blank.onclick = () => { drawn = true; show(new Float32Array(PIXELS)); at.digit.focus(); };
  for (const half of Object.keys(HALVES)) at[half].onclick = () => { setting.set("half", half); press(); question(); };
  at.again.onclick = () => begin();
  at.digit.onfocus = at.digit.onblur = paintDigit;
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); begin(); };
  at.play.onclick = () => play(!animation.running);
  at.save.onclick = () => saveAll(at.digit, columns.filter(({ answered }) => answered), page.colours, drawn ? "compare-drawing.png" : `compare-test-digit-${setting.digit + 1}.png`);
  function play(on) {
    if (on) animation.start();
    else animation.stop();
    at.play.textContent = on ? "Pause" : "Play";
  }
  function theme(found) {
    colours = { ink: ramp(found.paper, found.ink), line: ramp(found.line, found.line)[0] };
    paintDigit();
    columns.forEach(paint);
  }

  pad.values.set(images.image(setting.digit));
  theme(page.colours);
  press();
  let known = "";
  async function update(next) {
    const now = JSON.stringify(next.models);
    if (now === known) return;
    known = now;
    const before = columns;
    columns = next.models.map((model) => before.find(({ id, url }) => id === model.id && url === model.url) ?? column(model));
    at.columns.replaceChildren(...columns.map(({ box }) => box));
    await begin(columns.filter((each) => !before.includes(each)));
  }
  update(settings); // not awaited: families appear as their weights arrive
  play(!reducedMotion());
  return { update, theme, destroy() { animation.destroy(); ask.end(); } };
});
