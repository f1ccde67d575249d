// The two-dimensional game: both players, their losses and one update of each. No DOM, no random numbers: what is drawn
// is an argument, so that the very same update can be held against torch.
//
// A network is a list of dense layers {W: Float64Array (outputs x inputs, row by row), b, inputs, outputs} with leaky
// rectifiers between them; a batch is a Float64Array, example by example.

export const SLOPE = 0.2;
export const LOSSES = ["non-saturating", "saturating", "least-squares", "wasserstein"];

/** A network of these sizes, weights and biases uniform in +-1/sqrt(inputs); random() in [0, 1). */
export function network(sizes, random) {
  const layers = [];
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]], bound = 1 / Math.sqrt(inputs);
    const uniform = (n) => Float64Array.from({ length: n }, () => (2 * random() - 1) * bound);
    layers.push({ W: uniform(inputs * outputs), b: uniform(outputs), inputs, outputs });
  }
  return layers;
}

export const copyOf = (layers) => layers.map((l) => ({ ...l, W: l.W.slice(), b: l.b.slice() }));

// The three products that everything here is made of; n examples. Four examples at a time share a row of weights.
function timesTransposed(X, { W, inputs, outputs }, b, n) { // X W^T + b
  const Y = new Float64Array(n * outputs);
  let e = 0;
  for (; e + 3 < n; e += 4) {
    const x0 = e * inputs, x1 = x0 + inputs, x2 = x1 + inputs, x3 = x2 + inputs;
    for (let o = 0, w = 0; o < outputs; o++) {
      let s0 = b ? b[o] : 0, s1 = s0, s2 = s0, s3 = s0;
      for (let i = 0; i < inputs; i++, w++) {
        const v = W[w];
        s0 += v * X[x0 + i]; s1 += v * X[x1 + i]; s2 += v * X[x2 + i]; s3 += v * X[x3 + i];
      }
      const y = e * outputs + o;
      Y[y] = s0; Y[y + outputs] = s1; Y[y + 2 * outputs] = s2; Y[y + 3 * outputs] = s3;
    }
  }
  for (; e < n; e++) {
    for (let o = 0, w = 0; o < outputs; o++) {
      let s = b ? b[o] : 0;
      for (let i = 0; i < inputs; i++, w++) s += W[w] * X[e * inputs + i];
      Y[e * outputs + o] = s;
    }
  }
  return Y;
}

function times(Y, { W, inputs, outputs }, n) { // Y W
  const X = new Float64Array(n * inputs);
  for (let e = 0; e < n; e++) {
    const x = e * inputs;
    for (let o = 0, w = 0; o < outputs; o++, w += inputs) {
      const y = Y[e * outputs + o];
      if (y !== 0) for (let i = 0; i < inputs; i++) X[x + i] += y * W[w + i];
    }
  }
  return X;
}

function addOuter(dW, Y, X, { inputs, outputs }, n) { // dW += Y^T X
  for (let e = 0; e < n; e++) {
    const x = e * inputs;
    for (let o = 0, w = 0; o < outputs; o++, w += inputs) {
      const y = Y[e * outputs + o];
      if (y !== 0) for (let i = 0; i < inputs; i++) dW[w + i] += y * X[x + i];
    }
  }
}

/** All inputs of the layers and, last, the output. */
export function forward(layers, X, n) {
  const states = [X];
  layers.forEach((layer, l) => {
    const Y = timesTransposed(states[l], layer, layer.b, n);
    if (l + 1 < layers.length) for (let k = 0; k < Y.length; k++) if (Y[k] < 0) Y[k] *= SLOPE;
    states.push(Y);
  });
  return states;
}

export const output = (layers, X, n) => forward(layers, X, n)[layers.length];

const rectifierSlope = (dY, state) => { for (let k = 0; k < dY.length; k++) if (state[k] < 0) dY[k] *= SLOPE; };

export const zeroGradient = (layers) => layers.map((l) => ({ W: new Float64Array(l.W.length), b: new Float64Array(l.b.length) }));

/** Add the gradient of sum(dOutput * output) in the weights to `gradient` (null: leave it); returns that in the input. */
export function backward(layers, states, dOutput, n, gradient) {
  let d = dOutput.slice();
  for (let l = layers.length - 1; l >= 0; l--) {
    if (gradient) {
      addOuter(gradient[l].W, d, states[l], layers[l], n);
      for (let e = 0, k = 0; e < n; e++) for (let o = 0; o < layers[l].outputs; o++, k++) gradient[l].b[o] += d[k];
    }
    d = times(d, layers[l], n);
    if (l > 0) rectifierSlope(d, states[l]);
  }
  return d;
}

/** Add the gradient of mean_e penalty(|slope_e|) to `gradient`, slope_e being the network's in its input at example e;
 *  scale(|slope|) = penalty'(|slope|) / |slope|. Between its kinks the network is linear, so that this is exact. */
function addSlopePenalty(layers, X, n, gradient, scale) {
  const states = forward(layers, X, n);
  const down = []; // down[l]: the gradient of the verdict in the output of layer l
  let d = new Float64Array(n).fill(1);
  for (let l = layers.length - 1; l >= 0; l--) {
    down[l] = d;
    d = times(d, layers[l], n);
    if (l > 0) rectifierSlope(d, states[l]);
  }
  const inputs = layers[0].inputs, tangent = new Float64Array(d.length);
  for (let e = 0; e < n; e++) {
    let norm = 0;
    for (let i = 0; i < inputs; i++) norm += d[e * inputs + i] ** 2;
    const s = scale(Math.sqrt(norm)) / n;
    for (let i = 0; i < inputs; i++) tangent[e * inputs + i] = s * d[e * inputs + i];
  }
  let t = tangent;
  layers.forEach((layer, l) => {
    addOuter(gradient[l].W, down[l], t, layer, n);
    if (l + 1 < layers.length) { t = timesTransposed(t, layer, null, n); rectifierSlope(t, states[l + 1]); }
  });
}

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

