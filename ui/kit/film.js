// A film of tiles as an animated GIF: saveFilm(name, frames, {count, columns, palette}); frames: `count` pictures of 28 x 28 in [0, 1] each,
// one after the other.

import { encodeGif } from "./gif.js";
import { download } from "./save.js";

const SIDE = 28, PIXELS = SIDE * SIDE, GAP = 2, GAP_LEVEL = 30; // of 255: as pale as the lines between the tiles on the screen

export function saveFilm(name, frames, { count, columns, palette, delay = 60, enlarge = 3 }) {
  const rows = Math.ceil(count / columns), width = columns * (SIDE + GAP) - GAP, height = rows * (SIDE + GAP) - GAP;
  download(encodeGif(frames.map(tiles), { width, height, palette, delay, enlarge }), name);

  function tiles(pictures) {
    const levels = new Uint8Array(width * height).fill(GAP_LEVEL);
    for (let i = 0; i < count * PIXELS; i++) {
      const tile = Math.floor(i / PIXELS), x = (tile % columns) * (SIDE + GAP) + (i % SIDE), y = Math.floor(tile / columns) * (SIDE + GAP) + (Math.floor(i / SIDE) % SIDE);
      levels[y * width + x] = Math.round(255 * Math.max(0, Math.min(1, pictures[i])));
    }
    return levels;
  }
}

// The same while a stage goes on: const film = filmOf(button, name, options); film.start(); film.add(pictures) at every painting. The button tells
// how far it is; without a start nothing is kept, and drop() forgets what was. name() and options() are asked when the film is complete.
export function filmOf(button, name, options, numFrames = 60) {
  const title = button.textContent;
  let frames = null;
  return {
    start() { frames ??= []; },
    drop() {
      frames = null;
      button.textContent = title;
    },
    add(pictures) {
      if (!frames) return;
      frames.push(pictures.slice());
      button.textContent = `${frames.length} of ${numFrames}`;
      if (frames.length < numFrames) return;
      saveFilm(name(), frames, options());
      frames = null;
      button.textContent = title;
    },
  };
}
