/** What a change of a subscription comes to, in words. */

import { formatDay } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { timeWords } from "./deliveries.js";

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
