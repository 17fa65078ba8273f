/** Recorded facts as the story a shopper wants; everything else stays one tap away. */

import { api } from "./api.js";
import { formatDay, formatInstant } from "./dates.js";
import { h } from "./dom.js";
import { problemNote } from "./problem.js";
import { sentence } from "./words.js";

/** The recorded acts that matter to who bought. What is missing here is bookkeeping, and is listed in full below. */
const STORY = {
  "order.placed": (fact) => (fact.who === "system" ? "We placed the order for your subscription" : "You placed the order"),
  "stock.reserved": () => "We put everything aside for you",
  "payment.failed": () => "A payment did not go through",
  "payment.captured": () => "Your payment arrived",
  "payment.captured_again": () => "A second payment arrived",
  "order.paid_late": () => "A payment arrived after we had let the order go",
  "order.confirmed": () => "We confirmed the order",
  "order.reduced": (fact) => LESS[fact.changes?.reason?.[1]] ?? "",
  "order.revived": () => "Everything was still there, so the order goes on",
  "order.cancelled": (fact) => (fact.changes?.reason?.[1] === "expired" ? "The order ended: it was not paid in time" : "The order was cancelled"),
  "stock.released": () => "Goods put aside for it went back on the shelf",
  "debit.accepted": () => "We asked your bank for the payment",
  "debit.failed": () => "Your bank did not let the payment through",
  "debit.given_up": () => "We stopped asking your bank for it",
  "subscription.started": () => "You subscribed",
  "subscription.activated": () => "Your subscription became active",
  "subscription.paused": (fact) => (day(fact, "paused_until") ? `Paused until ${day(fact, "paused_until")}` : "Paused until you resume it"),
  "subscription.resumed": (fact) => (fact.who === "system" ? "The pause ended" : "You resumed it"),
  "subscription.action_needed": () => "Deliveries stopped: your mandate needs you",
  "subscription.mandate_replaced": () => "You asked for a new mandate",
  "subscription.cancelled": () => "You cancelled the subscription",
  "mandate.confirmed": () => "Your bank confirmed the mandate",
  "mandate.rejected": () => "The mandate was declined",
  "mandate.paused": () => "The mandate was paused in your bank’s app",
  "mandate.cancelled": () => "The mandate was ended in your bank’s app",
  "mandate.expired": () => "The mandate expired",
  "cycle.created": (fact) => `We planned the delivery of ${day(fact, "delivers_on")}`,
  "cycle.skipped": (fact) => `The delivery of ${day(fact, "delivers_on")} was left out`,
  "cycle.failed": (fact) => `The delivery of ${day(fact, "delivers_on")} could not be prepared`,
};
/** Why less is owed, where nothing else tells it. */
const LESS = {
  line_cancelled: "A part of the order was cancelled",
  weight: "What we packed weighs less, so it costs less",
  goodwill: "We took something off the price, for the trouble",
};
const MESSAGES = {
  order_confirmation: "The confirmation",
  order_shipped: "The news that it is on its way",
  order_cancelled: "Our note about the cancellation",
  refund_sent: "Our note about the money back",
  subscription_started: "The news that it began",
  subscription_renewal_reminder: "The reminder of a delivery",
  subscription_action_needed: "Our note that the mandate needs you",
  delivery_skipped: "Our note about a delivery left out",
  payment_due: "Our note that a payment is due",
  payment_failed: "Our note about the payment",
};
const CHANNELS = { email: "e-mail", sms: "SMS" };
const MESSAGE = /^(\w+) by (email|sms) delivered$/;

/** The day that a fact set; "" for none. */
function day(fact, name) {
  const after = fact.changes?.[name]?.[1];
  return after ? formatDay(after) : "";
}

/** What `explain` says about an order or a subscription. Worth having, not worth losing the page for. */
export async function explained(path, signal) {
  try {
    return await api("GET", `${path}/explain`, { signal });
  } catch (problem) {
    if (signal.aborted) throw problem;
    return { summary: "", facts: [], problem };
  }
}

/** "" for a fact that is bookkeeping. */
function tell(fact) {
  const message = MESSAGE.exec(fact.what);
  if (message) return `${MESSAGES[message[1]] ?? sentence(message[1])} reached you by ${CHANNELS[message[2]]}`;
  return STORY[fact.what]?.(fact) ?? "";
}

function entry(fact, words, aside) {
  return h("li", null,
    h("p", { class: "small" }, h("time", { datetime: fact.at }, formatInstant(fact.at)), aside && ` · ${aside}`),
    h("p", null, words));
}

function recorded(fact) {
  const item = entry(fact, fact.what, sentence(fact.who));
  if (fact.why) item.append(h("p", { class: "small" }, fact.why));
  return item;
}

const list = (entries, testid) => h("ol", { class: "timeline", testid }, entries);

/**
 * Words for people when the facts have some, then every fact as it was recorded: who, what, why. `more`: [{at, words}] that the
 * page knows from elsewhere.
 */
export function story({ summary, facts, problem }, more = []) {
  const told = facts.map((fact) => ({ at: fact.at, words: tell(fact) })).filter(({ words }) => words);
  const all = [...told, ...more].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  if (problem) return [all.length > 0 && list(all.map((fact) => entry(fact, fact.words)), "timeline"), problemNote(problem)].filter(Boolean);
  if (!all.length) return [h("p", null, summary), list(facts.map(recorded), "timeline")];
  return [
    list(all.map((fact) => entry(fact, fact.words)), "timeline"),
    h("details", { testid: "every-fact" },
      h("summary", null, "Who did what, and why"), h("p", null, summary), list(facts.map(recorded), "facts")),
  ];
}
