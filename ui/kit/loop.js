// A loop at the display's rate that rests while nobody can see it.

// run(element, frame) -> {start(), stop(), running}. frame(now, seconds since the last frame) may return a promise: the next
// frame waits for it, so that a slow machine drops frames and never queues them.
export function loop(element, frame) {
  let wanted = false, visible = true, busy = false, handle = 0, last = 0;
  const observer = new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    schedule();
  });
  observer.observe(element);
  document.addEventListener("visibilitychange", schedule);

  function schedule() {
    cancelAnimationFrame(handle);
    if (wanted && visible && !document.hidden && !busy) handle = requestAnimationFrame(tick);
    else last = 0;
  }
  async function tick(now) {
    busy = true;
    const seconds = last ? Math.min((now - last) / 1000, 0.1) : 1 / 60;
    last = now;
    try {
      await frame(now, seconds);
    } catch (error) {
      wanted = false;
      console.error(error);
    }
    busy = false;
    if (wanted && visible && !document.hidden) handle = requestAnimationFrame(tick);
    else last = 0;
  }
  return {
    start() { wanted = true; schedule(); },
    stop() { wanted = false; schedule(); },
    get running() { return wanted; },
    destroy() { wanted = false; cancelAnimationFrame(handle); observer.disconnect(); document.removeEventListener("visibilitychange", schedule); },
  };
}
