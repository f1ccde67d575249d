// Controls that the stages share, each with one behaviour on all pages.

import { PIXELS } from "./test_images.js";

/** The button plays and pauses an animation (loop.js). @returns play(on) */
export function playButton(button, animation) {
  const play = (on) => {
    if (on) animation.start();
    else animation.stop();
    button.textContent = on ? "Pause" : "Play";
    button.setAttribute("aria-pressed", String(on));
  };
  button.onclick = () => play(!animation.running);
  return play;
}

/** Of the buttons at[name] one is pressed; choose(name) follows a click. @returns press(name): to press one without a click */
export function oneOf(at, names, chosen, choose) {
  const press = (name) => names.forEach((each) => at[each].setAttribute("aria-pressed", String(each === name)));
  for (const name of names) at[name].onclick = () => { press(name); return choose(name); };
  press(chosen);
  return press;
}

/** A slider that moves one number of the scene; say(number) stands beside it. */
export function slider(input, text, setting, name, say) {
  const show = () => { text.textContent = say(setting[name]); };
  input.value = setting[name];
  input.oninput = () => { setting.set(name, Number(input.value)); show(); };
  show();
}

/** "Again, same seed" and "Again, new seed". */
export function seeds(at, setting, begin) {
  at.again.onclick = begin;
  at.anew.onclick = () => { setting.set("seed", 1 + Math.floor(Math.random() * 1e6)); return begin(); };
}

/** The tools of drawing.html: ink, paper, the rubber, a test digit to hold whole or by half. nextDigit() -> its 784 values */
export function drawingTools(at, pad, nextDigit) {
  oneOf(at, ["ink", "paper", "free"], pad.tool, (tool) => { pad.tool = tool; });
  at.clear.onclick = () => pad.clear();
  at.digit.onclick = () => pad.set(nextDigit());
  at.half.onclick = () => pad.set(nextDigit(), Uint8Array.from({ length: PIXELS }, (_, i) => (i < PIXELS / 2 ? 1 : 0)));
}
