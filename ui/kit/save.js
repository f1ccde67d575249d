// Leaving with something: files made in the browser.

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A small canvas enlarged by a whole factor, so that pixels stay square, as PNG.
export async function savePicture(canvas, name, enlarge = 4) {
  const large = new OffscreenCanvas(canvas.width * enlarge, canvas.height * enlarge), context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  download(await large.convertToBlob({ type: "image/png" }), name);
}

// rows of numbers under a heading line, as CSV
export function saveTable(columns, rows, name) {
  const text = [columns, ...rows].map((row) => row.join(",")).join("\n") + "\n";
  download(new Blob([text], { type: "text/csv" }), name);
}
