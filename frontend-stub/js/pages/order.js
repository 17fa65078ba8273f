/** One order: its state, what is in it, what became of it, and what can be done. Watches until a payment is settled. */

import { addressText } from "../addresses.js";
import { api } from "../api.js";
import { setQuantity, quantityOf } from "../cart.js";
import { formatMoment } from "../dates.js";
import { announce, h } from "../dom.js";
import { actionButton } from "../forms.js";
import { formatMoney } from "../money.js";
import { actsOn, canCancel, canCancelLines, canReport } from "../orders/acts.js";
import { documentsPanel } from "../orders/documents.js";
import { milestones } from "../orders/milestones.js";
import { linesPanel, parcelsPanel, refundsPanel, returnsPanel, steps } from "../orders/parts.js";
import { headWords, isOpen } from "../orders/words.js";
import { pay } from "../payment.js";
import { problemNote } from "../problem.js";
import { go, link } from "../router.js";
import { requireSignIn } from "../session.js";
import { explained, story } from "../story.js";
import { lookAgain } from "../waiting.js";
import { statusPill } from "./orders.js";

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

/** An order that ended unpaid is not dead to who wanted it: the same things go into the cart once more. */
const orderAgain = (order) => actionButton("Put it all into the cart again", { class: "button quiet", testid: "order-again" }, async () => {
  for (const line of order.lines) await setQuantity(line.variant_id, Math.max(line.quantity, quantityOf(line.variant_id)), line.name);
  go("#/cart");
});

function acts(order, act) {
  const button = (words, testid, onclick) => h("button", { type: "button", class: "link", testid, onclick }, words);
  const offered = [
    canReport(order) && button("Something was wrong", "report", act.report),
    canCancelLines(order) && button("Cancel a part of it", "cancel-lines", act.cancelLines),
    canCancel(order) && button("Cancel the order", "cancel", act.cancel),
    order.cancel_reason === "expired" && !order.paid.amount && orderAgain(order),
  ].filter(Boolean);
  return offered.length > 0 && h("div", { class: "buttons acts" }, offered);
}

/** Where a mandate does not pay, its customer was told that the payment is due. */
const isOwed = (told) => told.facts.some((fact) => fact.what.startsWith("payment_due by"));

function render({ order, told, papers, passed }, outcome, looking, act) {
  const isByMandate = order.payment_method === "mandate";
  const standing = outcome || (isByMandate && isOwed(told) ? "owed" : "");
  return h("div", { class: "order", testid: "order" },
    h("p", { class: "crumb" }, h("a", { href: "#/orders" }, "Orders"), " / ", order.number),
    h("div", { class: "order-head" }, h("h1", { tabindex: "-1" }, "Order ", h("span", { testid: "order-number" }, order.number)), statusPill(order)),
    headWords(order) && h("p", { class: "lead", testid: "order-words" }, headWords(order)),
    !isOpen(order) ? steps(order) : isByMandate && !standing ? byMandate() : waiting(order, standing, looking),
    acts(order, act),
    h("div", { class: "two" },
      h("div", { class: "stack" }, refundsPanel(order), returnsPanel(order), parcelsPanel(order), linesPanel(order), documentsPanel(papers),
        order.address && h("section", { class: "panel" }, h("h2", null, order.status === "delivered" ? "Delivered to" : "Deliver to"), addressText(order.address))),
      h("section", { class: "panel" }, h("h2", null, "What happened"), story(told, passed))));
}

async function watch(order, draw, signal) {
  const seen = await lookAgain(`/orders/${order.id}`, order, isOpen, signal);
  if (!seen) return;
  await draw(seen, false);
  if (!isOpen(seen)) announce(headWords(seen));
}

export async function orderPage({ params: [id], query, signal }) {
  if (!await requireSignIn(`/orders/${id}`)) return null;
  const path = `/orders/${encodeURIComponent(id)}`;
  const first = await api("GET", path, { signal });
  const outcome = ["failed", "cancelled"].includes(query.payment) ? query.payment : "";
  const content = h("div", null);
  const changed = async () => {
    const order = await api("GET", path, { signal });
    await draw(order, false);
    announce(headWords(order));
    content.querySelector("h1").focus();
  };
  const draw = async (order, looking) => {
    const [told, { items: papers }, passed] = await Promise.all([explained(path, signal), api("GET", `${path}/documents`, { signal }), milestones(path, signal)]);
    const act = actsOn(order, signal, () => changed().catch((error) => { if (!signal.aborted) content.prepend(problemNote(error)); }));
    if (!signal.aborted) content.replaceChildren(render({ order, told, papers, passed }, outcome, looking, act));
  };
  await draw(first, true);
  if (isOpen(first)) watch(first, draw, signal).catch((error) => { if (!signal.aborted) content.prepend(problemNote(error)); });
  return { title: `Order ${first.number}`, content };
}
