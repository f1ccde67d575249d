// A picture of the visitor's own: its posterior lands in the square, its reconstruction and what is lost are painted beside it.

import { paintTiles } from "../../kit/pictures.js";
import { PIXELS } from "../../kit/test_images.js";
import { centred } from "./center.js";
import { LIMIT } from "./plane.js";

const CONTOUR_CELLS = 48, DRAWS = 200;
const INVITATION = "Draw above. The encoder answers with every stroke; the ellipses are one and two standard deviations of q(z | x).";

// now(): {vae, inks, contours} as they are at the moment; changed(): the square is to be drawn anew; told(bound): its bound is known
export function ownPicture({ at, ask, now, changed, told }) {
  const own = { target: null, landscape: null, look, forget: () => { own.target = null; } };
  let busy = false;

  function look(values) {
    const x = centred(values), { vae, inks } = now();
    at.padFigure.dataset.empty = String(!x);
    paintTiles(at.pad, values, { count: 1, colours: inks.blue });
    if (!x) {
      own.target = own.landscape = null;
      for (const name of ["rebuilt", "lost"]) paintTiles(at[name], new Float32Array(PIXELS), { count: 1, colours: inks.solid });
      at.boundText.textContent = INVITATION;
      return changed();
    }
    if (!vae) return; // it is still on its way, and then it looks
    const { mean, logVar } = vae.encode(x, 1), rebuilt = vae.decode(mean, 1);
    own.target = { x, mean: [...mean], sigma: [...logVar].map((v) => Math.exp(v / 2)), landed: own.target?.landed ?? 0 };
    paintTiles(at.rebuilt, rebuilt, { count: 1, colours: inks.solid });
    paintTiles(at.lost, x.map((p, i) => p - rebuilt[i]), { count: 1, low: -1, high: 1, colours: inks.signed });
    changed();
    judge();
  }

  // Bound and contours take longer than a stroke: one question at a time, and always about the newest picture.
  async function judge() {
    if (busy) return;
    busy = true;
    for (let x = null; own.target && x !== own.target.x; ) {
      x = own.target.x;
      const bound = await ask("bound", { x, draws: DRAWS, seed: 1 });
      if (own.target?.x === x) tell(bound);
      if (!now().contours) continue;
      const { landscape } = await ask("landscape", { x, cells: CONTOUR_CELLS, limit: LIMIT });
      if (own.target?.x !== x) continue;
      own.landscape = landscape;
      changed();
    }
    busy = false;
  }

  function tell(bound) {
    const nats = (value) => value.toFixed(1).replace("-", "−");
    at.boundText.textContent = `reconstruction ${nats(bound.reconstruction)} less KL ${nats(bound.kl)} = ELBO ${nats(bound.elbo)} nats. log p(x) is at least ${nats(bound.tighter)} (${DRAWS} importance weights): the ellipse costs ${nats(bound.tighter - bound.elbo)}.`;
    told(bound);
  }
  return own;
}
