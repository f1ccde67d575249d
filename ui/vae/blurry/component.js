// Why blurry: the same ten pictures through two latents and through more, what is lost, a sample of the pixels, and the average
// of the pictures that share a code.

import { fetchModel, Random, softplus } from "../../engine/engine.js";
import { vaeOf } from "../../engine/families.js";
import { choosable } from "../../kit/choose.js";
import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { paintTiles } from "../../kit/pictures.js";
import { savePicture } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { PIXELS, testImages } from "../../kit/test_images.js";
import { diverging, ramp, reducedMotion } from "../../kit/theme.js";

const SHOWN = 10, NEAR = 16, SAMPLES_A_SECOND = 3;
const LAYOUT = { count: SHOWN, columns: SHOWN, gap: 2 };

export default component(async (root, settings, page) => {
  const at = elements(root), random = new Random(1), images = await testImages(settings.images);
  const setting = scene("blurry", {
    first: [0, 0, 1999], chosen: [3, 0, SHOWN - 1], many: [settings.many[0]?.id ?? "", (id) => settings.many.some((known) => known.id === id)],
  });
  let few, many, urls = "", inks, x, means, codes, due = 0;
  const animation = loop(root, (now, seconds) => {
    due += seconds * SAMPLES_A_SECOND;
    if (due < 1) return;
    due = 0;
    sample();
  });

  // One picture of each class, from the ``first`` on; then both models' reconstructions
  function show() {
    const found = Array.from({ length: SHOWN }, (_, label) => {
      for (let k = 0; k < images.count; k++) if (images.labels[(setting.first + k) % images.count] === label) return (setting.first + k) % images.count;
      return label % Math.max(1, images.count);
    });
    x = new Float32Array(SHOWN * PIXELS);
    found.forEach((index, i) => x.set(images.image(index), i * PIXELS));
    paint();
  }

  function paint() {
    paintTiles(at.originals, x, { ...LAYOUT, colours: inks.solid, background: inks.gap });
    means = rebuild(few, "few");
    if (many) rebuild(many, "many");
    for (const row of [at.manyRow, at.manyLostRow]) row.hidden = !many;
    sample();
    neighbours();
  }
  function rebuild(vae, name) {
    const { mean, logVar } = vae.encode(x, SHOWN), logits = vae.logits(mean, SHOWN), pictures = logits.map((a) => 1 / (1 + Math.exp(-a)));
    paintTiles(at[`${name}Mean`], pictures, { ...LAYOUT, colours: inks.solid, background: inks.gap });
    paintTiles(at[`${name}Lost`], x.map((p, i) => p - pictures[i]), { ...LAYOUT, low: -1, high: 1, colours: inks.signed, background: inks.gap });
    let fit = 0, kl = 0;
    for (let i = 0; i < x.length; i++) fit += x[i] * logits[i] - softplus(logits[i]);
    mean.forEach((m, i) => { kl += (m * m + Math.exp(logVar[i]) - 1 - logVar[i]) / 2; });
    at[`${name}Text`].textContent = `log p(x | μ) ${(fit / SHOWN).toFixed(0).replace("-", "−")}, KL ${(kl / SHOWN).toFixed(1)} nats`;
    return pictures;
  }
  function sample() {
    paintTiles(at.samples, means.map((p) => (random.uniform() < p ? 1 : 0)), { ...LAYOUT, colours: inks.solid, background: inks.gap });
  }

  // Test pictures whose codes lie nearest to that of the chosen picture, their average, and the decoder's picture there
  function neighbours() {
    codes ??= few.encode(Float32Array.from(images.bytes.subarray(0, images.count * PIXELS), (byte) => byte / 255), images.count).mean;
    const { chosen } = setting, here = few.encode(x.slice(chosen * PIXELS, (chosen + 1) * PIXELS), 1).mean, n = few.numLatents;
    const distance = Float64Array.from({ length: images.count }, (_, i) => here.reduce((sum, h, d) => sum + (codes[i * n + d] - h) ** 2, 0));
    const near = [...distance.keys()].sort((a, b) => distance[a] - distance[b]).slice(0, NEAR);
    const pictures = new Float32Array(NEAR * PIXELS), average = new Float32Array(PIXELS);
    near.forEach((index, i) => pictures.set(images.image(index), i * PIXELS));
    for (let i = 0; i < pictures.length; i++) average[i % PIXELS] += pictures[i] / NEAR;
    paintTiles(at.near, pictures, { count: NEAR, columns: 8, gap: 2, colours: inks.solid, background: inks.gap });
    paintTiles(at.average, average, { count: 1, colours: inks.solid });
    paintTiles(at.painted, few.decode(here, 1), { count: 1, colours: inks.solid });
    paintTiles(at.originals, x, { ...LAYOUT, colours: inks.solid, background: inks.gap });
    const pen = at.originals.getContext("2d");
    pen.strokeStyle = inks.primary;
    pen.lineWidth = 2;
    pen.strokeRect(chosen * 30 + 1, 1, 26, 26);
    at.neighbourText.textContent = `These ${NEAR} of ${images.count.toLocaleString("en")} test pictures have the codes nearest to that of the framed one, within ${Math.sqrt(distance[near.at(-1)]).toFixed(2)}. One code, many pictures: the likeliest mean is their average, and an average is blurred.`;
    root.dataset.neighbours = near.join();
  }

  choosable(at.originals, { layout: () => LAYOUT, current: () => setting.chosen, choose(i) { setting.set("chosen", i); neighbours(); } });
  at.others.onclick = () => { setting.set("first", Math.floor(Math.random() * images.count)); show(); };
  at.many.onchange = () => { setting.set("many", at.many.value); update(now); };
  at.save.onclick = () => { // all rows, one above the other
    const rows = [at.originals, at.fewMean, at.fewLost, ...(many ? [at.manyMean, at.manyLost] : []), at.samples], sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [at.originals.width, 32 * rows.length - 4];
    rows.forEach((row, k) => sheet.getContext("2d").drawImage(row, 0, 32 * k));
    savePicture(sheet, `why-blurry-from-${setting.first}.png`, 4);
  };
  at.play.onclick = () => play(at.play.getAttribute("aria-pressed") !== "true");
  function play(on) {
    at.play.textContent = on ? "Pause" : "Play";
    at.play.setAttribute("aria-pressed", String(on));
    if (on) animation.start();
    else animation.stop();
  }

  function theme(found) {
    inks = { solid: ramp(found.paper, found.ink), signed: diverging(found.blue, found.paper, found.orange), gap: ramp(found.line, found.line)[0], primary: found.primary };
    if (means) paint();
  }
  let now;
  async function update(next) {
    now = next;
    const id = [at.many.value, setting.many].find((wish) => next.many.some((model) => model.id === wish)), other = next.many.find((model) => model.id === id) ?? next.many[0];
    at.many.replaceChildren(...next.many.map((model) => new Option(model.label, model.id)));
    at.many.value = other?.id ?? "";
    at.manyChoice.hidden = next.many.length < 2;
    const wish = [next.few.url, other?.url].join();
    if (wish === urls) return;
    urls = wish;
    const load = async (model) => model && vaeOf(await fetchModel(new URL(model.url, location.href).href));
    const loaded = await Promise.all([load(next.few), load(other)]);
    if (wish !== urls) return;
    [few, many, codes] = [...loaded, null];
    at.fewLabel.textContent = next.few.label;
    at.manyLabel.textContent = other?.label ?? "";
    show();
  }
  theme(page.colours);
  await update(settings);
  play(!reducedMotion());
  return { update, theme, destroy() { animation.destroy(); } };
});
