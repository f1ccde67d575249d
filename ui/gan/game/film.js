// What a canvas shows, as a film: pictures are taken while the game goes on, then put into one file.

import { encodeGif } from "../../kit/gif.js";
import { download } from "../../kit/save.js";
import { encodeWebp } from "../../kit/webp.js";

const SIDE = 400, FRAMES = 50, DELAY = 100; // pixels, pictures, milliseconds from one to the next

/** film.take(canvas, now, paper) after each painting, until film.full; then await film.save(name) -> a sentence. */
export function film() {
  const frames = [];
  let last = -Infinity;
  return {
    get full() { return frames.length >= FRAMES; },
    get said() { return `picture ${frames.length} of ${FRAMES}`; },
    take(canvas, now, paper) {
      if (now - last < DELAY) return;
      last = now;
      const frame = new OffscreenCanvas(SIDE, SIDE), context = frame.getContext("2d", { willReadFrequently: true });
      context.fillStyle = paper;
      context.fillRect(0, 0, SIDE, SIDE);
      context.drawImage(canvas, 0, 0, SIDE, SIDE);
      frames.push(frame);
    },
    async save(name) {
      const webp = await encodeWebp(frames, { delay: DELAY });
      const file = webp ?? encodeGif(frames.map(indices), { width: SIDE, height: SIDE, palette: CUBE, delay: DELAY }); // Safari writes no WebP
      const full = `${name}.${webp ? "webp" : "gif"}`;
      download(file, full);
      return `saved as ${full}, ${Math.round(file.size / 1024)} kB`;
    },
  };
}

// 6 x 7 x 6 levels of red, green and blue
const level = (i, count) => Math.round((255 * i) / (count - 1));
const CUBE = Uint32Array.from({ length: 252 }, (_, i) => ((255 << 24) | (level(i % 6, 6) << 16) | (level(Math.floor(i / 6) % 7, 7) << 8) | level(Math.floor(i / 42), 6)) >>> 0);

function indices(frame) {
  const { data } = frame.getContext("2d").getImageData(0, 0, SIDE, SIDE);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => 42 * Math.round(data[4 * i] / 51) + 6 * Math.round(data[4 * i + 1] / 42.5) + Math.round(data[4 * i + 2] / 51));
}
