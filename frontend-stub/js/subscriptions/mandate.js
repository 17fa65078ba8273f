/** Where a subscription stands with its mandate: what the customer is told of it, and asked to do. */

import { api } from "../api.js";
import { h } from "../dom.js";
import { actionButton } from "../forms.js";
import { pay } from "../payment.js";
import { go, link } from "../router.js";
import { sentence } from "../words.js";

const IDLE = ["awaiting_mandate", "action_needed"]; // nothing comes before the mandate is good
const APPROVABLE = ["created", "rejected", "cancelled", "expired"]; // to be approved, for the first time or anew

/** The bank may still be deciding, or its word may be on its way to the subscription. */
export const isWaiting = ({ status, mandate }) =>
  status !== "cancelled" && (mandate?.status === "pending" || (IDLE.includes(status) && ["created", "confirmed"].includes(mandate?.status)));
const wantsMandate = ({ status, mandate }) => mandate && status !== "cancelled" && (IDLE.includes(status) || mandate.status !== "confirmed");

async function approve({ id }) {
  const path = `/subscriptions/${id}`;
  try {
    pay(path, await api("POST", `${path}/mandate`));
  } catch (error) {
    if (error.code !== "mandate_settled") throw error;
    go(link(path), { replace: true }); // the bank's word came meanwhile: the page looks anew
  }
}

function noteWords({ mandate }, outcome, looking) {
  if (mandate.status === "paused") return "You paused the mandate in your bank’s app, so nothing is delivered. Resume it there, and deliveries go on by themselves.";
  if (mandate.status === "pending" || mandate.status === "confirmed") {
    return looking ? "Your bank is confirming the mandate. This page looks by itself." : "Your bank has not confirmed the mandate yet. Some take a while; we tell you when it is done.";
  }
  if (outcome === "failed" || mandate.status === "rejected") {
    const reason = mandate.failure_reason ? ` Your bank says: “${sentence(mandate.failure_reason)}”` : "";
    return `The mandate was not approved, and nothing was charged for a delivery. You can approve it now, or cancel the subscription.${reason}`;
  }
  if (outcome === "cancelled") return "You left your bank’s page before approving the mandate. Deliveries begin once it is approved.";
  if (mandate.status !== "created") return "Your mandate has ended, so nothing is delivered. Approve a new one, and deliveries go on.";
  return "Deliveries begin once you have approved the mandate.";
}

/** `outcome` is how the customer came back from the bank's page, `looking` that this page still looks by itself. */
export function mandateNote(subscription, outcome, looking) {
  if (!wantsMandate(subscription)) return null;
  const isBad = outcome === "failed" || !["created", "pending", "confirmed"].includes(subscription.mandate.status);
  return h("div", { class: isBad ? "note bad" : "note", testid: "mandate-note" }, h("p", null, noteWords(subscription, outcome, looking)),
    APPROVABLE.includes(subscription.mandate.status) && actionButton("Approve the mandate", { class: "button", testid: "approve-mandate" }, () => approve(subscription)));
}
