/** All orders of the customer, newest first. */

import { api, query } from "../api.js";
import { formatInstant } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";
import { link } from "../router.js";
import { requireSignIn } from "../session.js";
import { empty, mine } from "../widgets.js";
import { fulfilmentWords, paymentWords } from "../words.js";

/** While it is paid and not packed, that it is paid says most; afterwards, where it is. */
const isAboutMoney = (order) => order.status === "pending_payment" || (order.status === "confirmed" && order.payment_status === "paid");

export function statusPill(order) {
  const kind = { pending_payment: order.payment_status === "paid" ? "good" : "waiting", cancelled: "over" }[order.status] ?? "good";
  return h("span", {
    class: `pill ${kind}`, testid: "order-status", "data-status": order.status, "data-payment-status": order.payment_status,
  }, isAboutMoney(order) ? paymentWords(order) : fulfilmentWords(order));
}

/** The half of its state that the pill does not tell. */
function otherWords(order) {
  if (order.status === "pending_payment" || order.status === "cancelled") return "";
  if (isAboutMoney(order)) return fulfilmentWords(order);
  return order.payment_status === "paid" ? paymentWords(order) : "Not paid yet";
}

function row(order) {
  const names = (order.lines ?? []).map((line) => line.name);
  return h("li", { class: "panel order-row", testid: "order-row" },
    h("div", null,
      h("h2", null, h("a", { href: link(`/orders/${order.id}`) }, order.number)),
      h("p", { class: "small" }, formatInstant(order.placed_at)),
      names.length > 0 && h("p", null, names.slice(0, 3).join(", "), names.length > 3 && ` and ${names.length - 3} more`)),
    h("div", { class: "order-side" }, statusPill(order), h("strong", null, formatMoney(order.total)),
      otherWords(order) && h("span", { class: "small" }, otherWords(order))));
}

function moreOrders(list, filter, next, signal) {
  const trouble = h("div", null);
  const button = h("button", { type: "button", class: "button quiet", onclick: async () => {
    try {
      const page = await api("GET", `/orders${query({ ...filter, after: next })}`, { signal });
      list.append(...page.items.map(row));
      next = page.next;
      button.hidden = !next;
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  } }, "Older orders");
  return h("div", { class: "more" }, button, trouble);
}

/** What people look for among their orders: a name in the address, its words, and the states it stands for. */
const SHOWN = {
  "": ["All", []],
  open: ["To be paid", ["pending_payment"]],
  coming: ["Coming", ["confirmed", "packed", "out_for_delivery"]],
  delivered: ["Delivered", ["delivered"]],
  cancelled: ["Cancelled", ["cancelled"]],
};

const choices = (current) => h("nav", { class: "chips", "aria-label": "Which orders" }, h("ul", null, Object.entries(SHOWN).map(([name, [words]]) =>
  h("li", null, h("a", { class: "chip small-chip", id: `show-${name || "all"}`, href: link("/orders", { show: name }), "aria-current": name === current ? "page" : null, testid: `show-${name || "all"}` }, words)))));

export async function ordersPage({ query: { show = "" }, signal }) {
  if (!await requireSignIn("/orders")) return null;
  const current = show in SHOWN ? show : "";
  const filter = { status: SHOWN[current][1] };
  const page = await api("GET", `/orders${query(filter)}`, { signal });
  if (!page.items.length && !current) {
    return { title: "Orders", content: empty({ title: "No orders yet", words: "What you buy will be listed here, with everything that happened to it." }) };
  }
  const list = h("ul", { class: "orders" }, page.items.map(row));
  return {
    title: "Orders",
    content: h("div", { class: "medium" }, h("h1", null, "Your orders"), mine("/orders"), choices(current),
      page.items.length ? list : h("p", { class: "note", testid: "none" }, "None of your orders is here."), page.next && moreOrders(list, filter, page.next, signal)),
  };
}
