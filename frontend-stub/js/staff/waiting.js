/** What waits for somebody of the shop's: reports to decide on, and refunds on their way or stuck. */

import { api, keyPerWish, query } from "../api.js";
import { formatInstant } from "../dates.js";
import { h } from "../dom.js";
import { actionButton, field, form } from "../forms.js";
import { formatMoney } from "../money.js";
import { reasonWords } from "../orders/words.js";
import { link } from "../router.js";
import { count, sentence } from "../words.js";
import { staffPage } from "./frame.js";
import { moreButton } from "../more.js";

const TO = { source: "to how it was paid", wallet: "to the wallet", by_hand: "by hand" };

function reportCard(told) {
  const pieces = told.lines.reduce((sum, line) => sum + line.quantity, 0);
  const because = field({ label: "Told to the customer", name: "because", maxlength: 200, testid: "because" });
  const restock = h("label", { class: "tick-words" }, h("input", { type: "checkbox", testid: "restock" }), "The pieces are on the shelf again");
  const node = h("li", { class: "panel", testid: "report", "data-reason": told.reason },
    h("h2", null, `${reasonWords(told.reason)}: ${count(pieces, "piece", "pieces")}`),
    h("p", { class: "small" }, formatInstant(told.created_at), " · ", h("a", { href: link(`/staff/orders/${told.order_id}`) }, "See the order"), ` · money ${TO[told.refund_to]}`),
    told.note && h("p", null, `“${told.note}”`), because, restock);
  const decide = (accepted) => async () => {
    const restocked = accepted && restock.querySelector("input").checked ? told.lines.map((line) => line.order_line_id) : [];
    const answer = await api("POST", `/returns/${told.id}/decision`, { body: { accepted, because: because.querySelector("input").value.trim(), restocked } });
    node.replaceChildren(h("p", { role: "status" }, answer.status === "accepted" ? "Accepted; what was paid for it goes back." : "Declined."));
  };
  node.append(h("div", { class: "buttons" }, actionButton("Accept", { class: "button", testid: "accept" }, decide(true)), actionButton("Decline", { class: "button quiet", testid: "decline" }, decide(false))));
  return node;
}

/** A list that can be empty and can go on. */
async function listOf(path, filter, card, nothing, signal) {
  const page = await api("GET", `${path}${query(filter)}`, { signal });
  const list = h("ul", { class: "orders" }, page.items.map(card));
  if (!page.items.length) return h("p", { class: "note", testid: "none" }, nothing);
  return [list, moreButton("More", path, filter, page.next, (items) => list.append(...items.map(card)))];
}

export const staffReturnsPage = ({ signal }) => staffPage("/staff/returns", "Returns", async () => [
  h("h1", null, "Returns that wait"), await listOf("/returns", {}, reportCard, "Nobody waits for a decision.", signal)]);

const WAITS = {
  insufficient_balance: "The account at the provider is too low: top it up, and it goes out by itself.",
  sent_back: "It had gone out, and the customer’s bank sent it back.",
};

/** What failed is tried again, or goes another way: the API asks the provider first whether it really failed. */
function failedActs(refund, done) {
  const keyOf = keyPerWish();
  const redirect = async (body, words) => { await api("POST", `/refunds/${refund.id}/redirect`, { body, key: keyOf(body) }); done(words); };
  return [
    h("div", { class: "buttons" },
      actionButton("Try again", { class: "button", testid: "retry-refund" }, async () => { await api("POST", `/refunds/${refund.id}/retry`, { body: {} }); done("Started once more."); }),
      actionButton("Into the wallet", { class: "button quiet", testid: "redirect-to-wallet" }, () => redirect({ destination: "wallet" }, "It is in the customer’s wallet."))),
    form({ testid: "redirect-form" }, ({ reference }) => redirect({ destination: "by_hand", reference }, "Paid out."),
      field({ label: "Or paid out by hand, by", name: "reference", required: true, maxlength: 120, hint: "The bank’s reference, or the number of the voucher", testid: "redirect-reference" }),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "button quiet", testid: "redirect-by-hand" }, "It is paid out"))),
  ];
}

/** What a person can do about it: pay out by hand, or start again what failed. */
function refundAct(refund, done) {
  if (refund.status === "failed") return failedActs(refund, done);
  if (refund.destination !== "by_hand" || refund.status !== "pending") return null;
  return form({ testid: "payout-form" }, async ({ reference }) => { await api("POST", `/refunds/${refund.id}/payout`, { body: { reference: reference ?? "" } }); done("Paid out."); },
    field({ label: "Paid out by", name: "reference", required: true, maxlength: 120, hint: "The bank’s reference, or the number of the voucher", testid: "payout-reference" }),
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "button", testid: "payout" }, "It is paid out")));
}

function refundCard(refund) {
  const node = h("li", { class: "panel", testid: "staff-refund", "data-status": refund.status },
    h("h2", null, `${formatMoney(refund.amount)} ${TO[refund.destination]}`),
    h("p", { class: "small" }, `Since ${formatInstant(refund.created_at)} · ${sentence(refund.reason)}`),
    refund.waits_for && h("p", { class: "wrong" }, WAITS[refund.waits_for] ?? sentence(refund.waits_for)));
  const act = refundAct(refund, (words) => node.replaceChildren(h("p", { role: "status" }, words)));
  if (act) node.append(...[act].flat());
  return node;
}

export const staffRefundsPage = ({ query: { status = "pending" }, signal }) => staffPage("/staff/refunds", "Refunds", async () => [
  h("h1", null, "Money on its way back"),
  h("nav", { class: "chips", "aria-label": "Which refunds" }, h("ul", null, ["pending", "failed", "processed"].map((one) => h("li", null, h("a", { class: "chip small-chip", href: link("/staff/refunds", { status: one }), "aria-current": one === status ? "page" : null }, sentence(one)))))),
  await listOf("/refunds", { status }, refundCard, "Nothing is here.", signal)]);
