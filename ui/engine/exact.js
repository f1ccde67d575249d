/**
 * RBMs so small that every state is listed: log Z, p(v), both expectations of the gradient (equation 7), without any sampling.
 *
 * State number s has unit i on where bit i of s is set. Double precision throughout; a machine here is
 * {W, b, c}: Float64Array W (numVisible, numHidden) row-major, visible biases b, hidden biases c.
 */

// These keep the exponential of any unit's input, at most 16 * 10 + 100, within double precision.
export const MAX_WEIGHT = 10;
export const MAX_BIAS = 100;

/** @typedef {{W: Float64Array, b: Float64Array, c: Float64Array}} SmallMachine */

/** The same machine seen from its hidden units. @param {SmallMachine} machine @returns {SmallMachine} */
export function turned({ W, b, c }) {
  const n = b.length, m = c.length;
  return { W: W.map((_, at) => W[(at % n) * m + Math.floor(at / n)]), b: c, c: b };
}

/** The machine at inverse temperature beta: all energies times beta. @param {SmallMachine} machine @returns {SmallMachine} */
export function heated({ W, b, c }, beta) {
  return { W: W.map((w) => beta * w), b: b.map((x) => beta * x), c: c.map((x) => beta * x) };
}

/**
 * -F of every visible state: log of the sum over h of exp(-E(v, h)).
 * exp(input) of a hidden unit doubles its list with every visible unit; a log is taken only when the product could overflow.
 * @param {SmallMachine} machine
 * @returns {Float64Array} (2^numVisible)
 */
export function negativeFreeEnergies({ W, b, c }) {
  const n = b.length, m = c.length, size = 2 ** n;
  const out = new Float64Array(size), product = new Float64Array(size).fill(1), e = new Float64Array(size);
  doubled(out, 0, b, (x, y) => x + y);
  let room = 700; // exponents that the product may still take: double precision ends at exp(709)
  const flush = () => {
    for (let s = 0; s < size; s++) out[s] += Math.log(product[s]);
    product.fill(1);
    room = 700;
  };
  for (let j = 0; j < m; j++) {
    let most = c[j];
    for (let i = 0; i < n; i++) most += Math.max(W[i * m + j], 0);
    most = Math.max(most, 0) + 1;
    if (most > room) flush();
    room -= most;
    doubled(e, Math.exp(c[j]), b.map((_, i) => Math.exp(W[i * m + j])), (x, y) => x * y);
    for (let s = 0; s < size; s++) product[s] *= 1 + e[s];
  }
  flush();
  return out;
}

// out[s] for every s from out[0] = first: a state with bit i is the one without it, joined with values[i]
function doubled(out, first, values, join) {
  out[0] = first;
  for (let i = 0; i < values.length; i++) {
    const half = 1 << i, value = values[i];
    for (let s = 0; s < half; s++) out[half + s] = join(out[s], value);
  }
}

/** log of the sum of exp @param {Float64Array} x */
export function logSumExp(x) {
  let top = -Infinity, sum = 0;
  for (let s = 0; s < x.length; s++) if (x[s] > top) top = x[s];
  for (let s = 0; s < x.length; s++) sum += Math.exp(x[s] - top);
  return top + Math.log(sum);
}

/** log Z by the smaller side. @param {SmallMachine} machine */
export function logPartition(machine) {
  return logSumExp(negativeFreeEnergies(machine.b.length <= machine.c.length ? machine : turned(machine)));
}

/** p(v) of every visible state, and log Z. @param {SmallMachine} machine @returns {{p: Float64Array, logZ: number}} */
export function distribution(machine) {
  const p = negativeFreeEnergies(machine), logZ = logSumExp(p);
  for (let s = 0; s < p.length; s++) p[s] = Math.exp(p[s] - logZ);
  return { p, logZ };
}

/** Mean log p(v) of the patterns, nats. @param {SmallMachine} machine @param {number[]} patterns state numbers */
export function logLikelihood({ W, b, c }, patterns, logZ = logPartition({ W, b, c })) {
  const n = b.length, m = c.length;
  let sum = 0;
  for (const v of patterns) {
    for (let i = 0; i < n; i++) if ((v >> i) & 1) sum += b[i];
    for (let j = 0; j < m; j++) {
      let x = c[j];
      for (let i = 0; i < n; i++) if ((v >> i) & 1) x += W[i * m + j];
      sum += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
  }
  return sum / patterns.length - logZ;
}

/**
 * The expectations in equation 7: E[v h^T] (n, m), E[v] (n), E[h] (m). @typedef {{vh: Float64Array, v: Float64Array, h: Float64Array}} Statistics
 */

/** <.> of the model, exactly: a sum over all states of the smaller side. @param {SmallMachine} machine @returns {Statistics} */
export function modelStatistics(machine) {
  const n = machine.b.length, m = machine.c.length;
  if (n > m) {
    const { vh, v, h } = modelStatistics(turned(machine));
    return { vh: vh.map((_, at) => vh[(at % m) * n + Math.floor(at / m)]), v: h, h: v };
  }
  const { p } = distribution(machine), q = new Float64Array(p.length), e = new Float64Array(p.length);
  const v = bitSums(p, n), vh = new Float64Array(n * m), h = new Float64Array(m);
  for (let j = 0; j < m; j++) {
    doubled(e, machine.c[j], machine.b.map((_, i) => machine.W[i * m + j]), (x, y) => x + y);
    let total = 0;
    for (let s = 0; s < p.length; s++) total += q[s] = p[s] / (1 + Math.exp(-e[s]));
    h[j] = total;
    bitSums(q, n).forEach((sum, i) => { vh[i * m + j] = sum; });
  }
  return { vh, v, h };
}

// For every bit the sum of q over the states that have it: fold the list in halves. Overwrites q.
function bitSums(values, n) {
  const q = values.slice(), sums = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const half = 1 << i;
    let sum = 0;
    for (let s = 0; s < half; s++) {
      sum += q[half + s];
      q[s] += q[half + s];
    }
    sums[i] = sum;
  }
  return sums;
}

