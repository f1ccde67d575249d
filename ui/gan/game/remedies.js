// What causes collapse and what cures it: benchmarks/collapse.py counts the modes of both over five seeds.

export const CAUSE = {
  settings: { loss: "non-saturating", k: 1, rateD: -3.3, rateG: -2, r1: 0, smoothing: 0, averaged: "no" },
  again: true,
  said: "Set: G learns at 0.01, twenty times as fast as D (0.0005); R1 and averaging off; started again. G runs to where this D is weakest, and D comes too late.",
};

const CURE = {
  settings: { loss: "non-saturating", k: 1, rateD: -2.7, rateG: -2.7, r1: 0.3, smoothing: 0, averaged: "yes" },
  again: false,
  said: "Set: both learn at 0.002; R1 = 0.3 keeps D gentle around real points, so that it points to the modes that are missing; the average of G is shown. No restart.",
};

// Twenty-five modes are another matter (python -m benchmarks.game): D must be the quicker one, the penalty light, the game long.
const CURE_OF_MANY = {
  settings: { loss: "non-saturating", k: 1, rateD: -2.3, rateG: -2.5, r1: 0.05, smoothing: 0, averaged: "yes", speed: 4 },
  again: true,
  said: "Set: D learns at 0.005, G at 0.003; R1 = 0.05; the average of G is shown; all speed, started again. It takes some 20 000 updates, and some games end with 20 of the 25.",
};

export const cureOf = (world) => (world === "grid" ? CURE_OF_MANY : CURE);

/** The settings of the page as a match takes them. */
export const playingOf = ({ loss, k, rateD, rateG, r1, smoothing, averaged }) => ({
  loss, k, generatorRate: 10 ** rateG, discriminatorRate: 10 ** rateD, r1, labelSmoothing: smoothing, averaging: averaged === "yes" ? 0.99 : 0,
});

export const PLAIN = {
  settings: { loss: "non-saturating", k: 1, rateD: -2.7, rateG: -2.7, r1: 0, smoothing: 0, averaged: "no" },
  said: "A plain game: both learn at 0.002, no help for anybody.",
};
