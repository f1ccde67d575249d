// The whole comparison as one picture: the digit, and a column for each family with what it dreams, sees and completes.

import { download } from "../../kit/save.js";

const ENLARGE = 3, TILES = 88, GAP = 12, TITLE = 16; // pixels of the small picture: three tiles of 28 and two gaps are 88

export async function saveAll(digit, columns, colours, name) {
  const rows = [["dreams", TILES], ["seen", 28], ["completed", TILES]];
  const width = GAP + (28 + GAP) + columns.length * (TILES + GAP), height = GAP + TITLE + rows.reduce((sum, [, size]) => sum + size + GAP, 0);
  const canvas = new OffscreenCanvas(width * ENLARGE, height * ENLARGE), context = canvas.getContext("2d");
  context.scale(ENLARGE, ENLARGE);
  context.imageSmoothingEnabled = false;
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, width, height);
  context.fillStyle = colours.ink;
  context.font = "10px sans-serif";
  context.drawImage(digit, GAP, GAP + TITLE, 28, 28);
  columns.forEach(({ title, part }, i) => {
    const left = GAP + 28 + GAP + i * (TILES + GAP);
    context.fillText(title, left, GAP + 8, TILES);
    let top = GAP + TITLE;
    for (const [row, size] of rows) {
      context.drawImage(part(row), left, top, size, size);
      top += size + GAP;
    }
  });
  download(await canvas.convertToBlob({ type: "image/png" }), name);
}
