// A canvas of tiles from which one is chosen, by pointer or by keyboard (arrows, Home, End): to a screen reader it is a slider.
//
//   const mark = choosable(canvas, { layout: () => ({ count, columns, gap }), current: () => index, choose: (index) => {} });
//   mark() after the chosen one has changed by other means.

import { tileAt } from "./pictures.js";

export function choosable(canvas, { layout, current, choose }) {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "slider");
  canvas.style.cursor = "pointer";
  function mark() {
    canvas.setAttribute("aria-valuemin", 1);
    canvas.setAttribute("aria-valuemax", layout().count);
    canvas.setAttribute("aria-valuenow", current() + 1);
  }
  function to(index) {
    choose(index);
    mark();
  }
  canvas.addEventListener("click", (event) => {
    const index = tileAt(event, canvas, layout());
    if (index >= 0) to(index);
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { count, columns = count } = layout(), now = current();
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, ArrowUp: now - columns, ArrowDown: now + columns, Home: 0, End: count - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next >= 0 && next < count) to(next);
  });
  mark();
  return mark;
}
