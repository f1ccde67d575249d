// How a chain mixes: how alike it is to itself some sweeps later, and which digits it has been.

/**
 * The autocorrelation of deepgen.chains.autocorrelation, picture by picture: push as the chains go, ask at any time. Means are taken
 * over all chains together, so a chain that never leaves its digit stays correlated.
 */
export class Autocorrelation {
  constructor(numChains, numUnits, numLags) {
    Object.assign(this, { numChains, numUnits, numLags, count: 0, recent: [], first: [] });
    this.products = new Float64Array(numLags + 1); // sum over sweeps, chains and units of x(t) x(t - lag)
    this.total = new Float64Array(numUnits); // sum over sweeps and chains
  }

  /** @param {Float32Array} pictures (numChains * numUnits) */
  push(pictures) {
    const sums = new Float64Array(this.numUnits);
    for (let i = 0; i < pictures.length; i++) sums[i % this.numUnits] += pictures[i];
    sums.forEach((sum, i) => { this.total[i] += sum; });
    this.recent.unshift({ pictures: pictures.slice(), sums });
    if (this.recent.length > this.numLags + 1) this.recent.pop();
    if (this.first.length < this.numLags) this.first.push(sums);
    this.recent.forEach((earlier, lag) => { this.products[lag] += dot(pictures, earlier.pictures); });
    this.count++;
  }

  /** @returns {number[]} from lag 0 on; only lags that half of the history has room for */
  values() {
    const { count, numChains, numUnits, total } = this, found = [];
    const mean = total.map((x) => x / (count * numChains)), head = total.slice(), tail = total.slice();
    const squares = mean.reduce((sum, m) => sum + m * m, 0);
    for (let lag = 0; lag <= Math.min(this.numLags, Math.floor(count / 2)) && count > 1; lag++) {
      if (lag > 0) {
        for (let i = 0; i < numUnits; i++) {
          head[i] -= this.recent[lag - 1].sums[i]; // all but the last `lag` sweeps
          tail[i] -= this.first[lag - 1][i]; // all but the first
        }
      }
      const cross = mean.reduce((sum, m, i) => sum + m * (head[i] + tail[i]), 0), pairs = (count - lag) * numChains;
      found.push((this.products[lag] - cross + pairs * squares) / pairs);
    }
    return found.map((value) => value / found[0]);
  }
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Note in seen (numChains * 10) which digit every chain looks like now, if the judge is sure enough. */
export function visit(seen, logits, sureness) {
  for (let chain = 0; chain < seen.length / 10; chain++) {
    const scores = logits.subarray(10 * chain, 10 * chain + 10), top = scores.indexOf(Math.max(...scores));
    const p = 1 / scores.reduce((sum, x) => sum + Math.exp(x - scores[top]), 0);
    if (p >= sureness) seen[10 * chain + top] = 1;
  }
  return seen;
}
