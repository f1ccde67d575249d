/**
 * The files that deepgen.checkpoint writes: eight bytes of header length, a JSON header, raw numbers.
 */

/** @typedef {{shape: number[], data: Float32Array}} Tensor */
/** @typedef {{card: Object, tensors: Object<string, Tensor>}} Model */

const BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8 };

/**
 * The card and the tensors of a checkpoint. Everything becomes single precision.
 * @param {ArrayBuffer} buffer
 * @returns {Model}
 */
export function parseSafetensors(buffer) {
  if (buffer.byteLength < 8) throw new Error("This is not a model file: it is shorter than the 8 bytes of a header length.");
  const headerLength = Number(new DataView(buffer).getBigUint64(0, true));
  if (headerLength > buffer.byteLength - 8) {
    throw new Error(`This is not a whole model file: it announces a header of ${headerLength} bytes and holds ${buffer.byteLength - 8}.`);
  }
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, headerLength)));
  } catch {
    throw new Error("This is not a model file: its header is not JSON.");
  }
  if (header === null || typeof header !== "object" || Array.isArray(header)) {
    throw new Error("This is not a model file: its header is not a JSON object.");
  }
  const { __metadata__: metadata, ...entries } = header;
  let card;
  try {
    card = JSON.parse(metadata.card);
    if (typeof card.family !== "string") throw new Error();
  } catch {
    throw new Error("This model file has no card that says what it is: expected one written by deepgen.checkpoint.save.");
  }
  const tensors = {};
  for (const [name, entry] of Object.entries(entries)) tensors[name] = readTensor(buffer, 8 + headerLength, name, entry);
  return { card, tensors };
}

function readTensor(buffer, dataStart, name, entry) {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (![shape, offsets].every((list) => Array.isArray(list) && list.every(Number.isInteger))) throw new Error(`The tensor '${name}' has no shape or no offsets: the file is damaged.`);
  if (!(dtype in BYTES)) throw new Error(`The tensor '${name}' is stored as ${dtype}: expected one of ${Object.keys(BYTES).join(", ")}.`);
  const size = shape.reduce((product, n) => product * n, 1);
  const [start, end] = offsets;
  if (end - start !== size * BYTES[dtype]) {
    throw new Error(`The tensor '${name}' of shape (${shape}) needs ${size * BYTES[dtype]} bytes and has ${end - start}: the file is damaged.`);
  }
  if (!(start >= 0) || dataStart + end > buffer.byteLength) {
    throw new Error(`The tensor '${name}' ends at byte ${end} of ${buffer.byteLength - dataStart}: the file is cut off.`);
  }
  const bytes = buffer.slice(dataStart + start, dataStart + end); // a copy, because offsets need not be aligned
  if (dtype === "F32") return { shape, data: new Float32Array(bytes) };
  if (dtype === "I64") return { shape, data: Float32Array.from(new BigInt64Array(bytes), Number) };
  const bits = new Uint16Array(bytes);
  return { shape, data: dtype === "F16" ? fromFloat16(bits) : fromBfloat16(bits) };
}

function fromBfloat16(bits) {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

function fromFloat16(bits) {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const exponent = (bits[i] >> 10) & 31;
    const fraction = bits[i] & 1023;
    const sign = bits[i] >> 15 ? -1 : 1;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

const fetched = new Map();
const MAX_KEPT = 6; // models are megabytes, and a training publishes a new one every few seconds

/**
 * Fetch and parse a model; every address is fetched once in a realm (the last few are kept).
 * @param {string} url
 * @returns {Promise<Model>}
 */
export function fetchModel(url) {
  if (!fetched.has(url)) {
    const model = fetch(url).then(async (response) => {
      if (!response.ok) throw new Error(`The model could not be fetched: the server answered ${response.status}. Reload the page to try again.`);
      return parseSafetensors(await response.arrayBuffer());
    });
    model.catch(() => fetched.delete(url));
    fetched.set(url, model);
    if (fetched.size > MAX_KEPT) fetched.delete(fetched.keys().next().value);
  }
  return fetched.get(url);
}
