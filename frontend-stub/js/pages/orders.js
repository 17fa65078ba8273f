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

export function statusPill(order) {
  const over = order.status === "cancelled";
  const paid = order.payment_status === "paid";
  const sure = paid || (order.payment_method === "pay_on_delivery" && order.status !== "pending_payment");
  const words = paid || order.status === "pending_payment" ? paymentWords(order) : fulfilmentWords(order);
  return h("span", {
    class: `pill ${over ? "over" : sure ? "good" : "waiting"}`, testid: "order-status",
    "data-status": order.status, "data-payment-status": order.payment_status,
  }, over && !paid ? fulfilmentWords(order) : words);
}

function row(order) {
  const names = (order.lines ?? []).map((line) => line.name);
  return h("li", { class: "panel order-row", testid: "order-row" },
    h("div", null,
      h("h2", null, h("a", { href: link(`/orders/${order.id}`) }, order.number)),
      h("p", { class: "small" }, formatInstant(order.placed_at)),
      names.length > 0 && h("p", null, names.slice(0, 3).join(", "), names.length > 3 && ` and ${names.length - 3} more`)),
    h("div", { class: "order-side" }, statusPill(order), h("strong", null, formatMoney(order.total)),
      order.status !== "pending_payment" && h("span", { class: "small" }, fulfilmentWords(order))));
}

function moreOrders(list, next, signal) {
  const trouble = h("div", null);
  const button = h("button", { type: "button", class: "button quiet", onclick: async () => {
    try {
      const page = await api("GET", `/orders${query({ after: next })}`, { signal });
      list.append(...page.items.map(row));
      next = page.next;
      button.hidden = !next;
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  } }, "Older orders");
  return h("div", { class: "more" }, button, trouble);
}

export async function ordersPage({ signal }) {
  if (!await requireSignIn("/orders")) return null;
  const page = await api("GET", "/orders", { signal });
  if (!page.items.length) {
    return { title: "Orders", content: empty({ title: "No orders yet", words: "What you buy will be listed here, with everything that happened to it." }) };
  }
  const list = h("ul", { class: "orders" }, page.items.map(row));
  return { title: "Orders", content: h("div", { class: "medium" }, h("h1", null, "Your orders"), mine("/orders"), list, page.next && moreOrders(list, page.next, signal)) };
}
