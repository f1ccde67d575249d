// A match of the two-dimensional game: both players, the world they play about, and the draws of chance. No DOM: it runs
// in the worker and in the tests.

import { Random } from "../../engine/random.js";
import { lattice, regularGrid } from "./latents.js";
import { adam, copyOf, discriminatorLoss, discriminatorStep, generatorStep, network, output, pulls } from "./players.js";
import { boundOf, cellMasses, cellShares, coverage, jensenShannon, sampleWorld } from "./worlds.js";

const NUM_FAKES = 240, GRID_LINES = 21, FIELD = 48, CELLS = 40, LATTICE = 4000;

export const SETTINGS = {
  loss: "non-saturating", k: 1, generatorRate: 2e-3, discriminatorRate: 2e-3, r1: 0, gradientPenalty: 1, labelSmoothing: 0,
  averaging: 0, freezeG: false, freezeD: false, batch: 64,
};
const SIZES = { G: [2, 32, 32, 2], D: [2, 32, 32, 1] };

export class Match {
  constructor(world, settings, seed) {
    this.world = world;
    this.settings = { ...SETTINGS, ...settings };
    this.random = new Random(seed);
    const uniform = () => this.random.uniform();
    const G = network(SIZES.G, uniform), D = network(SIZES.D, uniform);
    this.players = { G, D, adamG: adam(G), adamD: adam(D) };
    this.averaged = copyOf(G);
    this.updates = 0;
    this.measured = { lossD: 0, lossG: 0, normD: 0, normG: 0 };
    this.failed = null;
    this.bound = boundOf(world);
    this.masses = cellMasses(world, this.bound, CELLS);
    this.fixed = this.normals(NUM_FAKES);
    this.grid = regularGrid(GRID_LINES);
    this.lattice = lattice(LATTICE);
    this.reals = sampleWorld(world, NUM_FAKES, this.random);
    this.manyReals = sampleWorld(world, 1000, new Random(seed + 1)); // drawn apart: to look must not change the game
  }

  normals(n) {
    return Float64Array.from({ length: 2 * n }, () => this.random.normal());
  }

  /** One step of D alone. */
  stepD() {
    const { batch, discriminatorRate, freezeD, ...rest } = this.settings;
    const fake = output(this.players.G, this.normals(batch), batch);
    const real = sampleWorld(this.world, batch, this.random), mix = Float64Array.from({ length: batch }, () => this.random.uniform());
    const { loss, norm } = discriminatorStep(this.players, real, fake, mix, { ...rest, learningRate: discriminatorRate, frozen: freezeD });
    Object.assign(this.measured, { lossD: loss, normD: norm });
    this.check(loss, norm);
  }

  /** One step of G alone, and of its moving average. */
  stepG() {
    const { batch, generatorRate, freezeG, averaging, ...rest } = this.settings;
    const { loss, norm } = generatorStep(this.players, this.normals(batch), { ...rest, learningRate: generatorRate, frozen: freezeG });
    Object.assign(this.measured, { lossG: loss, normG: norm });
    this.check(loss, norm);
    this.updates++;
    const stay = Math.min(averaging, (1 + this.updates) / (10 + this.updates));
    this.averaged.forEach((layer, l) => {
      for (const part of ["W", "b"]) {
        const kept = layer[part], now = this.players.G[l][part];
        for (let i = 0; i < kept.length; i++) kept[i] += (1 - stay) * (now[i] - kept[i]);
      }
    });
  }

  /** One update: k steps of D, one of G. */
  update() {
    for (let i = 0; i < this.settings.k && !this.failed; i++) this.stepD();
    if (!this.failed) this.stepG();
  }

  // A step that is not finite is never taken, so that the weights are the last good ones.
  check(loss, norm) {
    if (Number.isFinite(loss) && Number.isFinite(norm) && norm < 1e9) return;
    this.failed = `The game left the real numbers at update ${this.updates + 1}. These are the last good weights: lower a learning rate, then start again.`;
  }

  /** What there is to see: everything as Float32Array, ready to be handed over. */
  view({ field = true, slow = true } = {}) {
    const { D } = this.players, shown = this.averaged, { loss } = this.settings;
    const fakes = output(shown, this.fixed, NUM_FAKES), n = GRID_LINES ** 2;
    const seen = {
      updates: this.updates, failed: this.failed, bound: this.bound, ...this.measured,
      fakes: Float32Array.from(fakes), reals: Float32Array.from(this.reals),
      pulls: Float32Array.from(pulls(D, fakes, loss)),
      verdictsFake: Float32Array.from(output(D, fakes, NUM_FAKES)), verdictsReal: Float32Array.from(output(D, this.reals, NUM_FAKES)),
      grid: Float32Array.from(output(shown, this.grid, n)), gridLines: GRID_LINES,
    };
    if (field) {
      const places = new Float64Array(2 * FIELD * FIELD), step = (2 * this.bound) / FIELD;
      for (let r = 0, k = 0; r < FIELD; r++) for (let c = 0; c < FIELD; c++) { places[k++] = -this.bound + (c + 0.5) * step; places[k++] = this.bound - (r + 0.5) * step; }
      seen.field = Float32Array.from(output(D, places, FIELD * FIELD));
      seen.fieldSide = FIELD;
    }
    if (slow) {
      const many = output(shown, this.lattice, LATTICE);
      Object.assign(seen, coverage(this.world, many));
      seen.divergence = jensenShannon(this.masses, cellShares(many, this.bound, CELLS));
      seen.value = this.value(many.subarray(0, 2 * LATTICE));
    }
    return seen;
  }

  /** V(D, G) of equation (36) with the present D, over fixed real draws and the lattice. */
  value(many) {
    const { D } = this.players, real = this.manyReals;
    const mean = (logits, of) => logits.reduce((sum, a) => sum + of(a), 0) / logits.length;
    return -mean(output(D, real, 1000), (a) => discriminatorLoss.real(a, "saturating")[0])
      - mean(output(D, many, many.length / 2), (a) => discriminatorLoss.fake(a, "saturating")[0]);
  }
}
