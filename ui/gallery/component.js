// Five living thumbnails. Each dreams a few times a second; all rest when nobody sees them.

import { fetchModel, loadKernels } from "../engine/engine.js";
import { dreamOf } from "../engine/dreams.js";
import { component, elements } from "../kit/component.js";
import { loop } from "../kit/loop.js";
import { paintTiles } from "../kit/pictures.js";
import { ramp, reducedMotion } from "../kit/theme.js";

const COUNT = 9, PICTURES_A_SECOND = { rbm: 15, dbn: 10, dbm: 15, vae: 30, gan: 20 };
const WARM_UP = { rbm: 200, dbn: 40, dbm: 40, vae: 1, gan: 1 }; // steps from the noise before the first picture

export default component(async (root, settings, page) => {
  const at = elements(root), kernels = loadKernels().catch(() => {});
  let colours = ramp(page.colours.paper, page.colours.ink), line = ramp(page.colours.line, page.colours.line)[0];
  const doors = settings.doors.map((door, index) => build(door, index));
  at.gallery.replaceChildren(...doors.map((door) => door.link));
  const animation = loop(root, frame);

  function build({ family, title, sentence, url, href }, index) {
    const link = document.createElement("a");
    link.className = "door";
    link.href = href;
    link.dataset.family = family;
    const canvas = Object.assign(document.createElement("canvas"), { className: "pixels", width: 1, height: 1 });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Nine pictures that the ${title} makes, always changing`);
    const heading = Object.assign(document.createElement("h3"), { textContent: title });
    const text = Object.assign(document.createElement("p"), { textContent: sentence });
    const go = Object.assign(document.createElement("span"), { className: "go", textContent: "Open →" });
    link.append(canvas, heading, text, go);
    link.onclick = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return; // a new tab is the browser's business
      event.preventDefault();
      page.trigger("open", href);
    };
    const door = { link, canvas, family, dream: null, due: 0, pictures: null };
    Promise.all([fetchModel(url), kernels])
      .then(([model]) => {
        door.dream = dreamOf(model, { count: COUNT, seed: index + 1 });
        door.pictures = door.dream.next(WARM_UP[family]);
        paint(door);
      })
      .catch((error) => { text.textContent = `${sentence} (Its weights could not be read: ${error.message})`; });
    return door;
  }

  function show(door) {
    door.pictures = door.dream.next();
    paint(door);
  }
  function paint({ canvas, pictures }) {
    if (pictures) paintTiles(canvas, pictures, { count: COUNT, columns: 3, colours, background: line });
  }
  // One picture a frame at most, the one that has waited longest: no frame is long.
  function frame(_, seconds) {
    const awake = doors.filter((door) => door.dream);
    for (const door of awake) door.due += seconds * PICTURES_A_SECOND[door.family];
    const next = awake.sort((a, b) => b.due - a.due)[0];
    if (!next || next.due < 1) return;
    next.due = Math.min(next.due - 1, 1);
    show(next);
  }

  if (!reducedMotion()) animation.start();
  return {
    theme(found) {
      colours = ramp(found.paper, found.ink);
      line = ramp(found.line, found.line)[0];
      doors.forEach(paint);
    },
    destroy: () => animation.destroy(),
  };
});
