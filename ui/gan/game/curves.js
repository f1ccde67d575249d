// What is remembered of a game: the last looks at its numbers, and where a gradient leapt.

const LENGTH = 500, WINDOW = 20, TIMES = 4; // a leap is TIMES the median of the WINDOW looks before it, as in ui/gan/live
const COLUMNS = ["updates", "lossD", "lossG", "normD", "normG", "modes", "divergence"];
export const HEADINGS = ["update", "loss_D", "loss_G", "gradient_norm_D", "gradient_norm_G", "modes", "divergence_nats"];

export function curves() {
  const lines = Object.fromEntries(COLUMNS.map((name) => [name, []])), leaps = { normD: [], normG: [] };
  return {
    ...lines, leaps,
    add(seen) {
      for (const name of Object.keys(leaps)) if (isLeap(lines[name], seen[name])) leaps[name].push(lines[name].length);
      for (const name of COLUMNS) lines[name].push(seen[name]);
      if (lines.updates.length <= LENGTH) return;
      for (const name of COLUMNS) lines[name].shift();
      for (const name of Object.keys(leaps)) leaps[name] = leaps[name].map((i) => i - 1).filter((i) => i >= 0);
    },
    rows: () => lines.updates.map((_, i) => COLUMNS.map((name) => lines[name][i])),
  };
}

function isLeap(before, value) {
  if (before.length < WINDOW) return false;
  const sorted = before.slice(-WINDOW).sort((a, b) => a - b);
  return value > (TIMES * (sorted[WINDOW / 2 - 1] + sorted[WINDOW / 2])) / 2;
}
