/** The panels of an order's page: steps, lines, parcels, what was reported, money that goes back. */

import { formatInstant } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { totals } from "../widgets.js";
import { fulfilmentWords } from "../words.js";
import { parcelsOf, piecesWords, reasonWords, refundWords, returnWords } from "./words.js";

const STEPS = ["confirmed", "packed", "out_for_delivery", "delivered"];

export function steps(order) {
  const reached = STEPS.indexOf(order.status);
  if (reached < 0) return null;
  return h("ol", { class: "steps" }, STEPS.map((status, place) => h("li", {
    class: place <= reached ? "done" : "", "aria-current": place === reached ? "step" : null,
  }, fulfilmentWords({ status }))));
}

/** What became of a line's pieces, where it is not simply all of them. */
function fateWords(line) {
  const told = [[line.cancelled_quantity, "cancelled"], [line.returned_quantity, "not kept"]].filter(([pieces]) => pieces);
  return told.map(([pieces, what]) => (pieces === line.quantity ? what : `${pieces} ${what}`)).join(", ");
}

function line(one) {
  const fate = fateWords(one);
  const isGone = one.cancelled_quantity === one.quantity;
  return h("li", { class: isGone ? "gone" : "", testid: "order-line", "data-sku": one.sku },
    h("span", null, `${one.quantity} × ${one.name} `, h("span", { class: "small" }, one.unit), fate && h("span", { class: "fate" }, fate)),
    h("span", null, formatMoney(one.line_total)));
}

function sums(order) {
  const row = (words, money, testid) => h("div", null, h("dt", null, words), h("dd", { testid }, formatMoney(money)));
  const isLess = order.owed.amount !== order.total.amount && order.status !== "cancelled";
  return h("dl", { class: "totals" },
    isLess && row("After changes", order.owed, "owed"),
    order.paid.amount > 0 && row("Paid", order.paid, "paid"),
    order.refunded.amount > 0 && row("Of it back to you", order.refunded, "refunded"));
}

export const linesPanel = (order) => h("section", { class: "panel" }, h("h2", null, "What you ordered"),
  h("ul", { class: "brief" }, order.lines.map(line)), totals(order), sums(order));

function parcelTimes(parcel) {
  const times = [["Packed", parcel.packed_at], ["sent", parcel.dispatched_at], ["delivered", parcel.delivered_at]];
  return times.filter(([, at]) => at).map(([words, at]) => `${words} ${formatInstant(at)}`).join(", ");
}

function parcelRow(parcel, order, acts) {
  return h("li", { testid: "parcel", "data-status": parcel.status },
    h("div", null,
      h("p", null, h("strong", null, `Parcel ${parcel.position}`), ` · ${fulfilmentWords(parcel)}`),
      h("p", null, piecesWords(parcel.lines, order)),
      h("p", { class: "small" }, parcelTimes(parcel)),
      parcel.carrier && h("p", { class: "small" }, `With ${parcel.carrier}`),
      parcel.failed_attempts > 0 && parcel.status === "packed" && h("p", { class: "small" }, "Nobody was there to take it. We try again.")),
    parcel.tracking_url ? h("a", { href: parcel.tracking_url, rel: "noopener noreferrer", target: "_blank" }, "Follow it") : acts?.(parcel));
}

/** `actsFor(parcel)`: what staff can do with it, if anything. */
export function parcelsPanel(order, actsFor = null) {
  const parcels = parcelsOf(order);
  if (!parcels.length) return null;
  return h("section", { class: "panel", testid: "parcels" }, h("h2", null, parcels.length === 1 ? "Your parcel" : "Your parcels"),
    h("ul", { class: "rows" }, parcels.map((parcel) => parcelRow(parcel, order, actsFor))));
}

export function returnsPanel(order) {
  if (!order.returns.length) return null;
  return h("section", { class: "panel", testid: "returns" }, h("h2", null, "What was not right"),
    h("ul", { class: "rows" }, order.returns.map((told) => h("li", { testid: "return", "data-status": told.status }, h("div", null,
      h("p", null, h("strong", null, reasonWords(told.reason)), ` · ${piecesWords(told.lines, order)}`), h("p", { class: "small" }, returnWords(told)))))));
}

export function refundsPanel(order) {
  if (!order.refunds.length) return null;
  return h("section", { class: "panel", testid: "refunds" }, h("h2", null, "Money back"),
    h("ul", { class: "rows" }, order.refunds.map((refund) => h("li", { testid: "refund", "data-status": refund.status },
      h("p", null, refundWords(refund, order)), h("strong", { testid: "refund-amount" }, formatMoney(refund.amount))))));
}
