// A sheet that rests: a title and ten pictures for every row.

import { component, elements } from "../../kit/component.js";
import { paintTiles } from "../../kit/pictures.js";
import { ramp } from "../../kit/theme.js";

const COUNT = 10, BYTES = COUNT * 784;

export default component(async (root, settings, page) => {
  const at = elements(root);
  let colours, canvases = [], bytes, known = "";

  async function update({ rows, url }) {
    if (url === known) return;
    known = url;
    bytes = new Uint8Array(await (await fetch(new URL(url, location.href))).arrayBuffer());
    if (url !== known) return;
    at.rows.replaceChildren(...rows.flatMap(({ title, description }, i) => {
      const caption = Object.assign(document.createElement("p"), { className: "caption", textContent: title });
      canvases[i] = Object.assign(document.createElement("canvas"), { className: "pixels" });
      canvases[i].setAttribute("role", "img");
      canvases[i].setAttribute("aria-label", description);
      return [...(title ? [caption] : []), canvases[i]];
    }));
    canvases.length = rows.length;
    paint();
  }
  function paint() {
    canvases.forEach((canvas, i) => paintTiles(canvas, bytes.subarray(i * BYTES, (i + 1) * BYTES), { count: COUNT, high: 255, colours: colours.ink, background: colours.line }));
  }
  function theme(found) {
    colours = { ink: ramp(found.paper, found.ink), line: ramp(found.line, found.line)[0] };
    paint();
  }

  theme(page.colours);
  await update(settings);
  return { update, theme };
});
