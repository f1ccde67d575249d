// Jensen's inequality. With x_i = p(v, h_i) / q_i the mean of the points is p(v), whatever q: only the chord moves, and the gap is KL(q, posterior).

import { component, elements } from "../../kit/component.js";
import { loop } from "../../kit/loop.js";
import { savePicture, saveTable } from "../../kit/save.js";
import { scene } from "../../kit/scene.js";
import { reducedMotion } from "../../kit/theme.js";

const JOINT = [0.28, 0.12, 0.06, 0.02], SUM = 0.48; // p(v, h_i) of the four states, and p(v)
const PLACES = [0.12, 0.4, 0.75, 1.1]; // of points that stand anywhere, at first
const HIGH = 1.25, LOW = 0.02; // the plot's range of x
const CURVES = { log: (x) => Math.log(x), square: (x) => 2 * x * x - 2 };
const FLOOR = -3.2, ROOF = 1;

export default component((root, settings, page) => {
  const at = elements(root), weighed = new URLSearchParams(location.search).has("jensen_q1");
  const setting = scene("jensen", {
    points: ["posterior", "any"], curve: ["log", "square"],
    ...Object.fromEntries([1, 2, 3, 4].map((i) => [`q${i}`, [0.25, 0.001, 1]])), ...Object.fromEntries(PLACES.map((place, i) => [`x${i + 1}`, [place, LOW, HIGH]])),
  });
  let colours = page.colours, raw = JOINT.map((_, i) => setting[`q${i + 1}`]), points = PLACES.map((_, i) => setting[`x${i + 1}`]);
  let drag = -1, marked = 0, still = weighed, solving = false, clock = 0;
  const f = (x) => CURVES[setting.points === "posterior" ? "log" : setting.curve](x);
  const q = () => { const total = raw.reduce((a, b) => a + b, 0); return raw.map((w) => w / total); };
  const x = () => (setting.points === "posterior" ? q().map((w, i) => JOINT[i] / w) : points);

  const sliders = JOINT.map((p, i) => {
    const label = document.createElement("label"), input = document.createElement("input"), value = document.createElement("span"), note = document.createElement("i");
    Object.assign(input, { type: "range", min: 0.005, max: 1, step: 0.005, value: raw[i], oninput: () => { touch(); raw[i] = Number(input.value); draw(); keep(); } });
    input.setAttribute("aria-label", `Weight ${i + 1}`);
    value.className = "number";
    label.append(Object.assign(document.createElement("span"), { innerHTML: `q<sub>${i + 1}</sub>` }), input, value, note);
    return { label, input, value, note };
  });
  at.sliders.replaceChildren(...sliders.map(({ label }) => label));

  const box = () => at.plot.getBoundingClientRect();
  const toX = (value) => 44 + ((box().width - 60) * (value - 0)) / HIGH, toY = (value) => 14 + ((box().height - 44) * (ROOF - value)) / (ROOF - FLOOR);
  const fromX = (pixel) => Math.max(LOW, Math.min(HIGH, ((pixel - 44) / (box().width - 60)) * HIGH));

  function draw() {
    const weights = q(), xs = x(), mean = xs.reduce((sum, each, i) => sum + weights[i] * each, 0), inside = f(mean), outside = xs.reduce((sum, each, i) => sum + weights[i] * f(each), 0);
    const { width, height } = box(), ratio = devicePixelRatio || 1;
    if (!width) return;
    at.plot.width = Math.round(width * ratio);
    at.plot.height = Math.round(height * ratio);
    const c = at.plot.getContext("2d"), { ink, gray, line, violet, orange, blue, primary } = colours;
    c.scale(ratio, ratio);
    c.font = "13px system-ui, sans-serif";
    const stroke = (colour, thick, path, dash = []) => { c.strokeStyle = colour; c.lineWidth = thick; c.setLineDash(dash); c.beginPath(); path(); c.stroke(); c.setLineDash([]); };
    for (const level of [-3, -2, -1, 0]) {
      stroke(line, 1, () => { c.moveTo(44, toY(level)); c.lineTo(width - 16, toY(level)); });
      c.fillStyle = gray;
      c.fillText(level, 20, toY(level) + 4);
    }
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) c.fillText(tick, toX(tick) - 8, height - 10);
    stroke(gray, 2.5, () => { for (let k = 0; k <= 300; k++) { const at = 0.012 + ((HIGH - 0.012) * k) / 300; (k ? c.lineTo : c.moveTo).call(c, toX(at), toY(Math.max(FLOOR - 0.4, f(at)))); } });
    const order = xs.map((_, i) => i).sort((a, b) => xs[a] - xs[b]);
    c.globalAlpha = 0.14; // all weighted means lie in the hull of the points
    c.fillStyle = violet;
    c.beginPath();
    order.forEach((i, k) => (k ? c.lineTo : c.moveTo).call(c, toX(Math.min(xs[i], HIGH)), toY(Math.max(FLOOR, f(xs[i])))));
    c.closePath();
    c.fill();
    c.globalAlpha = 1;
    stroke(gray, 1, () => { c.moveTo(toX(mean), toY(inside)); c.lineTo(toX(mean), height - 28); }, [3, 4]);
    stroke(orange, 5, () => { c.moveTo(toX(mean), toY(inside)); c.lineTo(toX(mean), toY(outside)); });
    xs.forEach((each, i) => {
      const radius = 5 + 15 * Math.sqrt(weights[i]), px = toX(Math.min(each, HIGH)), py = toY(Math.max(FLOOR, f(each)));
      c.globalAlpha = 0.85;
      c.fillStyle = violet;
      c.beginPath();
      c.arc(px, py, radius, 0, 7);
      c.fill();
      c.globalAlpha = 1;
      if (i === marked && at.plot.matches(":focus-visible")) stroke(primary, 3, () => c.arc(px, py, radius + 4, 0, 7));
      c.fillStyle = colours.paper;
      c.textAlign = "center";
      c.fillText(i + 1, px, py + 4.5);
      c.textAlign = "start";
    });
    for (const [value, colour, word] of [[inside, blue, setting.points === "posterior" ? "log p(v)" : "f(mean)"], [outside, primary, setting.points === "posterior" ? "bound" : "mean of f"]]) {
      c.fillStyle = colour;
      c.beginPath();
      c.arc(toX(mean), toY(value), 6, 0, 7);
      c.fill();
      // the upper word to the left, the lower one to the right: there neither meets a concave curve
      const upper = value === Math.max(inside, outside) && value !== outside;
      c.textAlign = upper ? "end" : "start";
      c.fillText(word, toX(mean) + (upper ? -16 : 16), toY(value) + (upper ? -14 : 22));
      c.textAlign = "start";
    }
    const kl = weights.reduce((sum, w, i) => sum + w * Math.log((w * SUM) / JOINT[i]), 0), bounded = setting.points === "posterior";
    const rows = bounded
      ? [["log p(v) = log Σ p(v, h)", inside], ["bound = Σ q log p(v, h) / q", outside], ["gap", inside - outside], ["KL(q, p(h | v)), on its own", kl]]
      : [["f(Σ q x)", inside], ["Σ q f(x)", outside], ["gap", inside - outside]];
    at.sums.innerHTML = rows.map(([name, value]) => `<tr><td>${name}</td><td>${value.toFixed(4)}</td></tr>`).join("");
    root.dataset.gap = (inside - outside).toFixed(6);
    root.dataset.kl = kl.toFixed(6);
    sliders.forEach(({ input, value, note }, i) => {
      input.value = raw[i];
      value.textContent = weights[i].toFixed(2);
      note.textContent = bounded ? `post. ${(JOINT[i] / SUM).toFixed(2)}` : `x = ${points[i].toFixed(2)}`;
    });
  }

  function touch() { still = true; solving = false; }
  // weights and places go into the address when they have been set
  function keep() {
    raw.forEach((w, i) => setting.set(`q${i + 1}`, Math.max(0.001, Number(w.toFixed(3)))));
    points.forEach((x, i) => setting.set(`x${i + 1}`, Number(x.toFixed(3))));
  }
  function words() {
    const bounded = setting.points === "posterior";
    for (const name of ["posterior", "any"]) at[name].setAttribute("aria-pressed", String(name === setting.points));
    for (const name of ["log", "square"]) at[name].setAttribute("aria-pressed", String(name === setting.curve));
    at.functions.hidden = bounded;
    at.solve.hidden = !bounded;
    at.title.textContent = bounded ? "A guess q, and what it costs" : setting.curve === "log" ? "The curve lies above every chord" : "A convex curve: the inequality turns round";
    at.text.textContent = bounded
      ? "Four hidden states explain the picture with p(v, h) = 0.28, 0.12, 0.06, 0.02. Point i stands at p(v, h) / q. Their weighted mean is p(v) = 0.48, whatever the weights: move them, and only the bound moves. All four points meet when q is the posterior."
      : "Drag the points, weigh them with the sliders. More points do not make it tighter: only points that lie together do.";
    draw();
  }
  for (const name of ["posterior", "any"]) at[name].onclick = () => { setting.set("points", name); words(); };
  for (const name of ["log", "square"]) at[name].onclick = () => { setting.set("curve", name); words(); };
  at.solve.onclick = () => { still = true; solving = true; animation.start(); };
  at.equal.onclick = () => { touch(); raw = [0.25, 0.25, 0.25, 0.25]; draw(); keep(); };
  at.save.onclick = () => savePicture(at.plot, "jensen.png", 1, colours.paper);
  at.table.onclick = () => saveTable(["i", "q", "x", "f(x)"], x().map((each, i) => [i + 1, q()[i].toFixed(4), each.toFixed(4), f(each).toFixed(4)]), "jensen.csv");

  // A point that is dragged moves along the curve; in the bound, its place is its weight.
  at.plot.addEventListener("pointerdown", (event) => {
    const { left, top } = box(), near = x().map((each, i) => [Math.hypot(toX(Math.min(each, HIGH)) - event.clientX + left, toY(Math.max(FLOOR, f(each))) - event.clientY + top), i]).sort((a, b) => a[0] - b[0])[0];
    if (near[0] > 32) return;
    touch();
    drag = marked = near[1];
    at.plot.setPointerCapture(event.pointerId);
  });
  at.plot.addEventListener("pointermove", (event) => {
    if (drag < 0) return;
    move(drag, fromX(event.clientX - box().left));
  });
  for (const end of ["pointerup", "pointercancel"]) at.plot.addEventListener(end, () => { if (drag >= 0) keep(); drag = -1; });
  function move(i, to) {
    if (setting.points === "any") points[i] = to;
    else {
      // q_i = p_i / x_i, the others keep their proportions
      const wish = Math.min(0.97, JOINT[i] / to), rest = q().reduce((sum, w, j) => sum + (j === i ? 0 : w), 0);
      raw = q().map((w, j) => (j === i ? wish : Math.max(0.005, (w * (1 - wish)) / rest)));
    }
    draw();
  }
  // The same by keyboard: a number chooses a point, arrows move it.
  at.plot.addEventListener("keydown", (event) => {
    const chosen = "1234".indexOf(event.key), step = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (chosen < 0 && !step)) return;
    event.preventDefault();
    touch();
    if (chosen >= 0) marked = chosen;
    else move(marked, Math.max(LOW, Math.min(HIGH, x()[marked] + step)));
    keep();
    draw();
  });
  for (const name of ["focus", "blur"]) at.plot.addEventListener(name, () => draw());

  // Until somebody touches it, q wanders to the posterior and away again.
  const animation = loop(root, (now, seconds) => {
    clock += seconds;
    if (solving) {
      const goal = JOINT.map((p) => p / SUM), here = q();
      raw = here.map((w, i) => w + (goal[i] - w) * (1 - Math.exp(-3 * seconds)));
      if (Math.max(...raw.map((w, i) => Math.abs(w - goal[i]))) < 1e-4) { raw = goal; solving = false; }
    } else if (!still && setting.points === "posterior") {
      const t = 0.5 - 0.5 * Math.cos(clock * 0.7), away = [0.1, 0.2, 0.4, 0.3];
      raw = JOINT.map((p, i) => t * (p / SUM) + (1 - t) * away[i]);
    } else return;
    draw();
  });
  const resized = new ResizeObserver(draw);
  resized.observe(at.plot);
  words();
  if (!reducedMotion()) animation.start();
  return { theme(found) { colours = found; draw(); }, destroy() { animation.destroy(); resized.disconnect(); } };
});
