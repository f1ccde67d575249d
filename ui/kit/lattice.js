// Points that a visitor has drawn, in the address: each coordinate lies on a lattice between -bound and bound and is one letter (64 places)
// or two (4096).

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function lattice(bound, letters = 1) {
  const top = 64 ** letters - 1, step = (2 * bound) / top;
  const index = (v) => Math.max(0, Math.min(top, Math.round((v + bound) / step)));
  const write = (i) => Array.from({ length: letters }, (_, k) => LETTERS[Math.floor(i / 64 ** (letters - 1 - k)) % 64]).join("");
  const read = (text) => [...text].reduce((i, letter) => 64 * i + LETTERS.indexOf(letter), 0);
  return {
    near: ([x, y]) => [index(x) * step - bound, index(y) * step - bound],
    text: (points) => points.flat().map((v) => write(index(v))).join(""),
    points: (text) => Array.from({ length: text.length / (2 * letters) }, (_, i) => [0, 1].map((d) => read(text.slice((2 * i + d) * letters, (2 * i + d + 1) * letters)) * step - bound)),
    /** Whether the text is of this kind, and of `most` points at the most. */
    fits: (text, most) => /^[A-Za-z0-9_-]*$/.test(text) && text.length % (2 * letters) === 0 && text.length <= 2 * letters * most,
  };
}
