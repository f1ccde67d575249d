// What causes collapse and what cures it: benchmarks/collapse.py counts the modes of both over five seeds.

export const CAUSE = {
  settings: { loss: "non-saturating", k: 1, rateD: -3.3, rateG: -2, r1: 0, smoothing: 0, averaged: "no" },
  again: true,
  said: "Set: G learns at 0.01, twenty times as fast as D (0.0005); R1 and averaging off; started again. G runs to where this D is weakest, and D comes too late.",
};

export const CURE = {
  settings: { loss: "non-saturating", k: 1, rateD: -2.7, rateG: -2.7, r1: 0.3, smoothing: 0, averaged: "yes" },
  again: false,
  said: "Set: both learn at 0.002; R1 = 0.3 keeps D gentle around real points, so that it points to the modes that are missing; the average of G is shown. No restart.",
};

export const PLAIN = {
  settings: { loss: "non-saturating", k: 1, rateD: -2.7, rateG: -2.7, r1: 0, smoothing: 0, averaged: "no" },
  said: "A plain game: both learn at 0.002, no help for anybody.",
};
