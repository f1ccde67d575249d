// Figure 4 as a drawing that grows: rows of units, undirected lines in the topmost pair, arrows below it.

const UNITS = 11, TOP = 40, STEP = 100, LEFT = 70, RIGHT = 392;
const HUES = ["blue", "orange", "violet", "green"];
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

export function figure(svg) {
  const y = (l) => TOP + (3 - l) * STEP, x = (i) => LEFT + ((RIGHT - LEFT) * i) / (UNITS - 1);
  let colours;
  const joints = [0, 1, 2].map((l) => {
    const group = make("g", { class: "joint" }, svg), lines = [];
    for (let i = 0; i < UNITS; i++) for (const j of [i - 2, i, i + 1]) if (j >= 0 && j < UNITS) lines.push(make("line", { x1: x(i), y1: y(l + 1) + 10, x2: x(j), y2: y(l) - 10 }, group));
    const arrows = Array.from({ length: UNITS }, (_, i) => make("path", { d: `M${x(i) - 4.5} ${y(l) - 19} L${x(i)} ${y(l) - 10} L${x(i) + 4.5} ${y(l) - 19}`, fill: "none", "stroke-width": 2 }, group));
    const word = make("text", { class: "small", x: 0, y: (y(l) + y(l + 1)) / 2 + 4 }, group);
    return { group, lines, arrows, word };
  });
  const layers = [0, 1, 2, 3].map((l) => {
    const group = make("g", { class: "layer" }, svg);
    const circles = Array.from({ length: UNITS }, (_, i) => make("circle", { cx: x(i), cy: y(l), r: 9, "stroke-width": 2, "fill-opacity": 0.3 }, group));
    const name = make("text", { x: 0, y: y(l) + 1 }, group), size = make("text", { class: "small", x: 0, y: y(l) + 15 }, group);
    name.textContent = l ? `h${"¹²³"[l - 1]}` : "v";
    return { group, circles, size };
  });
  let now = null, timer = 0;

  function paint() {
    if (!colours || !now) return;
    layers.forEach(({ circles }, l) => circles.forEach((circle) => {
      circle.setAttribute("fill", colours[HUES[l]]);
      circle.setAttribute("stroke", colours[HUES[l]]);
    }));
    joints.forEach(({ lines, arrows, word }, l) => {
      const directed = l < now.directed;
      lines.forEach((line) => {
        line.setAttribute("stroke", directed ? colours.line : colours.gray);
        line.setAttribute("stroke-width", directed ? 1.2 : 1.8);
      });
      arrows.forEach((arrow) => {
        arrow.setAttribute("stroke", colours.gray);
        arrow.style.opacity = directed ? 1 : 0;
      });
      word.textContent = directed ? "down" : "both";
    });
  }
  return {
    count(sizes) {
      layers.forEach(({ size }, l) => { size.textContent = sizes[l] ?? ""; });
    },
    theme(found) {
      colours = found;
      paint();
    },
    // scene: {layers: hidden layers that are there, directed: pairs that only lead down, copied: the topmost is a copy of the pixels' row}
    show(scene) {
      clearTimeout(timer);
      const before = now;
      now = scene;
      layers.forEach(({ group }, l) => { group.style.opacity = l <= scene.layers ? 1 : 0; });
      joints.forEach(({ group }, l) => { group.style.opacity = l < scene.layers ? 1 : 0; });
      if (scene.copied && before) {
        // the copy of v climbs over h1 to its new place
        const { group } = layers[scene.layers];
        group.style.transition = "none";
        group.style.transform = `translateY(${2 * STEP}px)`;
        timer = setTimeout(() => { group.style.transition = ""; group.style.transform = ""; }, 60);
      }
      paint();
    },
    // units flicker with what is dreamt: real states would be hundreds, these few stand for them
    glow(pictures) {
      if (!now) return;
      layers.slice(0, now.layers + 1).forEach(({ circles }, l) => circles.forEach((circle, i) => {
        const value = l === 0 ? pictures[(14 * 28) + 2 + Math.round(i * 2.4)] : pictures[(60 + 53 * i + 97 * l) % 784];
        circle.setAttribute("fill-opacity", (0.12 + 0.85 * value).toFixed(2));
      }));
    },
  };
}
