// A film as an animated GIF (89a): encodeGif(frames, {width, height, palette, delay, enlarge}) -> Blob
// frames: arrays of width x height indices into palette; palette: up to 256 packed pixels as ramp() gives them; delay in milliseconds.
// enlarge: every pixel becomes a square of that side. Loops for ever.

export function encodeGif(frames, { width, height, palette, delay = 40, enlarge = 1 }) {
  const w = width * enlarge, h = height * enlarge, bytes = new Bytes();
  bytes.text("GIF89a").word(w).word(h).byte(0xf7, 0, 0); // a global table of 256 colours
  for (let i = 0; i < 256; i++) {
    const colour = palette[Math.min(i, palette.length - 1)];
    bytes.byte(colour & 255, (colour >> 8) & 255, (colour >> 16) & 255);
  }
  bytes.byte(0x21, 0xff, 11).text("NETSCAPE2.0").byte(3, 1).word(0).byte(0);
  for (const frame of frames) {
    bytes.byte(0x21, 0xf9, 4, 0).word(Math.max(2, Math.round(delay / 10))).byte(0, 0); // browsers slow down what is faster than 20 ms
    bytes.byte(0x2c).word(0).word(0).word(w).word(h).byte(0);
    compress(enlarged(frame, width, height, enlarge), bytes);
  }
  bytes.byte(0x3b);
  return new Blob([bytes.array.subarray(0, bytes.length)], { type: "image/gif" });
}

export function enlarged(frame, width, height, by) {
  if (by === 1) return frame;
  const out = new Uint8Array(width * height * by * by), w = width * by;
  for (let y = 0; y < height * by; y++) for (let x = 0; x < w; x++) out[y * w + x] = frame[((y / by) | 0) * width + ((x / by) | 0)];
  return out;
}

// LZW with codes of 9 to 12 bits, least significant bit first, in blocks of at most 255 bytes
function compress(indices, bytes) {
  const CLEAR = 256, END = 257;
  let codes = new Map(), next = 258, size = 9, buffer = 0, bits = 0, block = [];
  const emit = (code) => {
    buffer |= code << bits;
    for (bits += size; bits >= 8; bits -= 8, buffer >>>= 8) {
      block.push(buffer & 255);
      if (block.length === 255) flush();
    }
  };
  const flush = () => {
    if (block.length) bytes.byte(block.length, ...block);
    block = [];
  };
  bytes.byte(8);
  emit(CLEAR);
  let prefix = indices[0];
  for (let i = 1; i < indices.length; i++) {
    const key = prefix * 256 + indices[i], known = codes.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    emit(prefix);
    if (next < 4096) {
      codes.set(key, next);
      if (next++ === 1 << size && size < 12) size++;
    } else {
      emit(CLEAR);
      codes = new Map();
      next = 258;
      size = 9;
    }
    prefix = indices[i];
  }
  emit(prefix);
  emit(END);
  if (bits) block.push(buffer & 255);
  flush();
  bytes.byte(0);
}

export class Bytes {
  constructor() {
    this.array = new Uint8Array(1 << 16);
    this.length = 0;
  }
  append(part) {
    while (this.length + part.length > this.array.length) {
      const larger = new Uint8Array(this.array.length * 2);
      larger.set(this.array);
      this.array = larger;
    }
    this.array.set(part, this.length);
    this.length += part.length;
    return this;
  }
  byte(...values) { return this.append(values); }
  word(value) { return this.append([value & 255, value >> 8]); }
  text(value) { return this.append([...value].map((c) => c.charCodeAt(0))); }
  little(value, count) { return this.append(Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) & 255)); }
}
