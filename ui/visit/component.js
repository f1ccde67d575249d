// The kiosk's clock and the teacher's locks. Events of pointers and keys cross the shadow roots of components, so a touch anywhere is life.

import { component, elements } from "../kit/component.js";

const HIDDEN = `
  [data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], .st-key-visit_footer { display: none !important; }
  [data-testid="stMainBlockContainer"] { padding-top: 1.5rem !important; }
  [data-testid="stMain"] button { min-height: 44px; min-width: 44px; }
  [data-testid="stFileUploader"], [data-testid="stDownloadButton"], [class*="_souvenirs"] { display: none !important; }
  a[href^="http"] { pointer-events: none; text-decoration: none; color: inherit; }`;

export default component((root, settings) => {
  const at = elements(root), style = document.createElement("style");
  let alive = Date.now(), asked = false, kiosk = false, lock = [];
  document.head.append(style);

  const life = () => {
    alive = Date.now();
    asked = false;
    at.asking.hidden = true;
  };
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
  events.forEach((name) => document.addEventListener(name, life, { passive: true, capture: true }));
  const afresh = () => location.assign(`${new URL("./", document.baseURI).pathname}?kiosk=1`);

  const clock = setInterval(() => {
    holdStill();
    if (!kiosk) return;
    const idle = (Date.now() - alive) / 1000 - settings.idle;
    if (idle < 0) return;
    asked = true;
    at.asking.hidden = false;
    at.left.textContent = Math.max(0, Math.ceil(settings.countdown - idle));
    if (idle >= settings.countdown) afresh();
  }, 500);

  // Streamlit's own widgets carry their key as a class; those of components look into data-locked (see kit/component.js).
  function holdStill() {
    for (const name of lock) document.querySelectorAll(`.st-key-${CSS.escape(name)}`).forEach((element) => { element.inert = true; element.style.opacity = 0.5; });
  }
  at.home.onclick = afresh;

  function update(next) {
    settings = next;
    [kiosk, lock] = [next.kiosk, next.lock];
    document.documentElement.dataset.locked = lock.join(" ");
    style.textContent = kiosk ? HIDDEN : "";
    document.documentElement.classList.toggle("kiosk", kiosk);
    at.home.hidden = !kiosk;
    holdStill();
    document.dispatchEvent(new Event("locked"));
  }
  update(settings);
  return {
    update,
    destroy() {
      clearInterval(clock);
      events.forEach((name) => document.removeEventListener(name, life, { capture: true }));
      style.remove();
    },
  };
});
