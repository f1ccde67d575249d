// Two causes a (truck), b (earthquake), one effect v (the house jumps), all binary; p(v = 1 | a, b) = sigmoid(-5 + 6 a + 6 b).

import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { scene } from "../../kit/scene.js";
import { reducedMotion } from "../../kit/theme.js";

const BIAS = -5, WEIGHT = 6, RARE = Math.log(0.06 / 0.94);
const sigmoid = (x) => 1 / (1 + Math.exp(-x)), STATES = [[0, 0], [0, 1], [1, 0], [1, 1]];
const SVG = "http://www.w3.org/2000/svg";
// independent causes; or the prior that an RBM with the same weights gives its hidden units (equation 22's upper half)
const PRIORS = {
  independent: ([a, b]) => Math.exp(RARE * (a + b)),
  complementary: ([a, b]) => Math.exp((RARE - 3) * (a + b)) * (1 + Math.exp(BIAS + WEIGHT * (a + b))),
};
const NODES = { truck: [110, 70, "a truck hit"], quake: [350, 70, "an earthquake"], house: [230, 230, "the house jumps"] };

// p(a, b | what is known), and the probability of a jump
function infer({ prior, house, truck }) {
  let joint = STATES.map((state) => PRIORS[prior](state));
  const effect = STATES.map(([a, b]) => sigmoid(BIAS + WEIGHT * (a + b)));
  if (house !== "unknown") joint = joint.map((p, i) => p * (house === "jumped" ? effect[i] : 1 - effect[i]));
  if (truck !== "unknown") joint = joint.map((p, i) => (STATES[i][0] === (truck === "hit" ? 1 : 0) ? p : 0));
  const total = joint.reduce((a, b) => a + b, 0);
  joint = joint.map((p) => p / total);
  return {
    joint, truck: joint[2] + joint[3], quake: joint[1] + joint[3],
    house: house === "unknown" ? joint.reduce((sum, p, i) => sum + p * effect[i], 0) : Number(house === "jumped"),
  };
}

export default component((root, settings, page) => {
  const at = elements(root), setting = scene("away", { house: ["jumped", "unknown", "not"], truck: ["unknown", "hit", "not"], prior: ["independent", "complementary"] });
  const choices = {
    house: { unknown: "not seen", jumped: "it jumped", not: "it did not" }, truck: { unknown: "not seen", hit: "it hit", not: "it did not" },
    prior: { independent: "independent", complementary: "complementary" },
  };
  let colours = page.colours, shown = { truck: 0, quake: 0, house: 0 }, goal;
  const make = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return parent.appendChild(element);
  };
  const arrows = ["truck", "quake"].map((name) => {
    const [x0, y0] = NODES[name], [x1, y1] = NODES.house, length = Math.hypot(x1 - x0, y1 - y0), ux = (x1 - x0) / length, uy = (y1 - y0) / length;
    return make("path", { d: `M${x0 + 50 * ux} ${y0 + 50 * uy} L${x1 - 54 * ux} ${y1 - 54 * uy} m${-9 * ux - 6 * uy} ${-9 * uy + 6 * ux} l${9 * ux + 6 * uy} ${9 * uy - 6 * ux} l${-9 * ux + 6 * uy} ${-9 * uy - 6 * ux}`, fill: "none", "stroke-width": 2.5 }, at.arrows);
  });
  const link = make("path", { d: "M160 70 H300", "stroke-width": 2.5, "stroke-dasharray": "6 6" }, at.arrows);
  const nodes = Object.fromEntries(Object.entries(NODES).map(([name, [x, y, word]]) => {
    const group = make("g", {}, at.nodes), ring = make("circle", { cx: x, cy: y, r: 46, "fill-opacity": 0.1, "stroke-width": 3 }, group), disc = make("circle", { cx: x, cy: y, r: 0, "fill-opacity": 0.75 }, group);
    const value = make("text", { x, y: y + 5 }, group), label = make("text", { x, y: name === "house" ? y + 64 : y - 53, class: "small" }, group);
    label.textContent = word;
    return [name, { ring, disc, value }];
  }));

  function paint() {
    for (const [name, { ring, disc, value }] of Object.entries(nodes)) {
      const hue = name === "house" ? colours.blue : colours.orange, known = setting[name] && setting[name] !== "unknown";
      ring.setAttribute("fill", hue);
      ring.setAttribute("stroke", hue);
      ring.setAttribute("stroke-width", known ? 6 : 2.5);
      disc.setAttribute("fill", hue);
      disc.setAttribute("r", (46 * Math.sqrt(shown[name])).toFixed(2));
      value.textContent = shown[name].toFixed(3);
    }
    arrows.forEach((arrow) => arrow.setAttribute("stroke", colours.gray));
    link.setAttribute("stroke", colours.violet);
    link.style.opacity = setting.prior === "complementary" ? 1 : 0;
  }
  function words() {
    goal = infer(setting);
    for (const [name, options] of Object.entries(choices)) [...at[name].children].forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(options)[i] === setting[name])));
    at.joint.innerHTML = `<tr><th></th><th>no earthquake</th><th>earthquake</th></tr>` + [0, 1].map((a) => `<tr><th>${a ? "truck" : "no truck"}</th>${[0, 1].map((b) => {
      const p = goal.joint[2 * a + b];
      return `<td><i style="width:${(6 * p).toFixed(2)}rem"></i>${p.toFixed(3)}</td>`;
    }).join("")}</tr>`).join("");
    const [none, quake, truck, both] = infer({ ...setting, truck: "unknown" }).joint, odds = Math.log((both * none) / (quake * truck));
    root.dataset.odds = odds.toFixed(4);
    at.odds.textContent = `Log odds ratio of the two causes, given what is known of the house: ${(Math.abs(odds) < 5e-5 ? 0 : odds).toFixed(2)}. ${Math.abs(odds) < 5e-5 ? "Zero: they are independent, one pass upwards is exact." : odds < 0 ? "Negative: one cause makes the other unlikely." : "Positive: they come together."}`;
    at.text.textContent = text();
  }
  function text() {
    const { house, truck, prior } = setting;
    if (prior === "complementary") {
      return house === "unknown"
        ? "An RBM on top gives the causes a prior of its own: they like to come together, exactly as much as the effect will set them apart."
        : "The prior's liking and the effect's dislike cancel: knowing of the truck says nothing about the earthquake. That is why, at the tied start, recognition layer by layer is exact.";
    }
    if (house === "unknown") return "Nothing is seen: both causes are rare and know nothing of each other.";
    if (house === "not") return "It did not jump: both causes are less likely still, and nearly independent.";
    if (truck === "unknown") return "It jumped. Now each cause is likely, but hardly both: independent before, they are entangled once their effect is seen. Tell it about the truck.";
    return truck === "hit" ? "The truck explains the jump: the earthquake is nearly as unlikely as ever. It was explained away." : "No truck: then it must have been the earthquake.";
  }
  for (const [name, options] of Object.entries(choices)) {
    at[name].replaceChildren(...Object.entries(options).map(([value, label]) => Object.assign(document.createElement("button"), { textContent: label, onclick: () => { setting.set(name, value); words(); } })));
  }
  const animation = loop(root, (now, seconds) => {
    const share = reducedMotion() ? 1 : 1 - Math.exp(-6 * seconds);
    for (const name of Object.keys(shown)) shown[name] += share * (goal[name] - shown[name]);
    paint();
  });
  words();
  animation.start();
  return { theme(found) { colours = found; paint(); }, destroy() { animation.destroy(); } };
});
