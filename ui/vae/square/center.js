// A drawing made to look like what the encoder was trained on: as in MNIST, the ink fits a square of 20 pixels and its centre
// of mass lies in the middle of the 28.

const SIZE = 28, BOX = 20;

export function centred(values) {
  let [left, right, top, bottom] = [SIZE, -1, SIZE, -1];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0.2) continue;
    const x = i % SIZE, y = Math.floor(i / SIZE);
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return null; // no ink
  const scale = Math.max(0.75, Math.min(1.5, BOX / Math.max(right - left + 1, bottom - top + 1)));
  let mass = 0, mx = 0, my = 0;
  for (let i = 0; i < values.length; i++) {
    mass += values[i];
    mx += values[i] * ((i % SIZE) + 0.5);
    my += values[i] * (Math.floor(i / SIZE) + 0.5);
  }
  const out = new Float32Array(values.length);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) out[y * SIZE + x] = sample(values, (x + 0.5 - SIZE / 2) / scale + mx / mass - 0.5, (y + 0.5 - SIZE / 2) / scale + my / mass - 0.5);
  }
  return out;
}

function sample(values, x, y) {
  const column = Math.floor(x), row = Math.floor(y), fx = x - column, fy = y - row;
  const at = (c, r) => (c >= 0 && c < SIZE && r >= 0 && r < SIZE ? values[r * SIZE + c] : 0);
  return (at(column, row) * (1 - fx) + at(column + 1, row) * fx) * (1 - fy) + (at(column, row + 1) * (1 - fx) + at(column + 1, row + 1) * fx) * fy;
}
