// Life of a component: one instance per place on the page, built once, updated when its settings change, ended when it leaves.
//
//   export default component(async (root, settings, page) => ({ update(settings) {}, theme(colours) {}, destroy() {} }));
//
// root: the element holding component.html; page.colours: the theme; page.send(name, value): tell the server (debounced);
// page.trigger(name, value): tell it once, now. Until build() has resolved the root carries no data-ready attribute.

import { locked, refused } from "./scene.js";
import { readColours } from "./theme.js";

const instances = new WeakMap();
const SEND_AFTER = 200; // milliseconds of quiet before a state reaches the server

export function component(build) {
  return ({ data, parentElement, setStateValue, setTriggerValue }) => {
    let life = instances.get(parentElement);
    if (!life) {
      life = begin(build, parentElement, data);
      instances.set(parentElement, life);
    }
    life.page.setStateValue = setStateValue;
    life.page.setTriggerValue = setTriggerValue;
    life.settings = data;
    const generation = ++life.generation;
    life.ready.then((instance) => {
      if (!instance || life.generation !== generation) return;
      life.page.colours = readColours(life.root);
      instance.theme?.(life.page.colours);
      instance.update?.(data);
    });
    // Streamlit also cleans up after calls that it cancelled: only the newest call may end the instance.
    return () => {
      if (life.generation !== generation) return;
      setTimeout(() => {
        if (life.generation !== generation || life.root.isConnected) return;
        instances.delete(parentElement);
        document.removeEventListener("locked", life.hold);
        life.ready.then((instance) => instance?.destroy?.());
      }, 50);
    };
  };
}

function begin(build, parentElement, data) {
  const root = parentElement.querySelector(".root");
  const timers = {};
  const page = {
    colours: readColours(root),
    send(name, value) {
      clearTimeout(timers[name]);
      timers[name] = setTimeout(() => page.setStateValue(name, value), SEND_AFTER);
    },
    trigger(name, value) {
      page.setTriggerValue(name, value);
    },
  };
  const life = { generation: 0, root, page, settings: data, hold: () => holdStill(root) };
  life.ready = Promise.resolve()
    .then(() => build(root, data, page))
    .then((instance) => {
      root.dataset.ready = "true";
      if (refused.length) note(root, "refused", `The link asks for what is not known here (${refused.splice(0).join(", ")}): the usual setting stands instead.`);
      life.hold();
      document.addEventListener("locked", life.hold);
      return instance;
    })
    .catch((error) => {
      console.error(error);
      note(root, "failed", `This part of the page could not start: ${error.message} Reload the page to try again.`);
      return null;
    });
  return life;
}

function note(root, className, textContent) {
  const text = Object.assign(document.createElement("p"), { className, textContent });
  text.setAttribute("role", "alert");
  root.before(text);
}

// elements(root): the elements that carry data-id, by that name
export function elements(root) {
  return Object.fromEntries([...root.querySelectorAll("[data-id]")].map((element) => [element.dataset.id, element]));
}

// A control changes the setting of its data-id, or the one that data-setting names, on itself or on its group: ?lock=stage_temperature
// holds that slider still, whatever the component does with it later.
function holdStill(root) {
  const names = locked().map((name) => name.slice(name.indexOf("_") + 1));
  for (const control of root.querySelectorAll("button, input, select, canvas")) {
    if (!names.includes(control.dataset.id) && !names.includes(control.closest("[data-setting]")?.dataset.setting)) continue;
    control.disabled = control.inert = true;
    control.parentElement.title = "Held still for this class";
  }
}
