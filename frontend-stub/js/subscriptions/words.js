/** The states of a subscription and of its mandate, for people. */

import { formatDay, shortDay } from "../dates.js";
import { h } from "../dom.js";
import { count, sentence } from "../words.js";

const STATUS = {
  awaiting_mandate: ["Awaiting your approval", "waiting"],
  active: ["Active", "good"],
  paused: ["Paused", "waiting"],
  action_needed: ["Needs you", "bad"],
  completed: ["Completed", "over"],
  cancelled: ["Cancelled", "over"],
};
const MANDATE = {
  created: "not approved yet",
  pending: "your bank is confirming it",
  confirmed: "approved",
  rejected: "declined",
  paused: "paused in your bank’s app",
  cancelled: "ended in your bank’s app",
  expired: "expired",
};
const METHOD = { upi: "UPI Autopay", card: "Card" };
const PAYS = {
  wallet: "From your wallet, on the evening before. What it cannot pay you pay by a link that we send.",
  pay_link: "By a link that we send you before each delivery.",
  account: "On account, with one statement a month.",
  cash_on_delivery: "On delivery, at the door.",
  provider: "By our payment provider, which charges your card before each delivery.",
};

export const paysWords = ({ payment_method: method }) => PAYS[method] ?? sentence(method);

export const mandateWords = (mandate) => MANDATE[mandate.status] ?? sentence(mandate.status);
export const methodWords = (mandate) => METHOD[mandate.method] ?? sentence(mandate.method);

/** "Weekly Vegetable Box and 2 more". */
export function nameOf({ lines }) {
  const more = lines.length - 1;
  return more ? `${lines[0].name} and ${more} more` : lines[0].name;
}

export function subscriptionPill(subscription) {
  const [words, kind] = STATUS[subscription.status] ?? [sentence(subscription.status), "over"];
  const until = subscription.paused_until ? ` until ${shortDay(subscription.paused_until)}` : "";
  return h("span", { class: `pill ${kind}`, testid: "subscription-status", "data-status": subscription.status }, words + until);
}

/** Until when it comes, or null where nobody has set an end. */
export function endWords({ ends_on: day, ends_after: number, cancel_reason: reason, status }) {
  if (reason !== null && day && status !== "cancelled") return `Cancelled: it ends on ${formatDay(day)}, with what is paid.`;
  if (day) return `Nothing comes after ${formatDay(day)}.`;
  return number ? `It ends after ${count(number, "delivery", "deliveries")} in all.` : null;
}