/** What D minimises at one logit, and its slope; on a real example, on a fake one. */
export const discriminatorLoss = {
  real(a, loss, smoothing = 0) {
    if (loss === "wasserstein") return [-a, -1];
    if (loss === "least-squares") return [0.5 * (a - 1 + smoothing) ** 2, a - 1 + smoothing];
    return [softplus(-a) + smoothing * a, smoothing - sigmoid(-a)];
  },
  fake(a, loss) {
    if (loss === "wasserstein") return [a, 1];
    if (loss === "least-squares") return [0.5 * a * a, a];
    return [softplus(a), sigmoid(a)];
  },
};

/** What G minimises at the logit that D gives to one of its examples, and its slope: equations (37) and (38). */
export function generatorLoss(a, loss) {
  if (loss === "wasserstein") return [-a, -1];
  if (loss === "least-squares") return [0.5 * (a - 1) ** 2, a - 1];
  if (loss === "saturating") return [-softplus(a), -sigmoid(a)];
  return [softplus(-a), -sigmoid(-a)];
}

function meanLoss(logits, of) {
  const slopes = new Float64Array(logits.length);
  let mean = 0;
  for (let e = 0; e < logits.length; e++) {
    const [value, slope] = of(logits[e]);
    mean += value / logits.length;
    slopes[e] = slope / logits.length;
  }
  return [mean, slopes];
}

/** Adam's memory for a network. */
export const adam = (layers) => ({ step: 0, first: zeroGradient(layers), second: zeroGradient(layers) });

function adamStep(layers, gradient, memory, { learningRate, beta1 = 0.5, beta2 = 0.999 }) {
  memory.step++;
  const c1 = 1 - beta1 ** memory.step, c2 = 1 - beta2 ** memory.step;
  layers.forEach((layer, l) => {
    for (const part of ["W", "b"]) {
      const x = layer[part], g = gradient[l][part], m = memory.first[l][part], v = memory.second[l][part];
      for (let k = 0; k < x.length; k++) {
        m[k] = beta1 * m[k] + (1 - beta1) * g[k];
        v[k] = beta2 * v[k] + (1 - beta2) * g[k] * g[k];
        x[k] -= (learningRate * (m[k] / c1)) / (Math.sqrt(v[k] / c2) + 1e-8);
      }
    }
  });
}

const normOf = (gradient) => Math.sqrt(gradient.reduce((s, l) => s + l.W.reduce((t, g) => t + g * g, 0) + l.b.reduce((t, g) => t + g * g, 0), 0));

/** One update of D on as many real as fake points; `mix` in [0, 1): one number a point, for the Wasserstein penalty. */
export function discriminatorStep({ D, adamD }, real, fake, mix, settings) {
  const { loss, r1 = 0, gradientPenalty = 1, labelSmoothing = 0, frozen = false } = settings;
  const n = real.length / D[0].inputs, gradient = zeroGradient(D);
  const onReal = forward(D, real, n), onFake = forward(D, fake, n);
  const [lossReal, slopesReal] = meanLoss(onReal[D.length], (a) => discriminatorLoss.real(a, loss, labelSmoothing));
  const [lossFake, slopesFake] = meanLoss(onFake[D.length], (a) => discriminatorLoss.fake(a, loss));
  backward(D, onReal, slopesReal, n, gradient);
  backward(D, onFake, slopesFake, n, gradient);
  if (r1 > 0) addSlopePenalty(D, real, n, gradient, () => r1);
  if (loss === "wasserstein" && gradientPenalty > 0) {
    const between = real.map((x, k) => { const m = mix[Math.floor(k / D[0].inputs)]; return m * x + (1 - m) * fake[k]; });
    addSlopePenalty(D, between, n, gradient, (s) => (2 * gradientPenalty * (s - 1)) / Math.max(s, 1e-12));
  }
  const norm = normOf(gradient);
  if (!frozen && Number.isFinite(norm)) adamStep(D, gradient, adamD, settings);
  return { loss: lossReal + lossFake, norm, real: onReal[D.length], fake: onFake[D.length] };
}

/** One update of G from the latents z against the present D, which is left alone. */
export function generatorStep({ G, D, adamG }, z, settings) {
  const n = z.length / G[0].inputs, gradient = zeroGradient(G);
  const made = forward(G, z, n), judged = forward(D, made[G.length], n);
  const [value, slopes] = meanLoss(judged[D.length], (a) => generatorLoss(a, settings.loss));
  backward(G, made, backward(D, judged, slopes, n, null), n, gradient);
  const norm = normOf(gradient);
  if (!settings.frozen && Number.isFinite(norm)) adamStep(G, gradient, adamG, settings);
  return { loss: value, norm };
}

/** Where each fake point is told to go: minus the gradient of its own loss in the point itself. */
export function pulls(D, points, loss) {
  const n = points.length / D[0].inputs, states = forward(D, points, n);
  const slopes = states[D.length].map((a) => -generatorLoss(a, loss)[1]);
  return backward(D, states, slopes, n, null);
}
