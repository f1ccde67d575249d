// A worker of one's own as promises: const ask = asker(new URL("./worker.js", import.meta.url)); await ask("encode", { images }); ask.end();
// In the worker: answer({ encode({ images }) { return { mean }; } }). Requests are answered in order; buffers of a reply are transferred.

export function asker(url) {
  const worker = new Worker(url, { type: "module" }), waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, error, reply } }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(reply);
    else reject?.(new Error(error));
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message || "A part of this page was not found. Reload the page."));
    waiting.clear();
  };
  const ask = (type, request = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      worker.postMessage({ id: last, type, request });
    });
  ask.end = () => worker.terminate();
  return ask;
}

export function answer(commands) {
  let queue = Promise.resolve();
  self.onmessage = ({ data: { id, type, request } }) => {
    queue = queue.then(async () => {
      try {
        const reply = await commands[type](request);
        self.postMessage({ id, reply }, Object.values(reply).filter(ArrayBuffer.isView).map((view) => view.buffer));
      } catch (error) {
        self.postMessage({ id, error: error.message });
      }
    });
  };
}
