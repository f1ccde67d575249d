// A film as an animated WebP, sharper and smaller than a GIF: await encodeWebp(canvases, {delay}) -> Blob. The browser encodes each
// picture (Chromium and Firefox do; Safari does not, then null), here they are put into one container.

import { Bytes } from "./gif.js";

export async function encodeWebp(canvases, { delay = 40, quality = 0.9 } = {}) {
  const { width, height } = canvases[0], frames = new Bytes();
  for (const canvas of canvases) {
    const blob = await canvas.convertToBlob({ type: "image/webp", quality });
    if (blob.type !== "image/webp") return null;
    const picture = pictureChunks(new Uint8Array(await blob.arrayBuffer()));
    const frame = new Bytes().little(0, 3).little(0, 3).little(width - 1, 3).little(height - 1, 3).little(delay, 3).byte(2).append(picture);
    chunk(frames, "ANMF", frame.array.subarray(0, frame.length));
  }
  const body = new Bytes().text("WEBP");
  chunk(body, "VP8X", new Bytes().byte(0x12, 0, 0, 0).little(width - 1, 3).little(height - 1, 3).array.subarray(0, 10)); // animated, may have alpha
  chunk(body, "ANIM", new Uint8Array([255, 255, 255, 255, 0, 0]));
  body.append(frames.array.subarray(0, frames.length));
  const head = new Bytes().text("RIFF").little(body.length, 4);
  return new Blob([head.array.subarray(0, head.length), body.array.subarray(0, body.length)], { type: "image/webp" });
}

function chunk(bytes, name, content) {
  bytes.text(name).little(content.length, 4).append(content);
  if (content.length % 2) bytes.byte(0);
}

// The chunks ALPH, VP8 and VP8L of a still picture, as they stand
function pictureChunks(file) {
  const view = new DataView(file.buffer), kept = new Bytes();
  for (let at = 12; at + 8 <= file.length; ) {
    const name = String.fromCharCode(...file.subarray(at, at + 4)), size = view.getUint32(at + 4, true), end = at + 8 + size + (size % 2);
    if (["ALPH", "VP8 ", "VP8L"].includes(name)) kept.append(file.subarray(at, end));
    at = end;
  }
  return kept.array.subarray(0, kept.length);
}
