// Latents that carry equal shares of N(0, I): the regular grid that the generator warps, and a lattice to integrate with.

/** The value below which a standard normal number falls with probability p (Acklam's rational fit, error below 1e-9 relative 1e-9). */
export function normalQuantile(p) {
  const a = [-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239];
  const b = [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1];
  const c = [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
  const d = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
  const poly = (k, x) => k.reduce((sum, each) => sum * x + each, 0);
  if (p < 0.02425) { const q = Math.sqrt(-2 * Math.log(p)); return poly(c, q) / poly(d, q); }
  if (p > 1 - 0.02425) return -normalQuantile(1 - p);
  const q = p - 0.5, r = q * q;
  return (poly(a, r) * q) / poly(b, r);
}

/** (lines x lines) corners of cells of equal probability, row by row, the outermost `margin` from the edge of the square. */
export function regularGrid(lines, margin = 0.01) {
  const at = (k) => normalQuantile(margin + ((1 - 2 * margin) * k) / (lines - 1));
  const z = new Float64Array(2 * lines * lines);
  for (let r = 0, k = 0; r < lines; r++) for (let c = 0; c < lines; c++) { z[k++] = at(c); z[k++] = at(r); }
  return z;
}

/** n points of a Fibonacci lattice, each standing for the n-th part of N(0, I). */
export function lattice(n) {
  const z = new Float64Array(2 * n), golden = (Math.sqrt(5) - 1) / 2;
  for (let k = 0; k < n; k++) {
    z[2 * k] = normalQuantile((k + 0.5) / n);
    z[2 * k + 1] = normalQuantile(((k + 0.5) * golden) % 1 || 0.5 / n);
  }
  return z;
}
