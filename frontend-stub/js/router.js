/** Hash routes → pages. A page is an async function of {params, query, signal} that answers {title, content}. */

import { meta, observable } from "./dom.js";
import { problemPage } from "./problem.js";

let routes = [];
let controller = new AbortController();
let shownPath = null;

const changes = observable();
/** Told at every route, also those that replace the address, of which the browser says nothing. */
export const onRouteChange = changes.subscribe;

export const link = (path, values = {}) => {
  const given = Object.entries(values).filter(([, value]) => value);
  return `#${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
};

export function currentRoute() {
  const [path, search = ""] = location.hash.replace(/^#/, "").split("?");
  return { path: path.startsWith("/") ? path : "/", query: Object.fromEntries(new URLSearchParams(search)) };
}

export function go(hash, { replace = false } = {}) {
  if (location.hash === hash) return show();
  if (!replace) { location.hash = hash; return undefined; }
  history.replaceState(null, "", hash);
  return show();
}

function match(path) {
  for (const [pattern, page] of routes) {
    const found = pattern.exec(path);
    if (found) return { page, params: found.slice(1).map(decodeURIComponent) };
  }
  return { page: routes[0][1], params: [] };
}

/** A new page starts at its top and takes the focus; a filter of the same page leaves both where they are. */
function swap(content, samePage) {
  const view = document.getElementById("view");
  const focusedId = view.contains(document.activeElement) ? document.activeElement.id : "";
  view.replaceChildren(content);
  if (samePage) {
    if (focusedId) document.getElementById(focusedId)?.focus({ preventScroll: true });
    return;
  }
  window.scrollTo(0, 0);
  if (shownPath !== null) view.focus({ preventScroll: true });
}

/** The old page stays until the new one is ready, so nothing flickers; a page left early is never shown. */
export async function show() {
  controller.abort();
  controller = new AbortController();
  const { signal } = controller;
  changes.notify();
  const { path, query } = currentRoute();
  const { page, params } = match(path);
  document.body.setAttribute("aria-busy", "true");
  let shown;
  try {
    shown = await page({ params, query, signal });
  } catch (error) {
    if (!signal.aborted) shown = { title: "Something went wrong", content: problemPage(error, show) };
  }
  if (signal.aborted) return;
  document.body.removeAttribute("aria-busy");
  if (!shown) return; // the page sent us elsewhere
  document.title = `${shown.title} · ${meta("store-name")}`;
  swap(shown.content, path === shownPath);
  shownPath = path;
}

/** A way back that puts its answer before the hash ("?payment=failed#/orders/…") is read as if after it. */
function foldSearch() {
  if (!location.search) return;
  const { path, query } = currentRoute();
  const values = { ...Object.fromEntries(new URLSearchParams(location.search)), ...query };
  history.replaceState(null, "", location.pathname + link(path, values));
}

export function startRouter(table) {
  routes = table;
  foldSearch();
  window.addEventListener("hashchange", show);
  // Back from the payment page can bring this page as it was left, buttons greyed out.
  window.addEventListener("pageshow", (event) => { if (event.persisted) show(); });
  return show();
}
