// Colours come from Streamlit's theme, so that light and dark follow the reader. A hue has one meaning on every page:
// blue = visible units, real data; orange = first hidden layer, generator; violet = second hidden layer, discriminator; green = third.

const NAMES = {
  paper: "--st-background-color", surface: "--st-secondary-background-color", ink: "--st-text-color", line: "--st-border-color",
  primary: "--st-primary-color", blue: "--st-blue-color", orange: "--st-orange-color", violet: "--st-violet-color",
  green: "--st-green-color", gray: "--st-gray-color",
};

export function readColours(element) {
  const style = getComputedStyle(element);
  return Object.fromEntries(Object.entries(NAMES).map(([name, variable]) => [name, style.getPropertyValue(variable).trim() || "#888888"]));
}

const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

// rgb("#1f5fbf") -> [31, 95, 191], for any colour that CSS knows
export function rgb(colour) {
  canvas.fillStyle = "#000";
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

// 256 packed pixels from one colour to another: ramp(paper, ink)[round(255 * p)]
export function ramp(from, to) {
  const a = rgb(from), b = rgb(to);
  return Uint32Array.from({ length: 256 }, (_, i) => pack(a.map((x, c) => x + ((b[c] - x) * i) / 255)));
}

// 256 packed pixels for signed numbers: negative hue - middle - positive hue
export function diverging(negative, middle, positive) {
  const [n, m, p] = [negative, middle, positive].map(rgb);
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const t = (i - 127.5) / 127.5, end = t < 0 ? n : p;
    return pack(m.map((x, c) => x + (end[c] - x) * Math.abs(t)));
  });
}

function pack([r, g, b]) {
  return ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0; // little-endian RGBA
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
