/** Before anything changes, a sheet says what would happen: the API's own answer to the same call with `dry_run`. */

import { api, newKey } from "../api.js";
import { formatDay } from "../dates.js";
import { h, pause } from "../dom.js";
import { whileBusy } from "../forms.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";
import { timeWords } from "./deliveries.js";

const TYPING_PAUSE_MS = 300;

function openOrder({ number, delivers_on: day, outcome }) {
  const what = outcome === "cancelled" ? "is cancelled with it, and not charged" : "is ordered already and still comes";
  return h("li", null, `${formatDay(day)} (${number}) ${what}.`);
}

/** What a change comes to: orders that stand, the next delivery, and money. */
export function consequences({ upcoming, open_orders: orders, charged_now: charged }) {
  const next = upcoming.find((delivery) => delivery.status === "planned");
  const after = orders.some((order) => order.outcome === "kept") ? "After that, the next one comes on " : "The next one comes on ";
  return [
    orders.length > 0 && h("ul", { class: "bullets" }, orders.map(openOrder)),
    next && h("p", null, after, h("strong", null, formatDay(next.delivers_on)), next.total && ` for ${formatMoney(next.total)}`, "."),
    next && timeWords(next).map((words) => words && h("p", { class: "small" }, `${words}.`)),
    h("p", { class: "small" }, charged ? `${formatMoney(charged)} is charged now.` : "Nothing is charged now."),
  ];
}

/**
 * Opens the sheet. `body()` is what the call would send now, `told(answer)` says in nodes what it would do, `done(answer)` is
 * called when it was done. `fields` may change the body: the rehearsal follows them. The sheet closes when `signal` aborts.
 */
export function openChange({ title, path, body, fields = null, told, confirm, keep, done, signal: left }) {
  let rehearsal = new AbortController();
  let wish = { text: "", key: "" }; // one key per wish, however often its button is pressed
  const words = h("div", { class: "sheet-words", "aria-live": "polite", testid: "rehearsal" }, h("p", { class: "small" }, "One moment…"));
  const yes = h("button", { type: "button", class: "button", testid: "confirm-change", disabled: true, onclick: () => whileBusy(yes, act) }, confirm);
  const no = h("button", { type: "button", class: "button quiet", testid: "keep", onclick: () => dialog.close() }, keep);
  const dialog = h("dialog", { class: "sheet", "aria-label": title, testid: "change" },
    h("h2", null, title), fields, words, h("div", { class: "buttons" }, yes, no));

  async function rehearse(wait) {
    rehearsal.abort();
    const { signal } = rehearsal = new AbortController();
    yes.disabled = true;
    words.classList.add("stale");
    await pause(wait, signal);
    try {
      if (!signal.aborted) show(told(await api("POST", `${path}?dry_run=true`, { body: body(), signal })), false);
    } catch (error) {
      if (!signal.aborted) show(problemNote(error), true);
    }
  }
  function show(nodes, refused) {
    words.classList.remove("stale");
    words.replaceChildren(...[nodes].flat(Infinity).filter(Boolean));
    yes.disabled = refused;
  }
  async function act() {
    const text = JSON.stringify(body());
    if (wish.text !== text) wish = { text, key: newKey() };
    try {
      const answer = await api("POST", path, { body: body(), key: wish.key });
      dialog.close();
      done(answer);
    } catch (error) {
      show(problemNote(error), true);
    }
  }
  dialog.addEventListener("input", () => rehearse(TYPING_PAUSE_MS));
  dialog.addEventListener("close", () => { rehearsal.abort(); dialog.remove(); });
  left.addEventListener("abort", () => dialog.close(), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  rehearse(0);
}
