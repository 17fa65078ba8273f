/** What a subscription would come to, asked of the API while the form is being filled in. Nothing is made by asking. */

import { formatDay } from "../dates.js";
import { announce, h } from "../dom.js";
import { formatMoney } from "../money.js";
import { count, sentence } from "../words.js";
import { timeWords } from "./deliveries.js";
import { paysWords } from "./words.js";

function delivery(one) {
  return h("li", { testid: "preview-delivery", "data-day": one.delivers_on },
    h("p", { class: "preview-day" }, h("strong", null, formatDay(one.delivers_on)), one.total && h("span", null, formatMoney(one.total))),
    timeWords(one).map((words) => words && h("p", { class: "small" }, words)));
}

const WHY_LATER = { mandate: "your bank announces each debit days ahead", pay_link: "you get time to pay", provider: "it is charged before" };

/** The first date asked for may be too near: a bank wants to announce a debit days ahead, and a van is packed the day before. */
function lateStart({ subscription, upcoming }) {
  if (!upcoming.length || upcoming[0].delivers_on <= subscription.starts_on) return null;
  const why = WHY_LATER[subscription.payment_method] ?? "we pack the day before";
  return h("p", { class: "note", testid: "late-start" }, `We can begin on ${formatDay(upcoming[0].delivers_on)}: ${why}.`);
}

function end({ ends_on: day, ends_after: number }) {
  if (!day && !number) return null;
  return h("p", { class: "small", testid: "preview-end" }, number ? `It ends after ${count(number, "delivery", "deliveries")}; one left out does not count.` : `Nothing comes after ${formatDay(day)}.`);
}

function money({ subscription }) {
  const { mandate } = subscription;
  if (!mandate) return h("p", { class: "small" }, `${paysWords(subscription)} Nothing is charged now.`);
  return h("p", { class: "small" }, "Your mandate allows ", h("strong", { testid: "mandate-limit" }, `up to ${formatMoney(mandate.max_amount)}`),
    " a debit. You approve it on the next page, where ₹1 checks your account; no delivery is charged now.");
}

/** The API's answer to a dry run, in words. */
export function previewOf(answer) {
  const { subscription, upcoming } = answer;
  if (upcoming.length) announce(`First delivery on ${formatDay(upcoming[0].delivers_on)}`);
  return [
    h("p", { class: "lead", testid: "rule-text" }, `${sentence(subscription.rule_text)}${subscription.price ? `, ${formatMoney(subscription.price)} each time` : ""}`),
    h("p", { class: "small", testid: "goods-text" }, `${subscription.text}.`),
    lateStart(answer),
    h("ol", { class: "preview-days" }, upcoming.map(delivery)),
    end(subscription),
    money(answer),
  ];
}
