// Small pictures made of numbers, painted pixel by pixel and scaled by CSS (image-rendering: pixelated).

// paintTiles(canvas, values, {count, width, height, columns, gap, low, high, colours, background}): `count` pictures of width x height
// from one array, in reading order. low -> colours[0], high -> colours[255]. The canvas takes the size of the whole.
export function paintTiles(canvas, values, { count, width = 28, height = 28, columns = count, gap = 2, low = 0, high = 1, colours, background = 0 }) {
  const rows = Math.ceil(count / columns);
  const w = columns * (width + gap) - gap, h = rows * (height + gap) - gap;
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(w, h), pixels = new Uint32Array(image.data.buffer);
  if (background) pixels.fill(background);
  const scale = 255 / (high - low);
  for (let tile = 0; tile < count; tile++) {
    const left = (tile % columns) * (width + gap), top = Math.floor(tile / columns) * (height + gap), offset = tile * width * height;
    for (let y = 0; y < height; y++) {
      let at = (top + y) * w + left;
      for (let x = 0; x < width; x++) {
        const level = (values[offset + y * width + x] - low) * scale;
        pixels[at++] = colours[level < 0 ? 0 : level > 255 ? 255 : (level + 0.5) | 0];
      }
    }
  }
  context.putImageData(image, 0, 0);
}

// tileAt(event, canvas, {count, width, height, columns, gap}) -> index of the tile under a pointer, or -1
export function tileAt(event, canvas, { count, width = 28, height = 28, columns = count, gap = 2 }) {
  const box = canvas.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * canvas.width, y = ((event.clientY - box.top) / box.height) * canvas.height;
  const column = Math.floor(x / (width + gap)), row = Math.floor(y / (height + gap)), index = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && index < count ? index : -1;
}

// filters(W, numIn, numOut) -> the columns of W as pictures one after the other, and a scale (three root mean squares) to show them at
export function filters(W, numIn, numOut) {
  const pictures = new Float32Array(numIn * numOut);
  let squares = 1e-12;
  for (let i = 0; i < numIn; i++) {
    for (let j = 0; j < numOut; j++) {
      const w = W[i * numOut + j];
      pictures[j * numIn + i] = w;
      squares += w * w;
    }
  }
  return { pictures, scale: 3 * Math.sqrt(squares / W.length) };
}
