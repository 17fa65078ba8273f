/** What of an order is told in words: where it stands, where money goes, what was reported. */

import { shortDay } from "../dates.js";
import { formatMoney } from "../money.js";
import { count, sentence } from "../words.js";

export const isOpen = (order) => order.status === "pending_payment" && order.payment_status !== "paid";
export const isAtTheDoor = (order) => order.payment_method === "cash_on_delivery";
export const parcelsOf = (order) => order.shipments.filter((parcel) => parcel.status !== "cancelled");
export const wasSent = (parcel) => ["out_for_delivery", "delivered"].includes(parcel.status);
export const sameDay = (text) => shortDay(text.slice(0, 10));

function cancelledWords(order) {
  if (order.cancel_reason !== "expired") return "This order was cancelled.";
  return order.paid.amount
    ? "This order was not paid in time, and others have what was in it. Your payment came later and goes back to you."
    : "This order was not paid in time, so it ended. Nothing was charged.";
}

function confirmedWords(order) {
  if (isAtTheDoor(order) && !order.paid.amount) return `We have your order. You pay ${formatMoney(order.owed)} at the door.`;
  if (order.payment_method === "account") return "We have your order. It goes on your account.";
  return parcelsOf(order).length ? "A part of your order is packed; we are getting the rest." : "Thank you! We have your order and your payment.";
}

export function headWords(order) {
  if (order.status === "pending_payment") return order.payment_status === "paid" ? "Paid. We are confirming your order." : "";
  return {
    confirmed: confirmedWords,
    packed: () => "Your order is packed.",
    out_for_delivery: () => "Your order is on its way.",
    delivered: () => "Delivered. Enjoy your food.",
    cancelled: cancelledWords,
  }[order.status]?.(order) ?? "";
}

/** How money goes back: the API's destination, and what the customer paid with, as one phrase. */
export function wayBack({ destination }, order) {
  if (destination === "by_hand") return "by hand: we will be in touch";
  return destination === "wallet" || order.payment_method === "wallet" ? "to your wallet" : "to how you paid";
}

const BANKS = "Banks take 5 to 7 working days.";

/** A refund's state for whoever waits for the money. */
export function refundWords(refund, order) {
  const isByBank = refund.destination === "source" && order.payment_method !== "wallet";
  if (refund.status === "failed") return "It did not go through. We look at it and try again.";
  if (refund.status === "pending") return isByBank ? `On its way to how you paid. ${BANKS}` : `On its way ${wayBack(refund, order)}.`;
  if (isByBank) return `Sent to how you paid. ${BANKS}`;
  return refund.destination === "by_hand" ? "Paid out to you." : "It is in your wallet.";
}

const REASONS = { not_delivered: "Did not arrive", short: "Some was missing", spoilt: "Spoilt or damaged", unwanted: "I do not want it" };
export const reasonWords = (reason) => REASONS[reason] ?? sentence(reason);
export const REASON_CHOICES = Object.entries(REASONS);

const DECIDED = {
  reported: () => "We are looking at it.",
  accepted: () => "Accepted: you do not pay for it.",
  declined: (told) => `Not accepted${told.decided_because ? `: ${told.decided_because}` : "."}`,
};
export const returnWords = (told) => DECIDED[told.status]?.(told) ?? sentence(told.status);

/** "2 × Set Curd and 1 more": pieces by the lines of an order. */
export function piecesWords(pieces, order) {
  const names = new Map(order.lines.map((line) => [line.id, line.name]));
  const [first, ...rest] = pieces.filter((piece) => names.has(piece.order_line_id));
  if (!first) return "";
  return `${first.quantity} × ${names.get(first.order_line_id)}${rest.length ? ` and ${count(rest.length, "more thing", "more things")}` : ""}`;
}

/** Of a line: pieces that were neither packed nor cancelled. */
export const openPieces = (line) => line.quantity - line.cancelled_quantity - line.packed_quantity;

/** Pieces of each line that went out and of which nothing was reported: line id → number. */
export function reportable(order) {
  const left = new Map();
  const add = (piece, sign) => left.set(piece.order_line_id, (left.get(piece.order_line_id) ?? 0) + sign * piece.quantity);
  for (const parcel of order.shipments.filter(wasSent)) for (const piece of parcel.lines) add(piece, 1);
  for (const told of order.returns.filter((one) => one.status !== "declined")) for (const piece of told.lines) add(piece, -1);
  return left;
}
