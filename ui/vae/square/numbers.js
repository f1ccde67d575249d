// What is true at one point of the square.

export const priorDensity = ([x, y]) => Math.exp(-(x * x + y * y) / 2) / (2 * Math.PI);

// The average of the posteriors of all test pictures, each widened by ``width``
export function densityOfCodes({ mean, logVar }, [x, y], width) {
  let sum = 0;
  const count = mean.length / 2;
  for (let i = 0; i < count; i++) {
    const vx = Math.exp(logVar[2 * i]) + width * width, vy = Math.exp(logVar[2 * i + 1]) + width * width;
    const half = ((mean[2 * i] - x) ** 2 / vx + (mean[2 * i + 1] - y) ** 2 / vy) / 2;
    if (half < 20) sum += Math.exp(-half) / Math.sqrt(vx * vy);
  }
  return sum / (2 * Math.PI * count);
}

export function verdict(prior, codes) {
  if (prior < 0.0018) return "Out here the prior expects next to nothing.";
  if (codes < 0.4 * prior) {
    return "A hole: the prior expects pictures here, and hardly any test picture has its code here. What the decoder paints is a guess between neighbours.";
  }
  return codes > 2 * prior ? "Crowded: the codes are denser here than the prior asks for." : "The codes lie about as densely as the prior asks for.";
}

// log p(x | z) from the decoder's means: the cross-entropy of grey values
export function logLikelihood(x, means) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * Math.log(Math.max(means[i], 1e-12)) + (1 - x[i]) * Math.log(Math.max(1 - means[i], 1e-12));
  return sum;
}

export const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? 0;
