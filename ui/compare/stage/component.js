// Five families, one digit, one seed. The worker is asked for one family at a time, in turn.

import { component, elements } from "../../kit/component.js";
import { asker } from "../../kit/ask.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp, reducedMotion } from "../../kit/theme.js";
import { ways } from "./minds.js";

const COUNT = 9, WARM_UP = 60, TURNS_A_SECOND = 25;
const HALVES = { lower: (i) => i < PIXELS / 2, upper: (i) => i >= PIXELS / 2, right: (i) => i % 28 < 14 }; // what is kept

export default component(async (root, settings, page) => {
  const at = elements(root), setting = scene("compare", { digit: [7, 0, 999], half: Object.keys(HALVES), seed: [1, 1, 1e6] });
  const ask = asker(new URL("./worker.js", import.meta.url)), images = await testImages(settings.images);
  let columns = [], colours, turn = 0, due = 0, generation = 0;
  const animation = loop(root, frame);

  const picture = () => images.image(setting.digit);
  const held = () => Uint8Array.from({ length: PIXELS }, (_, i) => (HALVES[setting.half](i) ? 1 : 0));

  function column({ id, title, url }) {
    const box = document.createElement("section");
    box.className = "panel family";
    box.innerHTML = `<h3></h3><h4>It dreams</h4><canvas class="pixels dreams" role="img"></canvas><h4>It sees the digit as</h4>
      <canvas class="pixels seen" role="img"></canvas><p class="caption see"></p><h4>It completes it</h4>
      <canvas class="pixels completed" role="img"></canvas><p class="caption complete"></p><p class="caption cost"></p>`;
    const part = (name) => box.querySelector(`.${name}`);
    box.querySelector("h3").textContent = title;
    part("dreams").setAttribute("aria-label", `Nine samples of the ${title}`);
    part("seen").setAttribute("aria-label", `The test digit as the ${title} renders it`);
    part("completed").setAttribute("aria-label", `Nine completions by the ${title}`);
    return { id, title, url, box, part, ready: false, steps: 0 };
  }

  async function begin() {
    const mine = ++generation;
    paintDigit();
    await Promise.all(columns.map(async (each) => {
      each.ready = false;
      try {
        const { family } = await ask("load", { id: each.id, url: new URL(each.url, location.href).href, count: COUNT, seed: setting.seed });
        each.family = family;
        each.part("see").textContent = ways[family].see;
        each.part("complete").textContent = ways[family].complete;
        await ask("begin", { id: each.id, picture: picture(), held: held() });
        if (mine !== generation) return;
        each.ready = true;
        await step(each, family === "vae" || family === "gan" ? 2 : WARM_UP);
      } catch (error) {
        each.part("cost").textContent = `This model could not join: ${error.message}`;
      }
    }));
  }
  async function question() {
    paintDigit();
    for (const each of columns.filter(({ ready }) => ready)) {
      await ask("begin", { id: each.id, picture: picture(), held: held() });
      await step(each, each.family === "gan" ? 2 : 20);
    }
  }

  async function step(each, steps = 1) {
    const answered = await ask("step", { id: each.id, steps, complete: true });
    const tiles = { count: COUNT, columns: 3, colours: colours.ink, background: colours.line };
    each.answered = answered;
    paintTiles(each.part("dreams"), answered.dreams, tiles);
    paintTiles(each.part("seen"), answered.seen, { count: 1, colours: colours.ink });
    paintTiles(each.part("completed"), answered.completed, tiles);
    each.cost = each.cost ? 0.9 * each.cost + 0.1 * answered.milliseconds : answered.milliseconds;
    each.part("cost").textContent = `${(each.cost / COUNT).toFixed(2)} ms a picture and step, here and now`;
    each.box.dataset.steps = each.steps += steps;
  }

  async function frame(_, seconds) {
    due += seconds * TURNS_A_SECOND;
    const ready = columns.filter((each) => each.ready);
    if (due < 1 || !ready.length) return;
    due = Math.min(due - 1, 1);
    await step(ready[turn++ % ready.length]);
  }

  function paintDigit() {
    const kept = held(), shown = picture().map((p, i) => (kept[i] ? p : 0.25 * p));
    paintTiles(at.digit, shown, { count: 1, colours: colours.ink });
    at.digitText.textContent = `Test digit ${setting.digit + 1}: a ${images.labels[setting.digit]}`;
  }

  const press = () => Object.keys(HALVES).forEach((half) => at[half].setAttribute("aria-pressed", String(half === setting.half)));
  const move = (by) => { setting.set("digit", (setting.digit + by + images.count) % images.count); question(); };
  at.previous.onclick = () => move(-1);
  at.next.onclick = () => move(1);
  for (const half of Object.keys(HALVES)) at[half].onclick = () => { setting.set("half", half); press(); question(); };
  at.again.onclick = begin;
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); begin(); };
  at.play.onclick = () => play(!animation.running);
  at.save.onclick = () => columns.forEach((each) => savePicture(each.part("completed"), `${each.family}-completes-test-digit-${setting.digit + 1}.png`));
  function play(on) {
    if (on) animation.start();
    else animation.stop();
    at.play.textContent = on ? "Pause" : "Play";
  }
  function theme(found) {
    colours = { ink: ramp(found.paper, found.ink), line: ramp(found.line, found.line)[0] };
  }

  theme(page.colours);
  press();
  let known = "";
  async function update(next) {
    const now = JSON.stringify(next.models);
    if (now === known) return;
    known = now;
    columns = next.models.map(column);
    at.columns.replaceChildren(...columns.map(({ box }) => box));
    await begin();
  }
  update(settings); // not awaited: families appear as their weights arrive
  play(!reducedMotion());
  return { update, theme, destroy() { animation.destroy(); ask.end(); } };
});
