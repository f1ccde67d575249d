// Walks through z that stay where the generator is at home: on the sphere of the usual length sqrt(n), where N(0, I) lives.

export const usual = (n) => Math.sqrt(n);

/** In place: z at the usual length. */
export function toSphere(z) {
  let squares = 1e-12;
  for (const x of z) squares += x * x;
  const scale = usual(z.length) / Math.sqrt(squares);
  for (let i = 0; i < z.length; i++) z[i] *= scale;
  return z;
}

/** `count` walkers, each with a place z and a heading u that turns slowly; walkers[i].z is a Float32Array. */
export function walkers(count, n, random) {
  const draw = () => toSphere(Float32Array.from({ length: n }, () => random.normal()));
  return Array.from({ length: count }, () => ({ z: draw(), u: draw() }));
}

/** One stride of every walker: along its heading by `angle`, the heading turning by half of it. */
export function stride(all, angle, random) {
  const turn = angle / 2;
  for (const { z, u } of all) {
    for (let i = 0; i < z.length; i++) {
      u[i] = Math.cos(turn) * u[i] + Math.sin(turn) * random.normal();
      z[i] = Math.cos(angle) * z[i] + Math.sin(angle) * u[i];
    }
    toSphere(z);
  }
}

/** `count` places from a to b along the sphere; or straight through it. */
export function road(a, b, count, { straight = false } = {}) {
  const n = a.length, cosine = a.reduce((sum, x, i) => sum + x * b[i], 0) / n, angle = Math.acos(Math.max(-0.9999, Math.min(0.9999, cosine)));
  const out = new Float32Array(count * n);
  for (let k = 0; k < count; k++) {
    const t = k / (count - 1), [p, q] = straight ? [1 - t, t] : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
    for (let i = 0; i < n; i++) out[k * n + i] = p * a[i] + q * b[i];
  }
  return out;
}

/** a - b + c at the usual length. */
export const arithmetic = (a, b, c) => toSphere(a.map((x, i) => x - b[i] + c[i]));
