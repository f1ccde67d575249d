// The gradient of equation 7, three times: summed over all states, by CD-k, by persistent chains. While the machine rests the two
// estimates are averaged over more and more chains: their noise goes, CD's bias stays.

import { meanStatistics, modelStatistics } from "../../engine/exact.js";
import { paintTiles } from "../../kit/pictures.js";
import { Average, compare } from "./learner.js";

export function gradientPanel(lab) {
  const { at, setting } = lab;
  const cd = new Average(), pcd = new Average();
  let key = "", positive, negative, frames = 0;

  // Weights may have been moved by anything: compare what the averages belong to with what is there.
  function follow() {
    const { learner } = lab, { W, b, c } = learner.machine;
    let sum = learner.updates + 1000 * setting.k + 0.1 * learner.side;
    for (const list of [W, b, c]) list.forEach((x, index) => { sum += x * (1.1 + Math.sin(index + list.length)); });
    const now = String(sum);
    if (now === key) return;
    key = now;
    cd.reset();
    pcd.reset();
    positive = meanStatistics(learner.machine, learner.data).vh;
    negative = modelStatistics(learner.machine).vh;
  }
  function advance() {
    if (frames++ % 3) return;
    follow();
    cd.add(lab.learner.negative("cd", setting.k).vh);
    pcd.add(lab.learner.negative("pcd", 5).vh); // sweeps between two looks, or the second look tells little new
  }
  function minus(a, b) {
    return a.map((x, index) => x - b[index]);
  }
  // (n, m) -> one picture for every hidden unit
  function show(canvas, values, scale, description) {
    const { side, numHidden, numVisible } = lab.learner, pictures = new Float32Array(values.length);
    for (let i = 0; i < numVisible; i++) for (let j = 0; j < numHidden; j++) pictures[j * numVisible + i] = values[i * numHidden + j];
    const columns = numHidden > 6 ? Math.ceil(numHidden / 2) : Math.max(4, numHidden);
    paintTiles(canvas, pictures, { count: numHidden, width: side, height: side, columns, gap: 1, low: -scale, high: scale, colours: lab.signed, background: lab.surface });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", description);
  }
  function paint() {
    if (frames % 4 && lab.playing) return;
    follow();
    if (!cd.count) {
      cd.add(lab.learner.negative("cd", setting.k).vh);
      pcd.add(lab.learner.negative("pcd", 1).vh);
    }
    const truth = minus(positive, negative), numChains = lab.learner.fromData.numChains;
    const scale = Math.max(0.02, ...truth.map(Math.abs), ...minus(positive, cd.mean).map(Math.abs));
    for (const name of ["positive", "positiveCd", "positivePcd"]) show(at[name], positive, 0.75, "Expectation of v h over the data");
    show(at.negativeExact, negative, 0.75, "Exact expectation of v h over the model");
    show(at.gradientExact, truth, scale, "The exact gradient");
    at.textExact.textContent = `the largest entry is ${Math.max(...truth.map(Math.abs)).toFixed(3)}`;
    for (const [name, average, chains] of [["Cd", cd, numChains], ["Pcd", pcd, lab.learner.particles.numChains]]) {
      const estimate = minus(positive, average.mean), { degrees, length } = compare(estimate, truth);
      show(at[`negative${name}`], average.mean, 0.75, "Estimated expectation of v h over the model");
      show(at[`gradient${name}`], estimate, scale, "The estimated gradient");
      at[`text${name}`].textContent = `${degrees.toFixed(0)}° away from the exact one, ${length.toFixed(2)} times as long; mean of ${(average.count * chains).toLocaleString("en")} samples`;
    }
    at.nameCd.textContent = `CD-${setting.k}`;
    at.namePcd.textContent = "PCD";
    at.gradientText.textContent = "While the machine rests the estimates are averaged over ever more samples: chance goes away. What remains of CD's error is its bias; persistent chains have none left once they have mixed.";
  }
  return { begin() { key = ""; }, advance, paint };
}
