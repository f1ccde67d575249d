// The two-dimensional worlds of deepgen/mixtures.py, for the browser: round Gaussians, grouped into modes.

export const MIN_POINTS = 10;

/** {name, means: [[x, y], ...], sigma, modes: number of the mode of each component, numModes} */
function world(name, means, sigma, modes = means.map((_, k) => k)) {
  return { name, means, sigma, modes, numModes: Math.max(...modes) + 1 };
}

export function ring(numModes = 8, radius = 2, sigma = 0.05) {
  const angle = (k) => (k * 2 * Math.PI) / numModes;
  return world("ring", Array.from({ length: numModes }, (_, k) => [radius * Math.cos(angle(k)), radius * Math.sin(angle(k))]), sigma);
}

export function grid(side = 5, spacing = 1, sigma = 0.05) {
  const line = Array.from({ length: side }, (_, k) => spacing * (k - (side - 1) / 2));
  return world("grid", line.flatMap((x) => line.map((y) => [x, y])), sigma);
}

export function twoMoons(numComponents = 64, sigma = 0.1) {
  const angles = Array.from({ length: numComponents }, (_, k) => ((k + 0.5) * Math.PI) / numComponents);
  const upper = angles.map((a) => [1.5 * (Math.cos(a) - 0.5), 1.5 * (Math.sin(a) - 0.25)]);
  const lower = angles.map((a) => [1.5 * (0.5 - Math.cos(a)), 1.5 * (0.25 - Math.sin(a))]);
  return world("moons", [...upper, ...lower], sigma, [...upper.map(() => 0), ...lower.map(() => 1)]);
}

/** A visitor's drawing: a Gaussian on every point; points nearer than 5 sigma, from hand to hand, are one mode. */
export function drawn(points, sigma = 0.08) {
  if (points.length < MIN_POINTS) throw new Error(`${points.length} points are too few to learn from: draw at least ${MIN_POINTS}.`);
  const group = points.map((_, k) => k), root = (k) => { while (group[k] !== k) k = group[k]; return k; };
  points.forEach(([x, y], i) => points.slice(0, i).forEach(([u, v], j) => {
    if (Math.hypot(x - u, y - v) < 5 * sigma) group[root(i)] = root(j);
  }));
  const roots = [...new Set(points.map((_, k) => root(k)))];
  return world("drawn", points, sigma, points.map((_, k) => roots.indexOf(root(k))));
}

export const WORLDS = { ring, grid, moons: twoMoons };

/** n draws, x and y in turn. */
export function sampleWorld({ means, sigma }, n, random) {
  const points = new Float64Array(2 * n);
  for (let e = 0; e < n; e++) {
    const [x, y] = means[random.integer(means.length)];
    points[2 * e] = x + sigma * random.normal();
    points[2 * e + 1] = y + sigma * random.normal();
  }
  return points;
}

/** Modes that hold at least a quarter of their due in points within 3 sigma of a component, and the share of such points. */
export function coverage({ means, sigma, modes, numModes }, points) {
  const n = points.length / 2, counts = new Float64Array(numModes), due = new Float64Array(numModes);
  modes.forEach((mode) => { due[mode] += n / modes.length; });
  let good = 0;
  for (let e = 0; e < n; e++) {
    let nearest = Infinity, component = 0;
    means.forEach(([x, y], k) => {
      const distance = (points[2 * e] - x) ** 2 + (points[2 * e + 1] - y) ** 2;
      if (distance < nearest) { nearest = distance; component = k; }
    });
    if (nearest > 9 * sigma * sigma) continue;
    counts[modes[component]]++;
    good++;
  }
  const covered = Array.from(counts, (count, mode) => count >= 0.25 * due[mode]);
  return { covered, modes: covered.filter(Boolean).length, numModes, highQuality: good / n };
}

/** Half the side of the square to look at. */
export const boundOf = ({ means, sigma }) => Math.max(...means.flat().map(Math.abs)) + Math.max(6.5 * sigma, 0.7);

// erf to 1.2e-7 (Abramowitz and Stegun 7.1.26 is coarser; this is the Chebyshev fit of Numerical Recipes)
function erf(x) {
  const z = Math.abs(x), t = 1 / (1 + 0.5 * z);
  const c = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  const r = t * Math.exp(-z * z + c.reduceRight((sum, k) => sum * t + k));
  return x >= 0 ? 1 - r : r - 1;
}

/** The exact probability of every cell of the centred square, cells x cells, x first; and what lies outside, last. */
export function cellMasses({ means, sigma }, bound, cells) {
  const masses = new Float64Array(cells * cells + 1);
  const strip = (m) => {
    const edge = Array.from({ length: cells + 1 }, (_, k) => 0.5 * erf((-bound + (2 * bound * k) / cells - m) / (sigma * Math.SQRT2)));
    return edge.slice(1).map((right, k) => right - edge[k]);
  };
  for (const [x, y] of means) {
    const columns = strip(x), rows = strip(y);
    columns.forEach((p, i) => rows.forEach((q, j) => { masses[i * cells + j] += (p * q) / means.length; }));
  }
  masses[cells * cells] = Math.max(0, 1 - masses.reduce((a, b) => a + b));
  return masses;
}

/** The shares of points in the same cells. */
export function cellShares(points, bound, cells) {
  const n = points.length / 2, shares = new Float64Array(cells * cells + 1);
  for (let e = 0; e < n; e++) {
    const i = Math.floor(((points[2 * e] + bound) / (2 * bound)) * cells), j = Math.floor(((points[2 * e + 1] + bound) / (2 * bound)) * cells);
    shares[i >= 0 && i < cells && j >= 0 && j < cells ? i * cells + j : cells * cells] += 1 / n;
  }
  return shares;
}

/** From 0 to log 2, nats. */
export function jensenShannon(p, q) {
  let sum = 0;
  p.forEach((a, k) => {
    const b = q[k], m = (a + b) / 2;
    if (a > 0) sum += (a * Math.log(a / m)) / 2;
    if (b > 0) sum += (b * Math.log(b / m)) / 2;
  });
  return sum;
}
