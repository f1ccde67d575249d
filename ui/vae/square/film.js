// A path through the latent plane and the film that it makes.

// The path that is walked before anybody has touched anything: once round, through the middle of the prior
export const TOUR = Array.from({ length: 241 }, (_, i) => {
  const t = (i / 240) * 2 * Math.PI;
  return [1.95 * Math.sin(t) + 0.35 * Math.sin(5 * t), 1.75 * Math.sin(2 * t + 0.5) + 0.3 * Math.cos(3 * t)];
});

// What a hand has drawn, with its corners cut (Chaikin 1974)
export function smooth(points, rounds = 3) {
  for (let round = 0; round < rounds && points.length > 2; round++) {
    const cut = [points[0]];
    for (let i = 0; i + 1 < points.length; i++) {
      const [a, b] = [points[i], points[i + 1]];
      cut.push(mix(a, b, 0.25), mix(a, b, 0.75));
    }
    cut.push(points.at(-1));
    points = cut;
  }
  return points;
}

export function walk(points) {
  const reached = [0];
  for (let i = 1; i < points.length; i++) reached.push(reached[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
  const length = reached.at(-1);
  const closed = length > 0 && Math.hypot(points[0][0] - points.at(-1)[0], points[0][1] - points.at(-1)[1]) < 1e-6;
  return {
    length, closed, points,
    // where one is after a distance: round and round on a closed path, to and fro on an open one
    at(distance) {
      if (!length) return points[0];
      let s = closed ? distance % length : distance % (2 * length);
      if (s > length) s = 2 * length - s;
      let low = 0, high = reached.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (reached[middle] <= s) low = middle;
        else high = middle;
      }
      return mix(points[low], points[high], (s - reached[low]) / (reached[high] - reached[low] || 1));
    },
    // evenly spaced points for a film of ``count`` pictures that can be looped without a jump
    frames(count) {
      const whole = closed ? length : 2 * length;
      return Array.from({ length: count }, (_, i) => this.at((i / count) * whole));
    },
    // evenly spaced points from end to end
    strip(count) {
      return Array.from({ length: count }, (_, i) => this.at(Math.min((i / (closed ? count : count - 1)) * length, length)));
    },
  };
}

const mix = (a, b, t) => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
