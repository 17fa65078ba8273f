/** The states of a subscription and of its mandate, for people. */

import { shortDay } from "../dates.js";
import { h } from "../dom.js";
import { sentence } from "../words.js";

const STATUS = {
  awaiting_mandate: ["Awaiting your approval", "waiting"],
  active: ["Active", "good"],
  paused: ["Paused", "waiting"],
  action_needed: ["Needs you", "bad"],
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
