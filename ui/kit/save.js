// Leaving with something: files made in the browser.

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A small canvas enlarged by a whole factor, so that pixels stay square, as PNG; what is drawn with lines on nothing needs a background.
export async function savePicture(canvas, name, enlarge = 4, background = null) {
  const large = new OffscreenCanvas(canvas.width * enlarge, canvas.height * enlarge), context = large.getContext("2d");
  if (background) {
    context.fillStyle = background;
    context.fillRect(0, 0, large.width, large.height);
  }
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  download(await large.convertToBlob({ type: "image/png" }), name);
}

// the checkpoint behind a URL, as a file of that name
export async function saveModel(url, name) {
  const response = await fetch(new URL(url, location.href));
  if (response.ok) download(await response.blob(), `${name.replace(/[^\w-]+/g, "-")}.safetensors`);
}

// rows of numbers under a heading line, as CSV
export function saveTable(columns, rows, name) {
  const text = [columns, ...rows].map((row) => row.join(",")).join("\n") + "\n";
  download(new Blob([text], { type: "text/csv" }), name);
}
