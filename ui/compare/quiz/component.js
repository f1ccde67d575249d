// Ten pairs, two for each family: a test digit beside a dream. Binary machines are shown by their means, the data in grey.

import { Random } from "../../engine/engine.js";
import { component, elements } from "../../kit/component.js";
import { asker } from "../../kit/ask.js";
import { paintTiles } from "../../kit/pictures.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { ramp } from "../../kit/theme.js";

const ROUNDS_EACH = 2, DREAMS = 6, SWEEPS = 300; // enough to forget the noise that the chains begin with

export default component(async (root, settings, page) => {
  const at = elements(root), images = await testImages(settings.images), ask = asker(new URL("../stage/worker.js", import.meta.url));
  const random = new Random(Date.now() % 2 ** 31);
  let colours = ramp(page.colours.paper, page.colours.ink), rounds = [], now = 0, shown = null, tally = new Map();

  async function dreamsOf({ id, url }) {
    const { family } = await ask("load", { id, url: new URL(url, location.href).href, count: DREAMS, seed: random.integer(1e6) });
    const steps = family === "vae" || family === "gan" ? 40 : SWEEPS;
    return (await ask("step", { id, steps, complete: false })).dreams;
  }

  async function begin() {
    tally = new Map(settings.models.map(({ id }) => [id, { fooled: 0, asked: 0 }]));
    rounds = settings.models.flatMap((model) => Array.from({ length: ROUNDS_EACH }, (_, k) => ({ model, k })));
    for (let i = rounds.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [rounds[i], rounds[j]] = [rounds[j], rounds[i]];
    }
    const dreams = new Map(settings.models.map((model) => [model.id, dreamsOf(model)]));
    rounds.forEach((round) => { round.dream = dreams.get(round.model.id).then((all) => all.slice((2 * round.k + 1) * PIXELS, (2 * round.k + 2) * PIXELS)); });
    now = 0;
    await ready();
  }

  async function ready() {
    at.round.textContent = `pair ${now + 1} of ${rounds.length}`;
    at.said.textContent = "Click it, or press ← or →.";
    const real = images.image(random.integer(images.count)), fake = await rounds[now].dream, realLeft = random.uniform() < 0.5;
    shown = { real, fake, realLeft, answered: false };
    paint();
    for (const side of ["left", "right"]) {
      at[side].classList.remove("real");
      at[side].disabled = false;
      at[`${side}Tag`].textContent = " ";
    }
    at.go.disabled = true;
    root.dataset.pair = now + 1;
    score();
  }
  function paint() {
    if (!shown) return;
    const { real, fake, realLeft } = shown;
    paintTiles(at.leftPicture, realLeft ? real : fake, { count: 1, colours });
    paintTiles(at.rightPicture, realLeft ? fake : real, { count: 1, colours });
  }

  function choose(side) {
    if (!shown || shown.answered) return;
    shown.answered = true;
    const { model } = rounds[now], right = (side === "left") === shown.realLeft, [realSide, fakeSide] = shown.realLeft ? ["left", "right"] : ["right", "left"];
    const count = tally.get(model.id);
    count.asked++;
    if (!right) count.fooled++;
    at[realSide].classList.add("real");
    at[`${realSide}Tag`].textContent = "a person";
    at[`${fakeSide}Tag`].textContent = model.title;
    at.said.textContent = right ? "Yes, that one is real." : `The ${model.title} fooled you.`;
    for (const each of ["left", "right"]) at[each].disabled = true;
    at.go.disabled = false;
    if (now === rounds.length - 1) {
      const found = [...tally.values()].reduce((sum, { asked, fooled }) => sum + asked - fooled, 0);
      at.said.textContent += ` That was the last: you found ${found} of ${rounds.length}.`;
      at.go.disabled = true;
    }
    score();
  }

  function score() {
    at.score.replaceChildren(...settings.models.flatMap(({ id, title }) => {
      const { fooled, asked } = tally.get(id), name = document.createElement("span"), bar = document.createElement("span"), text = document.createElement("span");
      name.textContent = title;
      bar.className = "bar";
      const filled = document.createElement("i");
      filled.style.width = `${asked ? (100 * fooled) / asked : 0}%`;
      bar.append(filled);
      text.textContent = `${fooled} of ${asked}`;
      return [name, bar, text];
    }));
  }

  at.left.onclick = () => choose("left");
  at.right.onclick = () => choose("right");
  at.go.onclick = () => { now++; ready(); };
  at.again.onclick = begin;
  root.tabIndex = -1;
  root.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") choose("left");
    if (event.key === "ArrowRight") choose("right");
  });
  await begin();
  return { theme(found) { colours = ramp(found.paper, found.ink); paint(); }, destroy: () => ask.end() };
});
