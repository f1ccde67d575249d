/**
 * The engine's worker, as promises:
 *
 *   const engine = new EngineClient();
 *   const { card } = await engine.load(url);
 *   await engine.chains({ numChains: 25, seed: 1, start: "noise" });
 *   const { visibleMeans } = await engine.sweep({ count: 1, beta: 1, mask, values, want: ["visibleMeans"] });
 *   engine.terminate();
 *
 * Ask for the next sweep when the last one has been drawn: then a slow machine shows fewer pictures and nothing piles up.
 */
export class EngineClient {
  constructor() {
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.waiting = new Map();
    this.nextId = 1;
    this.worker.onmessage = ({ data: { id, error, ...reply } }) => {
      const { resolve, reject } = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) resolve(reply);
      else reject(new Error(error));
    };
    this.worker.onerror = (event) => {
      event.preventDefault?.();
      this.fail(new Error(`The sampler could not start: ${event.message || "its script was not found"}. Reload the page.`));
    };
  }

  /** Load weights; chains that run go on with them. @param {string} url @returns {Promise<{card: Object, shapes: Object<string, number[]>}>} */
  load(url) {
    return this.request("load", { url: new URL(url, location.href).href });
  }

  /**
   * Make chains.
   * @param {{numChains: number, seed?: number, start?: "noise"|"images", images?: Uint8Array|Float32Array}} options
   * @returns {Promise<{sizes: number[]}>}
   */
  chains(options) {
    return this.request("chains", options);
  }

  /**
   * Sweep ``count`` times, then answer what is wanted.
   * @param {{count?: number, beta?: number, mask?: Uint8Array, values?: Float32Array, clamps?: Object,
   *   want?: ("visibleMeans"|"visible"|"hiddenMeans"|"hidden"|"layers"|"means"|"energy")[]}} options
   * @returns {Promise<Object<string, Float32Array> & {milliseconds: number}>}
   */
  sweep(options = {}) {
    return this.request("sweep", options);
  }

  /** The present state without a sweep. @param {string[]} want */
  state(want) {
    return this.request("state", { want });
  }

  /** Start again, from other pictures if given. @param {{images?: Uint8Array|Float32Array}} options */
  reset(options = {}) {
    return this.request("reset", options);
  }

  /** p(h_j = 1 | v). @param {Float32Array} image @returns {Promise<Float32Array>} */
  async meanHidden(image, beta = 1) {
    return (await this.request("meanHidden", { image, beta })).means;
  }

  /** End the worker; promises that wait are rejected. */
  terminate() {
    this.worker.terminate();
    this.fail(new Error("The sampler was ended."));
  }

  request(type, options) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, type, ...options });
    });
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
