// What a visitor has set lives in the address, so that a link restores it: scene("rbm", {temperature: [1, 0.2, 3], mode: ["mean", "sample"]}).
// A setting is declared by its default and bounds (numbers) or by its choices, the first being the default; a stale or hostile value
// falls back to the default, leaves the address, and is told to the visitor (see component.js). What ?lock=… names keeps its value (see ui/visit).

const refused = [];

export function scene(prefix, declared) {
  const query = new URLSearchParams(location.search);
  const values = {};
  for (const [name, allowed] of Object.entries(declared)) {
    const key = `${prefix}_${name}`, given = query.get(key);
    values[name] = allowed[0];
    if (given === null) continue;
    const value = typeof allowed[0] === "number" ? Number(given) : given;
    if (fits(value, allowed)) values[name] = value;
    else {
      refused.push(`${key}=${given.slice(0, 40)}`);
      query.delete(key);
      write(query);
    }
  }
  return {
    ...values,
    set(name, value) {
      if (locked().includes(`${prefix}_${name}`)) return;
      this[name] = value;
      const now = new URLSearchParams(location.search);
      if (value === declared[name][0]) now.delete(`${prefix}_${name}`);
      else now.set(`${prefix}_${name}`, String(value));
      write(now);
    },
  };
}

function write(query) {
  const text = query.toString();
  history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : "") + location.hash);
}

// what was refused since somebody last asked
export const takeRefused = () => refused.splice(0);

function fits(value, allowed) {
  if (typeof allowed[0] !== "number") return allowed.includes(value);
  return Number.isFinite(value) && value >= allowed[1] && value <= allowed[2];
}

// the settings that a teacher holds still, by their names in the address
export function locked() {
  const asked = new URLSearchParams(location.search).get("lock") ?? "";
  return [...asked.split(","), ...(document.documentElement.dataset.locked ?? "").split(" ")].filter(Boolean);
}
