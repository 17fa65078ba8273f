/** One order: its state, what is in it, and what happened to it. Watches until a payment is settled. */

import { addressText } from "../addresses.js";
import { api } from "../api.js";
import { announce, h, pause } from "../dom.js";
import { formatMoney } from "../money.js";
import { forgetPayment, openPayment, pay } from "../payment.js";
import { Problem, problemNote } from "../problem.js";
import { go, link } from "../router.js";
import { requireSignIn } from "../session.js";
import { story } from "../story.js";
import { totals } from "../widgets.js";
import { formatClock, fulfilmentWords } from "../words.js";
import { statusPill } from "./orders.js";

const FIRST_LOOK_MS = 800;
const SLOWER = 1.5;
const LOOKS = 7; // about 25 seconds with the growing pauses; after that a person decides
const STEPS = ["confirmed", "packed", "out_for_delivery", "delivered"];

const isOpen = (order) => order.status === "pending_payment" && order.payment_status !== "paid";

function steps(order) {
  const reached = STEPS.indexOf(order.status);
  if (reached < 0) return null;
  return h("ol", { class: "steps" }, STEPS.map((status, place) => h("li", {
    class: place <= reached ? "done" : "", "aria-current": place === reached ? "step" : null,
  }, fulfilmentWords({ status }))));
}

function waiting(order, outcome, looking) {
  const words = {
    failed: "The payment did not go through. If your bank took money, it comes back by itself.",
    cancelled: "You left the payment page before paying.",
  }[outcome] ?? (looking ? "We are waiting for the bank to confirm your payment. This page looks by itself." : "We have not seen a payment for this order yet.");
  const payment = order.payment ?? openPayment(order.id);
  return h("div", { class: outcome === "failed" ? "note bad" : "note", testid: "payment-note" },
    h("p", null, words),
    order.expires_at && h("p", { class: "small" }, `We keep everything aside for you until ${formatClock(order.expires_at)}.`),
    payment && (outcome || !looking) && h("button", { type: "button", class: "button", testid: "pay-again", onclick: () => pay(order.id, payment) }, `Pay ${formatMoney(order.total)}`),
    !looking && h("button", { type: "button", class: "link", testid: "look-again", onclick: () => go(link(`/orders/${order.id}`), { replace: true }) }, "Look again"));
}

function headWords(order) {
  if (order.status === "pending_payment" && order.payment_status === "paid") return "Paid. We are confirming your order.";
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

/** The timeline is worth having, not worth losing the order page for. */
async function timeline(orderId, signal) {
  try {
    return story(await api("GET", `/orders/${orderId}/explain`, { signal }));
  } catch (error) {
    if (signal.aborted) throw error;
    return [problemNote(error)];
  }
}

function render(order, history, outcome, looking) {
  return h("div", { class: "order", testid: "order" },
    h("p", { class: "crumb" }, h("a", { href: "#/orders" }, "Orders"), " / ", order.number),
    h("div", { class: "order-head" }, h("h1", null, "Order ", h("span", { testid: "order-number" }, order.number)), statusPill(order)),
    h("p", { class: "lead" }, headWords(order)),
    isOpen(order) ? waiting(order, outcome, looking) : steps(order),
    h("div", { class: "two" },
      h("div", { class: "stack" },
        h("section", { class: "panel" }, h("h2", null, "What you ordered"), linesTable(order), totals(order)),
        order.address && h("section", { class: "panel" }, h("h2", null, order.status === "delivered" ? "Delivered to" : "Deliver to"), addressText(order.address))),
      h("section", { class: "panel" }, h("h2", null, "What happened"), history)));
}

/** Looks again with growing pauses; an unreachable shop is only one more reason to wait. */
async function watch(order, draw, signal) {
  let wait = FIRST_LOOK_MS;
  for (let look = 1; look <= LOOKS; look += 1, wait *= SLOWER) {
    await pause(wait, signal);
    if (signal.aborted) return;
    try {
      order = await api("GET", `/orders/${order.id}`, { signal });
    } catch (error) {
      if (error instanceof Problem && error.isTransient) continue;
      if (signal.aborted) return;
      throw error;
    }
    if (!isOpen(order)) break;
  }
  await draw(order, false);
  if (!isOpen(order)) announce(headWords(order));
}

export async function orderPage({ params: [id], query, signal }) {
  if (!await requireSignIn(`/orders/${id}`)) return null;
  const first = await api("GET", `/orders/${encodeURIComponent(id)}`, { signal });
  const outcome = ["failed", "cancelled"].includes(query.payment) ? query.payment : "";
  const content = h("div", null);
  const draw = async (order, looking) => {
    if (!isOpen(order)) forgetPayment(order.id);
    const history = await timeline(order.id, signal);
    if (!signal.aborted) content.replaceChildren(render(order, history, outcome, looking));
  };
  await draw(first, true);
  if (isOpen(first)) watch(first, draw, signal).catch((error) => { if (!signal.aborted) content.prepend(problemNote(error)); });
  return { title: `Order ${first.number}`, content };
}
