// What forms while a model learns: its dreams (particles) and what its units look for (filters), both as pictures.
//
// settings: {particles: {title, url, count, rows, columns} or null, filters: {title, url, tensor, count, rows, columns} or null}
// particles.url: one byte a pixel; filters.url: a checkpoint, whose tensor (num_visible, num_hidden) holds the filters.

import { fetchModel } from "../../engine/engine.js";
import { component, elements } from "../../kit/component.js";
import { filters, paintTiles } from "../../kit/pictures.js";
import { diverging, ramp } from "../../kit/theme.js";

export default component((root, settings, page) => {
  const at = elements(root);
  let particles = null, wall = null, asked = {};

  function theme(colours) {
    const gap = ramp(colours.surface, colours.surface)[0];
    Object.assign(theme, { ink: ramp(colours.paper, colours.ink), signed: diverging(colours.blue, colours.paper, colours.orange), gap });
    paint();
  }

  function paint() {
    if (particles) tiles(at.particles, particles.bytes, particles, { high: 255, colours: theme.ink });
    if (wall) tiles(at.filters, wall.pictures, wall, { low: -wall.scale, high: wall.scale, colours: theme.signed });
  }
  function tiles(canvas, values, { count, rows, columns }, look) {
    const across = Math.ceil(Math.sqrt(count));
    paintTiles(canvas, values, { count, width: columns, height: rows, columns: across, gap: 2, background: theme.gap, ...look });
  }

  async function update({ particles: p, filters: f }) {
    at.particlesPanel.hidden = !p;
    at.filtersPanel.hidden = !f;
    at.particlesTitle.textContent = at.particles.ariaLabel = p?.title ?? "";
    at.filtersTitle.textContent = at.filters.ariaLabel = f?.title ?? "";
    await Promise.all([show("particles", p, loadParticles), show("filters", f, loadFilters)]);
  }

  // The newest wins; a picture that is no longer to be had (the server keeps the last few) is skipped: the next one comes soon.
  async function show(name, wanted, load) {
    if (!wanted || asked[name] === wanted.url) return;
    asked[name] = wanted.url;
    try {
      const loaded = await load(wanted);
      if (asked[name] !== wanted.url) return;
      if (name === "particles") particles = loaded;
      else wall = loaded;
      paint();
      root.dataset[name] = wanted.url;
    } catch (error) {
      console.warn(error);
    }
  }

  async function loadParticles(wanted) {
    const reply = await fetch(new URL(wanted.url, location.origin));
    if (!reply.ok) throw new Error(`the pictures were not found (${reply.status})`);
    return { ...wanted, bytes: new Uint8Array(await reply.arrayBuffer()) };
  }

  async function loadFilters(wanted) {
    const { tensors } = await fetchModel(wanted.url), { shape, data } = tensors[wanted.tensor];
    return { ...wanted, count: Math.min(wanted.count, shape[1]), ...filters(data, shape[0], shape[1]) };
  }
  return { update, theme };
});
