// The visitor plays the discriminator. D judges both pictures of a pair too, and takes the one with the higher logit for real.

import { Random } from "../../engine/random.js";
import { asker } from "../../kit/ask.js";
import { component, elements } from "../../kit/component.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { ramp } from "../../kit/theme.js";

const PIXELS = 784, PAIRS = 10, SIDES = ["left", "right"];

export default component(async (root, settings, page) => {
  const at = elements(root), ask = asker(new URL("../walk/worker.js", import.meta.url));
  const setting = scene("judge", { seed: [1, 1, 2 ** 31], model: [settings.models[0].id, (id) => settings.models.some((known) => known.id === id)] });
  let colours, models = [], model, pairs = [], now = 0, yours = 0, its = 0, answered = false;
  const images = {};

  async function realImages(data) {
    images[data] ??= fetch(settings.images[data]).then((r) => r.arrayBuffer()).then((b) => new Uint8Array(b).subarray(0, 1000 * PIXELS));
    return images[data];
  }

  async function deal() {
    const random = new Random(setting.seed);
    const { numLatents } = await ask("load", { url: new URL(model.url, location.href).href });
    const { pictures, logits } = await ask("look", { z: Float32Array.from({ length: PAIRS * numLatents }, () => random.normal()), batch: PAIRS });
    const grey = await realImages(model.data), real = new Float32Array(PAIRS * PIXELS);
    for (let k = 0; k < PAIRS; k++) {
      const index = random.integer(1000);
      real.set(Float32Array.from(grey.subarray(index * PIXELS, (index + 1) * PIXELS), (x) => x / 255), k * PIXELS);
    }
    const { logits: onReal } = await ask("judge", { pictures: real.slice(), batch: PAIRS });
    pairs = Array.from({ length: PAIRS }, (_, k) => ({
      real: real.subarray(k * PIXELS, (k + 1) * PIXELS), fake: pictures.subarray(k * PIXELS, (k + 1) * PIXELS),
      realSide: SIDES[random.integer(2)], onReal: onReal[k], onFake: logits[k],
    }));
    now = yours = its = 0;
    show();
  }

  function show() {
    answered = false;
    const pair = pairs[now];
    for (const side of SIDES) {
      paintTiles(at[`${side}Picture`], side === pair.realSide ? pair.real : pair.fake, { count: 1, colours: colours.ink });
      at[side].className = "";
      at[`${side}Tag`].textContent = "";
    }
    at.said.textContent = "";
    at.next.disabled = true;
    tally();
  }

  function choose(side) {
    if (answered) return;
    answered = true;
    const { realSide, onReal, onFake } = pairs[now], right = side === realSide, itIsRight = onReal > onFake;
    yours += right;
    its += itIsRight;
    pairs[now].yours = right;
    for (const each of SIDES) {
      const real = each === realSide, logit = real ? onReal : onFake;
      at[each].className = real ? "real" : "fake";
      at[`${each}Tag`].textContent = `${real ? "real" : "made by G"} · D: ${(100 / (1 + Math.exp(-logit))).toFixed(0)} % real`;
    }
    at.said.textContent = `${right ? "Right." : "Fooled: that one was made of noise."} ${itIsRight ? "D is right too." : "D is fooled."}`;
    if (right && !itIsRight) at.said.textContent = "Right, and D is fooled.";
    if (!right && itIsRight) at.said.textContent = "Fooled: that one was made of noise. D was not.";
    now++;
    at.next.disabled = now === PAIRS;
    tally();
    (now === PAIRS ? at.anew : at.next).focus({ preventScroll: true });
  }

  function tally() {
    const done = now, history = new Float32Array(2 * PAIRS * PIXELS);
    pairs.slice(0, done).forEach(({ real, fake }, k) => { history.set(real, k * PIXELS); history.set(fake, (PAIRS + k) * PIXELS); });
    paintTiles(at.history, history, { count: 2 * PAIRS, columns: PAIRS, gap: 3, colours: colours.ink, background: colours.surface });
    at.round.textContent = `pair ${Math.min(now + (answered ? 0 : 1), PAIRS)} of ${PAIRS}`;
    at.yours.textContent = yours;
    at.its.textContent = its;
    at.of.textContent = done;
    root.dataset.answered = done;
    at.verdict.textContent = done < PAIRS ? "Above the real ones, below the fakes. Five of ten is what a coin gets."
      : yours > its ? "You beat the discriminator: it is the weaker judge that G learnt from."
      : yours < its ? "The discriminator beats you: it sees traces of G that you do not." : "A draw between you and the discriminator.";
  }

  for (const side of SIDES) at[side].onclick = () => choose(side);
  at.next.onclick = show;
  at.again.onclick = deal;
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); deal(); };
  at.model.onchange = () => { setting.set("model", at.model.value); model = models.find(({ id }) => id === at.model.value); deal(); };
  const nameOf = (what) => `which-is-real-${model.id.replaceAll(" ", "-")}-seed-${setting.seed}${what}`;
  at.save.onclick = () => savePicture(at.history, nameOf(".png"), 2);
  at.table.onclick = () => {
    const probability = (logit) => (1 / (1 + Math.exp(-logit))).toFixed(4);
    const rows = pairs.slice(0, now).map(({ realSide, yours: right, onReal, onFake }, k) => [k + 1, realSide, Number(right), Number(onReal > onFake), probability(onReal), probability(onFake)]);
    saveTable(["pair", "real_side", "you_right", "D_right", "D_on_real", "D_on_fake"], rows, nameOf(".csv"));
  };
  // The arrows answer wherever the focus is, unless it is on something that moves by arrows itself.
  function arrow(event) {
    const side = { ArrowLeft: "left", ArrowRight: "right" }[event.key], target = event.composedPath()[0];
    if (!side || !root.isConnected || target.matches?.("select, input, textarea, [role=radio], [role=slider], [role=tab]")) return;
    event.preventDefault();
    choose(side);
  }
  document.addEventListener("keydown", arrow);

  function theme(found) { colours = { ink: ramp(found.paper, found.ink), surface: ramp(found.surface, found.surface)[0] }; }
  async function update(next) {
    models = next.models;
    const wish = [at.model.value, setting.model].find((id) => models.some((known) => known.id === id));
    at.model.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    at.model.value = wish ?? models[0].id;
    const chosen = models.find(({ id }) => id === at.model.value);
    if (chosen.url === model?.url) return;
    model = chosen;
    await deal();
  }

  theme(page.colours);
  await update(settings);
  return { update, theme(found) { theme(found); if (pairs.length && !answered) show(); }, destroy() { document.removeEventListener("keydown", arrow); ask.end(); } };
});
