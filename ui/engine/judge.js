// The digit classifier as a judge: which digit each picture looks like.

import { fetchModel } from "./engine.js";
import { classifierOf } from "./families.js";

/** Fetch the classifier at ``url`` (absolute). @returns {Promise<(pictures: Float32Array, count: number) => number[]>} */
export async function judgeOf(url) {
  const classify = classifierOf(await fetchModel(url));
  return (pictures, count) => {
    const logits = classify(pictures, count), labels = logits.length / count;
    return Array.from({ length: count }, (_, i) => {
      const row = logits.subarray(i * labels, (i + 1) * labels);
      return row.indexOf(Math.max(...row));
    });
  };
}
