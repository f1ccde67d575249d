// The mean-field bound of one picture, and what a first hidden layer says about the pixels.

import { sigmoid } from "../../engine/engine.js";

// E_q[-E] + entropy of q, in nats: less log Z a lower bound on log p(v) (equations 26 and 28). means: hidden layers of one example.
export function bound({ weights, biases }, v, means) {
  const layers = [v, ...means];
  let total = 0;
  layers.forEach((x, l) => {
    for (let i = 0; i < x.length; i++) {
      total += biases[l][i] * x[i];
      if (l) total += entropy(x[i]);
    }
    if (l === layers.length - 1) return;
    const above = layers[l + 1], m = above.length, W = weights[l];
    for (let i = 0; i < x.length; i++) {
      if (x[i] === 0) continue;
      let sum = 0;
      for (let j = 0; j < m; j++) sum += W[i * m + j] * above[j];
      total += x[i] * sum;
    }
  });
  return total;
}

export function entropy(p) {
  return p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p);
}

// E[v | h] at the means of the first hidden layer
export function pixelsGiven({ weights, biases }, h) {
  const m = h.length;
  return biases[0].map((bias, i) => {
    let sum = bias;
    for (let j = 0; j < m; j++) sum += weights[0][i * m + j] * h[j];
    return sigmoid(sum);
  });
}
