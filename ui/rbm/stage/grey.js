// How grey pixels and the visible units of a machine translate into each other. Binary units: intensities as they are, held ones black or
// white. Gaussian units: pixels standardised by the mean and deviation that each had in the training set.

const binary = { toGrey: (x) => x, toModel: (x) => x, hold: (x) => x.map((value) => (value > 0.5 ? 1 : 0)) };

/** {toGrey, toModel, hold}: one or more pictures each, (any number * pixels) -> the same. @param {Float32Array} mean @param {Float32Array} std */
export function standardised(mean, std) {
  const n = mean.length, toModel = (x) => Float32Array.from(x, (value, i) => (value - mean[i % n]) / std[i % n]);
  return { toGrey: (x) => x.map((value, i) => value * std[i % n] + mean[i % n]), toModel, hold: toModel };
}

// {url} of all means, then all deviations, as float32 (assets.statistics_url)
export async function greyScale(machine, url) {
  if (machine.visible !== "gaussian") return binary;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The statistics of the training images could not be fetched: the server answered ${response.status}.`);
  const numbers = new Float32Array(await response.arrayBuffer()), n = numbers.length / 2;
  return standardised(numbers.subarray(0, n), numbers.subarray(n));
}
