/** One order: its state, what is in it, and what happened to it. Watches until a payment is settled. */

import { addressText } from "../addresses.js";
import { api } from "../api.js";
import { formatMoment } from "../dates.js";
import { announce, h } from "../dom.js";
import { actionButton } from "../forms.js";
import { formatMoney } from "../money.js";
import { pay } from "../payment.js";
import { problemNote } from "../problem.js";
import { go, link } from "../router.js";
import { requireSignIn } from "../session.js";
import { explained, story } from "../story.js";
import { lookAgain } from "../waiting.js";
import { totals } from "../widgets.js";
import { fulfilmentWords } from "../words.js";
import { statusPill } from "./orders.js";

const STEPS = ["confirmed", "packed", "out_for_delivery", "delivered"];

const isOpen = (order) => order.status === "pending_payment" && order.payment_status !== "paid";

function steps(order) {
  const reached = STEPS.indexOf(order.status);
  if (reached < 0) return null;
  return h("ol", { class: "steps" }, STEPS.map((status, place) => h("li", {
    class: place <= reached ? "done" : "", "aria-current": place === reached ? "step" : null,
  }, fulfilmentWords({ status }))));
}

/** Asks the API where to pay: the same provider order as before, so an order is never paid twice. */
const payButton = (order) => actionButton(`Pay ${formatMoney(order.total)}`, { class: "button", testid: "pay-again" },
  async () => pay(`/orders/${order.id}`, await api("POST", `/orders/${order.id}/payment`)));

function waitingWords(order, outcome, looking) {
  return {
    failed: "The payment did not go through. If your bank took money, it comes back by itself.",
    cancelled: "You left the payment page before paying.",
    owed: "Your mandate does not pay this delivery. Pay it here, or it is not delivered.",
  }[outcome] ?? (looking ? "We are waiting for the bank to confirm your payment. This page looks by itself." : "We have not seen a payment for this order yet.");
}

function waiting(order, outcome, looking) {
  return h("div", { class: ["failed", "owed"].includes(outcome) ? "note bad" : "note", testid: "payment-note" },
    h("p", null, waitingWords(order, outcome, looking)),
    order.expires_at && h("p", { class: "small" }, `We keep everything aside for you until ${formatMoment(order.expires_at)}.`),
    (outcome || !looking) && payButton(order),
    !looking && h("button", { type: "button", class: "link", testid: "look-again", onclick: () => go(link(`/orders/${order.id}`), { replace: true }) }, "Look again"));
}

/** Nothing to do for the customer, so nothing to press: the bank is asked on the day in the subscription's calendar. */
const byMandate = () => h("div", { class: "note", testid: "payment-note" },
  h("p", null, "Your bank pays this by your mandate. ", h("a", { href: "#/subscriptions" }, "Your subscription"), " says on which day."));

function headWords(order) {
  if (order.status === "pending_payment" && order.payment_status === "paid") return "Paid. We are confirming your order.";
  if (order.status === "confirmed" && order.payment_method === "pay_on_delivery") return "We have your order. You pay at the door.";
  return {
    confirmed: "Thank you! We have your order and your payment.",
    packed: "Your order is packed.",
    out_for_delivery: "Your order is on its way.",
    delivered: "Delivered. Enjoy your food.",
    cancelled: "This order was cancelled.",
  }[order.status];
}

function linesTable(order) {
  return h("ul", { class: "brief" }, order.lines.map((line) => h("li", { testid: "order-line", "data-sku": line.sku },
    h("span", null, `${line.quantity} × ${line.name} `, h("span", { class: "small" }, line.unit)),
    h("span", null, formatMoney(line.line_total)))));
}

/** Where a mandate does not pay, its customer was told that the payment is due. */
const isOwed = (told) => told.facts.some((fact) => fact.what.startsWith("payment_due by"));

function render(order, told, outcome, looking) {
  const isByMandate = order.payment_method === "mandate";
  const standing = outcome || (isByMandate && isOwed(told) ? "owed" : "");
  return h("div", { class: "order", testid: "order" },
    h("p", { class: "crumb" }, h("a", { href: "#/orders" }, "Orders"), " / ", order.number),
    h("div", { class: "order-head" }, h("h1", null, "Order ", h("span", { testid: "order-number" }, order.number)), statusPill(order)),
    h("p", { class: "lead" }, headWords(order)),
    !isOpen(order) ? steps(order) : isByMandate && !standing ? byMandate() : waiting(order, standing, looking),
    h("div", { class: "two" },
      h("div", { class: "stack" },
        h("section", { class: "panel" }, h("h2", null, "What you ordered"), linesTable(order), totals(order)),
        order.address && h("section", { class: "panel" }, h("h2", null, order.status === "delivered" ? "Delivered to" : "Deliver to"), addressText(order.address))),
      h("section", { class: "panel" }, h("h2", null, "What happened"), story(told))));
}

async function watch(order, draw, signal) {
  const seen = await lookAgain(`/orders/${order.id}`, order, isOpen, signal);
  if (!seen) return;
  await draw(seen, false);
  if (!isOpen(seen)) announce(headWords(seen));
}

export async function orderPage({ params: [id], query, signal }) {
  if (!await requireSignIn(`/orders/${id}`)) return null;
  const first = await api("GET", `/orders/${encodeURIComponent(id)}`, { signal });
  const outcome = ["failed", "cancelled"].includes(query.payment) ? query.payment : "";
  const content = h("div", null);
  const draw = async (order, looking) => {
    const told = await explained(`/orders/${order.id}`, signal);
    if (!signal.aborted) content.replaceChildren(render(order, told, outcome, looking));
  };
  await draw(first, true);
  if (isOpen(first)) watch(first, draw, signal).catch((error) => { if (!signal.aborted) content.prepend(problemNote(error)); });
  return { title: `Order ${first.number}`, content };
}
