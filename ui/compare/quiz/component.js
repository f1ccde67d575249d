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
  let colours = ramp(page.colours.paper, page.colours.ink), rounds = [], now = 0, game = 0, shown = null, tally = new Map();

  async function dreamsOf({ id, url }) {
    const { family } = await ask("load", { id, url: new URL(url, location.href).href, count: DREAMS, seed: random.integer(1e6) });
    const steps = family === "vae" || family === "gan" ? 40 : SWEEPS;
    return (await ask("step", { id, steps, complete: false })).dreams;
  }

  async function begin() {
    const mine = ++game;
    tally = new Map(settings.models.map(({ id }) => [id, { fooled: 0, asked: 0 }]));
    const dreams = new Map(settings.models.map((model) => [model.id, dreamsOf(model)]));
    const dream = (model, k) => dreams.get(model.id).then((all) => all.slice((2 * k + 1) * PIXELS, (2 * k + 2) * PIXELS));
    rounds = settings.models.flatMap((model) => Array.from({ length: ROUNDS_EACH }, (_, k) => ({ model, dream: dream(model, k) })));
    for (let i = rounds.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [rounds[i], rounds[j]] = [rounds[j], rounds[i]];
    }
    now = 0;
    await ready(mine);
  }

  async function ready(mine = game) {
    shown = null;
    enable("go", false);
    at.round.textContent = `pair ${now + 1} of ${rounds.length}`;
    score();
    const timer = setTimeout(() => { at.said.textContent = "The machines are dreaming …"; }, 300);
    const real = images.image(random.integer(images.count)), realLeft = random.uniform() < 0.5;
    const fake = await rounds[now].dream.catch((error) => {
      at.said.textContent = `The ${rounds[now].model.title} could not be asked: ${error.message} Press Again.`;
    });
    clearTimeout(timer);
    if (mine !== game || !fake) return; // begun again meanwhile
    shown = { real, fake, realLeft, answered: false };
    at.said.textContent = "Click it, or press ← or →.";
    for (const side of ["left", "right"]) {
      at[side].classList.remove("real");
      enable(side, true);
      at[`${side}Tag`].textContent = "\u00a0";
    }
    paint();
    root.dataset.pair = now + 1;
  }
  // Said and not done by `disabled`, which would take the keyboard's focus away.
  const enable = (name, can) => at[name].setAttribute("aria-disabled", String(!can));
  function paint() {
    if (!shown) return;
    const { real, fake, realLeft } = shown;
    paintTiles(at.leftPicture, realLeft ? real : fake, { count: 1, colours });
    paintTiles(at.rightPicture, realLeft ? fake : real, { count: 1, colours });
  }

  function choose(side, byKey = false) {
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
    for (const each of ["left", "right"]) enable(each, false);
    if (now === rounds.length - 1) {
      const found = [...tally.values()].reduce((sum, { asked, fooled }) => sum + asked - fooled, 0);
      at.said.textContent += ` That was the last: you found ${found} of ${rounds.length}.`;
    } else {
      enable("go", true);
    }
    if (byKey) (now === rounds.length - 1 ? at.again : at.go).focus();
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
      text.textContent = asked ? `${fooled} of ${asked}` : "–";
      return [name, bar, text];
    }));
  }

  at.left.onclick = () => choose("left");
  at.right.onclick = () => choose("right");
  at.go.onclick = () => {
    if (!shown?.answered || now === rounds.length - 1) return;
    now++;
    ready();
  };
  at.again.onclick = begin;
  at.rule.textContent = `${ROUNDS_EACH} pairs for each family, in an order you cannot guess. Nothing is stored: it is forgotten when you leave the page.`;
  // Arrow keys count wherever the reader is, but not in another control, which may want them itself.
  const keys = (event) => {
    const at = event.composedPath()[0];
    if (at !== document.body && !root.contains(at)) return;
    const side = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
    if (!side || !shown || shown.answered) return;
    event.preventDefault();
    choose(side, true);
  };
  document.addEventListener("keydown", keys);
  begin(); // not awaited: the first pair comes when it has been dreamt
  return {
    theme(found) { colours = ramp(found.paper, found.ink); paint(); },
    destroy() { document.removeEventListener("keydown", keys); ask.end(); },
  };
});
