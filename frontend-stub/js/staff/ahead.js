/** What is coming to the whole shop: its deliveries by day, and what has to be bought for them. */

import { api, query } from "../api.js";
import { formatDay, shortDay } from "../dates.js";
import { h } from "../dom.js";
import { field, form } from "../forms.js";
import { formatMoney } from "../money.js";
import { go, link } from "../router.js";
import { staffPage } from "./frame.js";

const DAYS = ["7", "14", "28"];
const PATH = "/staff/ahead";

const choose = (days) => h("div", { class: "panel sheet-choice" }, form({ testid: "choose-days" }, async (values) => go(link(PATH, values)),
  h("div", { class: "fields" }, field({ isFilter: true, label: "Look ahead", name: "days", value: days, options: DAYS.map((one) => [one, `${one} days`]), testid: "ahead-days" })),
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "button" }, "Show"),
    h("button", { type: "button", class: "button quiet", onclick: () => window.print() }, "Print"))));

const REASONS = { by_customer: "skipped", vacation: "on vacation", holiday: "closed", out_of_stock: "out of stock", not_on_sale: "not on sale", missed: "missed", caught_up: "comes with the next", cancelled: "cancelled" };
const head = (words) => h("thead", null, h("tr", null, words.map((word) => h("th", { scope: "col" }, word))));
const leftOut = (reasons) => Object.entries(reasons).map(([reason, number]) => `${number} ${REASONS[reason] ?? reason}`).join(", ");

const dayRow = (one) => h("tr", { testid: "store-day", "data-day": one.day },
  h("th", { scope: "row" }, formatDay(one.day), one.holiday && h("span", { class: "small" }, `Closed: ${one.holiday}`)),
  h("td", null, one.orders || "", one.orders > 0 && h("span", { class: "small" }, formatMoney(one.orders_total))),
  h("td", null, one.planned || "", one.planned > 0 && h("span", { class: "small" }, formatMoney(one.planned_total))),
  h("td", { class: "sum small" }, leftOut(one.left_out)));

const goodsRow = (one) => h("tr", { testid: "needed", "data-sku": one.sku },
  h("th", { scope: "row" }, `${one.name}, ${one.unit}`, h("span", { class: "small" }, one.sku)),
  h("td", null, one.on_hand), h("td", null, one.ordered), h("td", null, one.planned),
  h("td", null, one.runs_out_on ? shortDay(one.runs_out_on) : ""),
  h("td", { class: "sum" }, one.to_buy > 0 && h("strong", { testid: "to-buy" }, one.to_buy)));

export function aheadPage({ query: now, signal }) {
  return staffPage(PATH, "What is coming", async () => {
    const days = DAYS.includes(now.days) ? now.days : "14";
    const [{ items: goods }, { items: dates }] = await Promise.all([
      api("GET", `/purchase-forecast${query({ days })}`, { signal }), api("GET", `/store-calendar${query({ days })}`, { signal })]);
    return [choose(days), h("div", { class: "paper" }, h("h1", { testid: "sheet-title" }, `The next ${days} days`),
      h("h2", null, "To buy"),
      goods.length ? h("div", { class: "table panel" }, h("table", null, head(["Goods", "On the shelf", "Ordered", "Planned", "Runs out", "To buy"]), h("tbody", null, goods.map(goodsRow))))
        : h("p", { class: "note" }, "Nothing is ordered or planned."),
      h("h2", null, "Deliveries of subscriptions"),
      h("div", { class: "table panel" }, h("table", null, head(["Day", "Ordered", "Planned", "Left out"]), h("tbody", null, dates.map(dayRow)))))];
  });
}
