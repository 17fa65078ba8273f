/** Deliveries to come: on which day, until when they can be changed, when they are charged, what they cost. */

import { dayOf, formatDay, formatMoment, monthOf, weekdayOf } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { link } from "../router.js";
import { fulfilmentWords, sentence } from "../words.js";

const LEFT_OUT = {
  by_customer: "Skipped, as you wished",
  vacation: "You are away",
  holiday: "The shop is closed",
  caught_up: "Comes with the next delivery",
  out_of_stock: "Left out: there was not enough on our shelves",
  not_on_sale: "Left out: something in it is no longer sold",
  missed: "Left out: we could not prepare it in time",
};

/** Of a delivery that is an order: what matters most of the order's two states. */
function orderWords({ order_status: status, payment_status: paid, charge_at: chargeAt }) {
  if (status !== "pending_payment" && status !== "confirmed") return fulfilmentWords({ status });
  if (paid === "paid") return "Paid";
  if (paid === "authorised") return "Payment being confirmed";
  if (status === "confirmed") return "Ordered, pay at the door";
  return chargeAt ? "Ordered" : "Ordered, to be paid by you";
}

export function stateWords(delivery) {
  if (delivery.status === "created") return orderWords(delivery);
  if (delivery.status === "skipped") return LEFT_OUT[delivery.reason] ?? "Left out";
  return { failed: "We could not prepare it", planned: "Planned" }[delivery.status] ?? sentence(delivery.status);
}

export const willCome = (delivery) => ["planned", "created"].includes(delivery.status);

/** Until when it can be changed, or when its order is charged. The API names a time not before which it is charged. */
export function timeWords(delivery) {
  const charge = delivery.charge_at && `Charged after ${formatMoment(delivery.charge_at)}`;
  if (delivery.status === "planned") return [`Change until ${formatMoment(delivery.edit_until)}`, charge];
  return delivery.status === "created" && delivery.payment_status === "unpaid" ? [charge] : [];
}

/** A leaf of a tear-off calendar; people who listen get the day in full. */
function leaf(day) {
  return h("time", { class: "leaf", datetime: day },
    h("span", { class: "hidden" }, formatDay(day)),
    [["leaf-weekday", weekdayOf(day)], ["leaf-day", dayOf(day)], ["leaf-month", monthOf(day)]].map(([name, text]) => h("span", { class: name, "aria-hidden": "true" }, text)));
}

function orderLink(delivery) {
  if (!delivery.order_id) return null;
  const byHand = delivery.order_status === "pending_payment" && !delivery.charge_at;
  return h("a", { href: link(`/orders/${delivery.order_id}`), testid: "delivery-order" }, byHand ? "See and pay" : "See the order");
}

/** One row of the calendar; `action` is what can be done about it, if anything. */
function row(delivery, action) {
  return h("li", { class: willCome(delivery) ? "delivery" : "delivery off", testid: "delivery", "data-day": delivery.delivers_on, "data-status": delivery.status },
    leaf(delivery.delivers_on),
    h("p", { class: "delivery-head" }, h("strong", { testid: "delivery-state" }, stateWords(delivery)), willCome(delivery) && delivery.total && ` · ${formatMoney(delivery.total)}`),
    action,
    h("div", { class: "delivery-words" }, timeWords(delivery).map((words) => words && h("p", { class: "small" }, words)), orderLink(delivery)));
}

/** The calendar as a list; `actionFor(delivery)` answers a node or null. */
export const deliveryList = (deliveries, actionFor = () => null) =>
  h("ol", { class: "deliveries", testid: "deliveries" }, deliveries.map((delivery) => row(delivery, actionFor(delivery))));
