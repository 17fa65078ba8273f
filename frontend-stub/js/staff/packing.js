/** What is packed for a day: how many of what to fetch, then bag by bag, with a box to tick on paper. */

import { api, query } from "../api.js";
import { h } from "../dom.js";
import { count } from "../words.js";
import { chooser, dayOfSheet, sheetTitle } from "./day.js";
import { staffPage } from "./frame.js";

const box = () => h("span", { class: "tick-box", "aria-hidden": "true" });
const weighed = (line) => line.piece_grams && h("strong", { class: "weigh" }, `weigh: ${line.quantity * line.piece_grams} g`);

const row = (line) => h("li", { testid: "sheet-line", "data-sku": line.sku },
  box(), h("span", { class: "pieces-of" }, `${line.quantity} ×`), h("span", { class: "what" }, `${line.name} `, h("span", { class: "unit-of" }, line.unit)), weighed(line));

const bag = (one) => h("section", { class: "panel bag", testid: "bag" },
  h("h3", null, h("a", { href: `#/staff/orders/${one.order_id}` }, one.number), h("span", null, one.name), h("span", { class: "pin" }, one.pin)),
  !one.shift && h("p", { class: "small" }, "Ordered in the shop"),
  h("ul", { class: "sheet-lines" }, one.lines.map(row)));

function sheet(list) {
  const waits = list.waiting > 0 && h("p", { class: "note", testid: "waiting" }, `${count(list.waiting, "delivery", "deliveries")} of this day still ${list.waiting === 1 ? "waits" : "wait"} for payment, and ${list.waiting === 1 ? "is" : "are"} not on this list.`);
  if (!list.bags.length) return [waits, h("p", { class: "note", testid: "none" }, "Nothing is to be packed for this day.")];
  return [
    waits,
    h("section", { class: "panel fetch" }, h("h2", null, `To fetch, for ${count(list.bags.length, "bag", "bags")}`), h("ul", { class: "sheet-lines", testid: "goods" }, list.goods.map(row))),
    h("h2", null, "Bag by bag, in the order of the routes"),
    h("div", { class: "bags" }, list.bags.map(bag)),
  ];
}

export function packingPage({ query: now, signal }) {
  return staffPage("/staff/packing", "Packing list", async () => {
    const day = dayOfSheet(now);
    const list = await api("GET", `/day-sheets/${day}/packing${query({ shift: now.shift })}`, { signal });
    return [chooser("/staff/packing", now), h("div", { class: "paper" }, sheetTitle("Packing", day, now.shift), sheet(list))];
  });
}