/**
 * <.> over given visible states with h summed out: of the data, or of a sampler's particles.
 * @param {SmallMachine} machine
 * @param {ArrayLike<number>} states state numbers
 * @returns {Statistics}
 */
export function meanStatistics({ W, b, c }, states) {
  const n = b.length, m = c.length;
  const vh = new Float64Array(n * m), v = new Float64Array(n), h = new Float64Array(m), mean = new Float64Array(m);
  for (let k = 0; k < states.length; k++) {
    const s = states[k];
    mean.set(c);
    for (let i = 0; i < n; i++) if ((s >> i) & 1) for (let j = 0; j < m; j++) mean[j] += W[i * m + j];
    for (let j = 0; j < m; j++) h[j] += mean[j] = 1 / (1 + Math.exp(-mean[j]));
    for (let i = 0; i < n; i++) {
      if (!((s >> i) & 1)) continue;
      v[i]++;
      for (let j = 0; j < m; j++) vh[i * m + j] += mean[j];
    }
  }
  const over = (x) => x.map((sum) => sum / states.length);
  return { vh: over(vh), v: over(v), h: over(h) };
}

/** Equation 7: positive minus negative statistics. @returns {SmallMachine} the gradient, shaped like a machine */
export function difference(positive, negative) {
  const minus = (a, b) => a.map((x, at) => x - b[at]);
  return { W: minus(positive.vh, negative.vh), b: minus(positive.v, negative.v), c: minus(positive.h, negative.h) };
}

/**
 * One step uphill, in the machine. Centred (Montavon and Mueller 2012; Melchior et al. 2016): the weights' gradient is that of
 * (v - mu)(h - lambda)^T with mu, lambda the data's means, and the biases pay back what the offsets moved.
 */
export function ascend(machine, positive, negative, rate) {
  const gradient = difference(positive, negative), { W, b, c } = machine, m = c.length;
  const mu = positive.v, lambda = positive.h;
  const dW = W.map((_, at) => gradient.W[at] - mu[Math.floor(at / m)] * gradient.c[at % m] - lambda[at % m] * gradient.b[Math.floor(at / m)]);
  const clip = (x, most) => Math.max(-most, Math.min(most, x));
  for (let at = 0; at < W.length; at++) {
    const before = W[at];
    W[at] = clip(before + rate * dW[at], MAX_WEIGHT);
    dW[at] = W[at] - before;
  }
  for (let i = 0; i < b.length; i++) {
    let back = 0;
    for (let j = 0; j < m; j++) back += dW[i * m + j] * lambda[j];
    b[i] = clip(b[i] + rate * gradient.b[i] - back, MAX_BIAS);
  }
  for (let j = 0; j < m; j++) {
    let back = 0;
    for (let i = 0; i < b.length; i++) back += dW[i * m + j] * mu[i];
    c[j] = clip(c[j] + rate * gradient.c[j] - back, MAX_BIAS);
  }
}

/** The pictures of a square made of whole rows or of whole columns, each once. @param {number} side @returns {number[]} state numbers */
export function barsAndStripes(side) {
  const found = new Set();
  for (let choice = 0; choice < 2 ** side; choice++) {
    let rows = 0, columns = 0;
    for (let i = 0; i < side * side; i++) {
      rows |= ((choice >> Math.floor(i / side)) & 1) << i;
      columns |= ((choice >> (i % side)) & 1) << i;
    }
    found.add(rows).add(columns);
  }
  return [...found];
}

/** Half the sum of |p - counts / total|. @param {Float64Array} p @param {ArrayLike<number>} counts */
export function totalVariation(p, counts, total) {
  let sum = 0;
  for (let s = 0; s < p.length; s++) sum += Math.abs(p[s] - counts[s] / total);
  return sum / 2;
}

/**
 * What the total variation of ``total`` independent exact draws would be on average: counts are Poisson (Crow 1958 gives the
 * mean absolute deviation, 2 exp(-x) x^(k+1) / k! with k = floor(x)), and normal where they are many.
 */
export function monteCarloFloor(p, total) {
  let sum = 0;
  for (let s = 0; s < p.length; s++) sum += meanDeviation(total * p[s]) * Math.sqrt(1 - p[s]);
  return sum / (2 * total);
}

function meanDeviation(mean) {
  if (mean > 30) return Math.sqrt((2 * mean) / Math.PI);
  let term = 2 * Math.exp(-mean) * mean;
  for (let k = 1; k <= mean; k++) term *= mean / k;
  return term;
}

/** The numbers of the k most probable states, most probable first. @param {Float64Array} p @param {number} k */
export function mostProbable(p, k) {
  const best = []; // ascending by p, at most k
  for (let s = 0; s < p.length; s++) {
    if (best.length === k && p[s] <= p[best[0]]) continue;
    let at = best.length;
    while (at > 0 && p[best[at - 1]] >= p[s]) at--;
    best.splice(at, 0, s);
    if (best.length > k) best.shift();
  }
  return best.reverse();
}
