/** Every order of the shop: filters in the address, a table to tick, moves for many at once. */

import { api, query } from "../api.js";
import { formatInstant } from "../dates.js";
import { h } from "../dom.js";
import { field, form } from "../forms.js";
import { formatMoney } from "../money.js";
import { statusPill } from "../pages/orders.js";
import { go, link } from "../router.js";
import { fulfilmentWords } from "../words.js";
import { bulkBar } from "./bulk.js";
import { staffPage } from "./frame.js";
import { moreButton } from "../more.js";

const STATUSES = ["pending_payment", "confirmed", "packed", "out_for_delivery", "delivered", "cancelled"];
const PAGE = 50;
const WAYS = { razorpay: "Online", wallet: "Wallet", cash_on_delivery: "Cash", account: "On account", mandate: "Mandate" };

const filters = (now) => form({ class: "panel staff-filters", testid: "filters" }, async (values) => go(link("/staff", values)),
  h("div", { class: "fields" },
    field({ isFilter: true, label: "Search", name: "search", type: "search", value: now.search ?? "", maxlength: 60, hint: "Number, name, phone or e-mail", testid: "staff-search" }),
    field({ isFilter: true, label: "Status", name: "status", value: now.status ?? "", options: [["", "Any"], ...STATUSES.map((status) => [status, fulfilmentWords({ status })])], testid: "staff-status" }),
    field({ isFilter: true, label: "Placed from", name: "placed_from", type: "date", value: now.placed_from ?? "", testid: "staff-from" }),
    field({ isFilter: true, label: "Placed until", name: "placed_to", type: "date", value: now.placed_to ?? "", testid: "staff-to" }),
    field({ isFilter: true, label: "Customers", name: "group", value: now.group ?? "", options: [["", "All"], ["consumer", "Households"], ["distributor", "Distributors"]], testid: "staff-group" })),
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "button", testid: "staff-find" }, "Show"), h("a", { href: "#/staff" }, "Show all")));

function row(order, changed) {
  const box = h("input", { type: "checkbox", value: order.id, testid: "tick", "aria-label": `Choose ${order.number}`, onchange: changed });
  return h("tr", { testid: "staff-order", "data-status": order.status },
    h("td", null, h("label", { class: "tick" }, box)),
    h("th", { scope: "row" }, h("a", { href: link(`/staff/orders/${order.id}`) }, order.number), h("span", { class: "small" }, formatInstant(order.placed_at))),
    h("td", null, order.address.name, h("span", { class: "small" }, `${order.address.city} ${order.address.pin}`)),
    h("td", null, statusPill(order)),
    h("td", { class: "sum" }, formatMoney(order.owed), h("span", { class: "small" }, WAYS[order.payment_method] ?? order.payment_method)));
}

function table(page, filter, signal, drawAgain) {
  const body = h("tbody", null);
  const ticked = () => [...body.querySelectorAll("input:checked")].map((box) => box.value);
  const bar = bulkBar(ticked, signal, drawAgain);
  const all = h("input", { type: "checkbox", testid: "tick-all", "aria-label": "Choose all that are shown", onchange: () => {
    for (const box of body.querySelectorAll("input")) box.checked = all.checked;
    bar.follow();
  } });
  const add = (orders) => body.append(...orders.map((order) => row(order, bar.follow)));
  add(page.items);
  return [bar.node, h("div", { class: "table panel" }, h("table", null,
    h("thead", null, h("tr", null, h("td", null, h("label", { class: "tick" }, all)), ["Order", "For", "State", "Comes to"].map((words) => h("th", { scope: "col" }, words)))), body)),
  moreButton("Older orders", "/orders", filter, page.next, add)];
}

export function staffOrdersPage({ query: now, signal }) {
  return staffPage("/staff", "Orders for staff", async () => {
    const filter = { ...now, limit: PAGE };
    const place = h("div", { class: "stack" });
    const draw = async () => {
      const page = await api("GET", `/orders${query(filter)}`, { signal });
      place.replaceChildren(...(page.items.length ? table(page, filter, signal, draw) : [h("p", { class: "note", testid: "none" }, "No order is like that.")]).filter(Boolean));
    };
    await draw();
    return [h("h1", null, "Orders"), filters(now), place];
  });
}
