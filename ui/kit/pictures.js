// Small pictures made of numbers, painted pixel by pixel and scaled by CSS (image-rendering: pixelated).

// paintTiles(canvas, values, {count, width, height, columns, gap, rim, low, high, colours, background}): `count` pictures of width x height
// from one array, in reading order. low -> colours[0], high -> colours[255]. The canvas takes the size of the whole; a rim around it has
// room for a frame around a tile at the edge (frameTile).
export function paintTiles(canvas, values, { count, width = 28, height = 28, columns = count, gap = 2, rim = 0, low = 0, high = 1, colours, background = 0 }) {
  const rows = Math.ceil(count / columns);
  const w = columns * (width + gap) - gap + 2 * rim, h = rows * (height + gap) - gap + 2 * rim;
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(w, h), pixels = new Uint32Array(image.data.buffer);
  if (background) pixels.fill(background);
  const scale = 255 / (high - low);
  for (let tile = 0; tile < count; tile++) {
    const left = rim + (tile % columns) * (width + gap), top = rim + Math.floor(tile / columns) * (height + gap), offset = tile * width * height;
    for (let y = 0; y < height; y++) {
      let at = (top + y) * w + left;
      for (let x = 0; x < width; x++) {
        const level = (values[offset + y * width + x] - low) * scale;
        pixels[at++] = colours[level < 0 ? 0 : level > 255 ? 255 : (level + 0.5) | 0];
      }
    }
  }
  context.putImageData(image, 0, 0);
  const last = count % columns; // behind the last picture of an unfinished row there is nothing
  if (last) context.clearRect(rim + last * (width + gap), rim + (rows - 1) * (height + gap), w, h);
}

// A frame around one tile, drawn into the gap; the same layout as for paintTiles.
export function frameTile(canvas, index, { width = 28, height = 28, columns, gap = 2, rim = 0 }, colour) {
  const context = canvas.getContext("2d"), x = rim + (index % columns) * (width + gap), y = rim + Math.floor(index / columns) * (height + gap);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
}

// tileAt(event, canvas, {count, width, height, columns, gap, rim}) -> index of the tile under a pointer, or -1
export function tileAt(event, canvas, { count, width = 28, height = 28, columns = count, gap = 2, rim = 0 }) {
  const box = canvas.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * canvas.width - rim, y = ((event.clientY - box.top) / box.height) * canvas.height - rim;
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
