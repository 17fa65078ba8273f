/** Nodes are built, never parsed: text from the API cannot become markup. */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  bin: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12",
  arrow: "M5 12h14M13 6l6 6-6 6",
  tick: "M5 12.5l4.5 4.5L19 7.5",
  again: "M4 11a8 8 0 0 1 14-4.500L20 9M20 4v5h-5M20 13a8 8 0 0 1-14 4.500L4 15M4 20v-5h5",
};

function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

/** h("a", {href, class, testid, onclick}, ...children); absent and false attributes are left out. */
export function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  node.append(...children.flat(Infinity).filter(isShown));
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "testid") node.dataset.testid = value;
    else if (name === "value") node.value = value; // after the children: a select needs its options first
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** Says it to people who listen instead of look. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** A list of listeners; each leaves when its page's signal aborts. */
export function observable() {
  const listeners = new Set();
  return {
    subscribe(listener, signal) {
      listeners.add(listener);
      signal?.addEventListener("abort", () => listeners.delete(listener), { once: true });
    },
    notify() {
      for (const listener of [...listeners]) listener();
    },
  };
}

/** Resolves after the time, or at once when the signal aborts (then the caller looks at it). */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
