/** Before anything changes, a sheet says what would happen: the API's own answer to the same call with `dry_run`. */

import { api, keyPerWish } from "./api.js";
import { h, pause } from "./dom.js";
import { whileBusy } from "./forms.js";
import { problemNote } from "./problem.js";

const TYPING_PAUSE_MS = 300;

/**
 * Opens the sheet. `body()` is what the call would send now (null: nothing to send yet), `told(answer)` says in nodes what it
 * would do, `done(answer)` is called when it was done. `fields` may change the body: the rehearsal follows them. A call that
 * knows no rehearsal has `isRehearsed: false`, and `told()` speaks for itself. `isPossible(answer)`: whether it would do anything.
 * `method` is POST unless told otherwise; `path` may be a function, where what is filled in decides it. What is taken back (DELETE)
 * has no body: `body()` answers undefined. The sheet closes when `signal` aborts.
 */
export function openSheet({ title, method = "POST", path, body, fields = null, told, confirm, keep, done, signal: left, isRehearsed = true, isPossible = () => true }) {
  const where = () => (typeof path === "function" ? path() : path);
  const nothingYet = () => body() === null;
  let rehearsal = new AbortController();
  const keyFor = keyPerWish();
  const words = h("div", { class: "sheet-words", "aria-live": "polite", testid: "rehearsal" }, h("p", { class: "small" }, "One moment…"));
  const yes = h("button", { type: "button", class: "button", testid: "confirm-change", disabled: true, onclick: () => whileBusy(yes, act) }, confirm);
  const no = h("button", { type: "button", class: "button quiet", testid: "keep", onclick: () => dialog.close() }, keep);
  const dialog = h("dialog", { class: "sheet", "aria-label": title, testid: "change" },
    h("h2", null, title), fields, words, h("div", { class: "buttons" }, yes, no));

  async function rehearse(wait) {
    rehearsal.abort();
    const { signal } = rehearsal = new AbortController();
    yes.disabled = true;
    if (!isRehearsed || nothingYet()) return show(isRehearsed ? [] : told(null), nothingYet());
    words.classList.add("stale");
    await pause(wait, signal);
    try {
      if (signal.aborted) return undefined;
      const answer = await api(method, `${where()}?dry_run=true`, { body: body(), signal });
      show(told(answer), !isPossible(answer));
    } catch (error) {
      if (!signal.aborted) show(problemNote(error), true);
    }
    return undefined;
  }
  function show(nodes, refused) {
    words.classList.remove("stale");
    words.replaceChildren(...[nodes].flat(Infinity).filter(Boolean));
    yes.disabled = refused;
  }
  async function act() {
    try {
      const answer = await api(method, where(), { body: body(), key: keyFor([where(), body()]) });
      dialog.close();
      done(answer);
    } catch (error) {
      show(problemNote(error), !error.isTransient); // a shop that is away for a moment may be asked again
    }
  }
  dialog.addEventListener("input", () => rehearse(TYPING_PAUSE_MS));
  dialog.addEventListener("close", () => { rehearsal.abort(); dialog.remove(); });
  left.addEventListener("abort", () => dialog.close(), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  rehearse(0);
}
