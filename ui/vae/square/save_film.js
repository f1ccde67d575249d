// The film as a file, made in the browser.

import { encodeGif, enlarged } from "../../kit/gif.js";
import { paintTiles } from "../../kit/pictures.js";
import { download, savePicture } from "../../kit/save.js";
import { encodeWebp } from "../../kit/webp.js";

const SIDE = 28, ENLARGE = 8, DELAY = 40;

// pictures: bytes of grey, 784 each. Says in a sentence what has been saved.
export async function saveFilm(pictures, { kind, palette, name }) {
  const count = pictures.length / (SIDE * SIDE), frames = Array.from({ length: count }, (_, i) => pictures.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  if (kind === "png") {
    const sheet = document.createElement("canvas");
    paintTiles(sheet, pictures, { count, columns: Math.ceil(Math.sqrt(count)), gap: 2, high: 255, colours: palette, background: palette[0] });
    await savePicture(sheet, `${name}.png`, 3);
    return `saved as ${name}.png, one sheet of ${count} pictures`;
  }
  let film = kind === "webp" ? await encodeWebp(frames.map((frame) => still(frame, palette)), { delay: DELAY }) : null;
  const full = `${name}.${film ? "webp" : "gif"}`; // a browser that writes no WebP gets the GIF
  film ??= encodeGif(frames, { width: SIDE, height: SIDE, palette, delay: DELAY, enlarge: ENLARGE });
  download(film, full);
  return `saved as ${full}: ${count} pictures, ${Math.round(film.size / 1024)} kB`;
}

function still(frame, palette) {
  const side = SIDE * ENLARGE, canvas = new OffscreenCanvas(side, side);
  paintTiles(canvas, enlarged(frame, SIDE, SIDE, ENLARGE), { count: 1, width: side, height: side, high: 255, colours: palette });
  return canvas;
}
