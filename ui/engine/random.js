/** Seeded generator: xoshiro128++ (Blackman and Vigna 2019), four streams side by side, as the SIMD kernels run it. */
export class Random {
  /** @param {number} seed an integer @param {Uint32Array} [state] where the 16 words of the state shall live */
  constructor(seed, state = new Uint32Array(16)) {
    this.state = state; // word w of stream s is state[4 * w + s]
    let x = seed >>> 0;
    for (let i = 0; i < 16; i++) {
      x = (x + 0x9e3779b9) >>> 0; // splitmix32
      let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.state[i] = z ^ (z >>> 15);
    }
    this.block = new Float32Array(4);
    this.used = 4;
    this.spare = NaN;
  }

  /** Uniform numbers in [0, 1), multiples of 2^-24, four streams interleaved. @param {Float32Array} out */
  fill(out) {
    const s = this.state;
    for (let i = 0; i < out.length; i += 4) {
      for (let k = 0; k < 4; k++) {
        const s0 = s[k], s1 = s[4 + k], s2 = s[8 + k], s3 = s[12 + k];
        const sum = (s0 + s3) | 0;
        const draw = ((((sum << 7) | (sum >>> 25)) + s0) | 0) >>> 8;
        if (i + k < out.length) out[i + k] = draw * 2 ** -24;
        const t2 = s2 ^ s0, t3 = s3 ^ s1;
        s[4 + k] = s1 ^ t2;
        s[k] = s0 ^ t3;
        s[8 + k] = t2 ^ (s1 << 9);
        s[12 + k] = (t3 << 11) | (t3 >>> 21);
      }
    }
    return out;
  }

  /** One uniform number in [0, 1). */
  uniform() {
    if (this.used === 4) {
      this.fill(this.block);
      this.used = 0;
    }
    return this.block[this.used++];
  }

  /** One draw from N(0, 1) (Box and Muller 1958). */
  normal() {
    if (!Number.isNaN(this.spare)) {
      const spare = this.spare;
      this.spare = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** One integer in 0, …, n - 1. @param {number} n */
  integer(n) {
    return Math.floor(this.uniform() * n);
  }
}
