/** Where the bags of a day go: a page for each area, with whom to call and what to collect at the door. */

import { api, query } from "../api.js";
import { h } from "../dom.js";
import { formatMoney, isZero } from "../money.js";
import { count, formatPhone } from "../words.js";
import { chooser, dayOfSheet, sheetTitle } from "./day.js";
import { staffPage } from "./frame.js";

const stop = (one, place) => h("tr", { testid: "stop", "data-status": one.status },
  h("td", { class: "place" }, place + 1),
  h("th", { scope: "row" }, one.name, h("span", { class: "where" }, [one.line1, one.line2].filter(Boolean).join(", "))),
  h("td", null, h("a", { href: `tel:${one.phone}` }, formatPhone(one.phone)), h("span", { class: "small" }, `${one.number}, ${count(one.pieces, "piece", "pieces")}`)),
  h("td", { class: "sum", testid: "collect" }, one.collect ? formatMoney(one.collect) : h("span", { class: "small" }, "paid")),
  h("td", { class: "sign", "aria-hidden": "true" }, h("span", { class: "tick-box" })));

const route = (one, title) => h("section", { class: "panel route", testid: "route", "data-pin": one.pin },
  h("p", { class: "on-paper small" }, title),
  h("div", { class: "route-head" },
    h("h2", null, `${one.pin} ${one.city}`),
    h("p", null, count(one.stops.length, "stop", "stops"), !isZero(one.collect) && [", to collect ", h("strong", null, formatMoney(one.collect))])),
  h("table", null,
    h("thead", null, h("tr", null, ["", "For", "Call", "Collect", ""].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", null, one.stops.map(stop))));

export function routesPage({ query: now, signal }) {
  return staffPage("/staff/routes", "Routes", async () => {
    const day = dayOfSheet(now);
    const { routes } = await api("GET", `/day-sheets/${day}/routes${query({ shift: now.shift })}`, { signal });
    const title = sheetTitle("Routes", day, now.shift);
    return [chooser("/staff/routes", now), h("div", { class: "paper routes" }, title,
      routes.length ? routes.map((one) => route(one, title.textContent)) : h("p", { class: "note", testid: "none" }, "Nothing goes out on this day."))];
  });
}
