// What a visitor has set lives in the address, so that a link restores it: scene("rbm", {temperature: [1, 0.2, 3], mode: ["mean", "sample"]}).
// A setting is declared by its default and bounds (numbers: whole ones if all three are, unless a fourth says "real"), by its choices, the
// first being the default, or by its default and a test. A stale or hostile value falls back to the default, leaves the address, and is
// told to the visitor (see component.js). What ?lock=… names keeps its value (see ui/visit).

export const refused = [];

export function scene(prefix, declared) {
  const query = new URLSearchParams(location.search), values = {};
  for (const [name, allowed] of Object.entries(declared)) {
    const key = `${prefix}_${name}`, given = query.get(key);
    values[name] = allowed[0];
    if (given === null) continue;
    const value = typeof allowed[0] === "number" && given.trim() ? Number(given) : given;
    if (fits(value, allowed)) values[name] = value;
    else {
      refused.push(`${key}=${given.slice(0, 40)}`);
      write(key, null);
    }
  }
  return {
    ...values,
    set(name, value) {
      const key = `${prefix}_${name}`;
      if (locked().includes(key)) return;
      this[name] = value;
      write(key, value === declared[name][0] ? null : String(value));
    },
  };
}

function fits(value, allowed) {
  const [usual, low, high, kind] = allowed;
  if (typeof low === "function") return low(value);
  if (typeof usual !== "number") return allowed.includes(value);
  const whole = kind !== "real" && [usual, low, high].every(Number.isInteger);
  return Number.isFinite(value) && value >= low && value <= high && (!whole || Number.isInteger(value));
}

function write(key, value) {
  const now = new URLSearchParams(location.search);
  if (value === null) now.delete(key);
  else now.set(key, value);
  const text = now.toString();
  history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : "") + location.hash);
}

// the settings that a teacher holds still, by their names in the address
export function locked() {
  const asked = new URLSearchParams(location.search).get("lock") ?? "";
  return [...asked.split(","), ...(document.documentElement.dataset.locked ?? "").split(" ")].filter(Boolean);
}
