/** What can be done about one delivery: leave it out, other quantities, something else in the place of one thing; and back again. */

import { formatDay } from "../dates.js";
import { h } from "../dom.js";
import { field } from "../forms.js";
import { formatMoney } from "../money.js";
import { openSheet } from "../sheet.js";
import { consequences } from "./consequences.js";
import { stateWords, timeWords, willCome } from "./deliveries.js";
import { isChanged, namesOf, shelfOptions } from "./goods.js";

const number = (value) => field({ label: "How many on that day", type: "number", inputmode: "numeric", min: 0, max: 99, step: 1, required: true, value, hint: "0 leaves it out, on that day only.", testid: "day-quantity" });
const select = (label, options, testid) => field({ label, options, required: true, testid });
const told = (words) => (answer) => [h("p", null, words), consequences(answer)];

/** {skip, comeAfterAll, quantity, leaveOut, swap, asAgreed} of a delivery, each through a sheet; `done(answer)` after each. */
export function actsOnDay(subscription, products, signal, done) {
  const path = `/subscriptions/${subscription.id}`;
  const names = namesOf(subscription, products);
  const open = (sheet) => openSheet({ signal, done, body: () => ({}), keep: "Leave it as it is", ...sheet });
  const takeBack = (title, where, words) => open({ title, method: "DELETE", path: where, body: () => undefined, confirm: "Take it back", told: told(words) });
  return {
    skip: ({ delivers_on: day }) => open({
      title: `Skip ${formatDay(day)}?`, path: `${path}/skips`, body: () => ({ delivers_on: day }), confirm: "Skip it", keep: "Keep it",
      told: told(`Nothing is delivered on ${formatDay(day)}; no other date moves.`),
    }),
    comeAfterAll: ({ delivers_on: day, quantities }) => takeBack(`Deliver on ${formatDay(day)} after all?`,
      `${path}/${Object.keys(quantities).length ? `skips/${day}` : `deliveries/${day}/lines`}`, `It comes on ${formatDay(day)} after all.`),
    asAgreed: ({ delivers_on: day }) => takeBack(`As agreed on ${formatDay(day)}?`, `${path}/deliveries/${day}/lines`, `What you changed for ${formatDay(day)} is taken back: it comes as agreed.`),
    quantity: ({ delivers_on: day, quantities }) => {
      const what = select("What", [...Object.keys(quantities).map((id) => [id, names.get(id) ?? "Something"]), ...shelfOptions(products, Object.keys(quantities))], "day-variant");
      const many = number(Object.values(quantities)[0] ?? 1);
      const [chosen, input] = [what.querySelector("select"), many.querySelector("input")];
      chosen.addEventListener("change", () => { input.value = quantities[chosen.value] ?? 1; });
      open({
        title: `Other quantity on ${formatDay(day)}`, method: "PUT", path: () => `${path}/deliveries/${day}/lines/${chosen.value}`, fields: h("div", { class: "rhythm" }, what, many),
        body: () => (Number.isNaN(input.valueAsNumber) ? null : { quantity: input.valueAsNumber }), confirm: "Change that day",
        told: told(`Only ${formatDay(day)} changes.`),
      });
    },
    leaveOut: ({ delivers_on: day }, variantId) => open({
      title: `Without ${names.get(variantId) ?? "it"}?`, path: `${path}/skips`, body: () => ({ delivers_on: day, variant_id: variantId }), confirm: "Leave it out",
      told: told(`On ${formatDay(day)} the rest comes without it.`),
    }),
    swap: ({ delivers_on: day }, variantId) => {
      const other = select("Instead of it", shelfOptions(products, [variantId]), "swap-with");
      open({
        title: `Instead of ${names.get(variantId) ?? "it"}`, path: `${path}/deliveries/${day}/swap`, fields: other,
        body: () => ({ variant_id: variantId, with_variant_id: other.querySelector("select").value }), confirm: "Swap it",
        told: told(`Only on ${formatDay(day)}; after that it comes as agreed.`),
      });
    },
  };
}

/** A day in a dialog: what comes then, and what can be done about it. */
export function openDay(delivery, subscription, products, acts, signal) {
  const names = namesOf(subscription, products);
  const dialog = h("dialog", { class: "sheet", "aria-label": formatDay(delivery.delivers_on), testid: "day" });
  const act = (words, testid, work) => h("button", { type: "button", class: "link", testid, onclick: () => { dialog.close(); work(); } }, words);
  const canChange = delivery.status === "planned";
  const line = ([id, pieces]) => h("li", { testid: "day-line" }, h("span", null, `${pieces} × ${names.get(id) ?? "Something"}`),
    canChange && h("div", { class: "day-acts" }, act("Leave it out", "leave-out", () => acts.leaveOut(delivery, id)), act("Something else instead", "swap-once", () => acts.swap(delivery, id))));
  dialog.append(
    h("h2", null, formatDay(delivery.delivers_on)),
    h("p", null, h("strong", null, stateWords(delivery)), willCome(delivery) && delivery.total && ` · ${formatMoney(delivery.total)}`),
    ...timeWords(delivery).filter(Boolean).map((words) => h("p", { class: "small" }, words)),
    h("ul", { class: "day-lines" }, willCome(delivery) ? Object.entries(delivery.quantities).map(line) : []),
    h("div", { class: "day-acts" },
      canChange && act("Other quantity, or something besides", "change-day", () => acts.quantity(delivery)),
      canChange && act("Skip this day", "skip-day", () => acts.skip(delivery)),
      canChange && isChanged(subscription, delivery) && act("As agreed again", "as-agreed", () => acts.asAgreed(delivery)),
      delivery.status === "skipped" && delivery.reason === "by_customer" && new Date(delivery.edit_until) > new Date() && act("Deliver it after all", "unskip", () => acts.comeAfterAll(delivery))),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "button quiet", testid: "close-day", onclick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  signal.addEventListener("abort", () => dialog.close(), { once: true });
  document.body.append(dialog);
  dialog.showModal();
}
