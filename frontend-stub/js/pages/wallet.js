/** The wallet: what is in it, how that came about, and paying into it. */

import { api, keyPerWish, query } from "../api.js";
import { formatInstant } from "../dates.js";
import { announce, h, pause } from "../dom.js";
import { field, form } from "../forms.js";
import { formatMoney, paise } from "../money.js";
import { pay } from "../payment.js";
import { moreButton } from "../more.js";
import { requireSignIn } from "../session.js";
import { planPanel } from "../wallet/plan.js";
import { mine } from "../widgets.js";
import { sentence } from "../words.js";

const KINDS = { top_up: "You paid in", spend: "Paid for an order", refund: "Back from an order", goodwill: "From the shop", taken_back: "Went back to your bank" };
const LOOKS_MS = [1000, 2000, 4000, 8000]; // a capture is known in seconds; after that the page says what it knows

function movement(one) {
  const sign = one.amount.amount < 0 ? "−" : "+";
  const money = formatMoney({ ...one.amount, amount: Math.abs(one.amount.amount) });
  return h("li", { testid: "movement", "data-kind": one.kind },
    h("div", null, h("p", null, KINDS[one.kind] ?? sentence(one.kind)), one.note && h("p", { class: "small" }, one.note), h("p", { class: "small" }, formatInstant(one.moved_at))),
    h("strong", { class: one.amount.amount < 0 ? "" : "good-words" }, `${sign}${money}`));
}

function topUpForm() {
  const keyFor = keyPerWish();
  return form({ class: "panel", testid: "top-up-form", novalidate: true }, async (values) => {
    const body = { amount: paise(values.amount) };
    const { payment } = await api("POST", "/wallet/top-ups", { body, key: keyFor(body) });
    pay("/wallet", payment);
  },
  h("h2", null, "Put money in"),
  field({ label: "Rupees", name: "amount", required: true, inputmode: "decimal", placeholder: "500", rule: "A sum from 100 to 10,000 rupees.", testid: "top-up-amount" }),
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "button", testid: "top-up" }, "Go on to pay")));
}

const OUTCOMES = {
  mandate_failed: "Your bank did not approve it, so nothing is topped up by itself.",
  mandate_cancelled: "You left your bank’s page before approving it.",
  failed: "The payment did not go through. Nothing is in your wallet that was not there before.",
  cancelled: "You left the payment page before paying.",
};

function render(wallet, plan, outcome) {
  const list = h("ul", { class: "rows" }, wallet.items.map(movement));
  return h("div", { class: "narrow-page" }, h("h1", null, "Your wallet"), mine("/wallet"),
    OUTCOMES[outcome] && h("p", { class: outcome.endsWith("failed") ? "note bad" : "note", testid: "payment-note" }, OUTCOMES[outcome]),
    h("section", { class: "panel balance" }, h("p", { class: "small" }, "In your wallet"), h("p", { class: "big-sum", testid: "balance" }, formatMoney(wallet.balance)),
      wallet.held.amount > 0 && h("p", { testid: "held" }, `${formatMoney(wallet.held)} is kept for your coming deliveries. You can spend ${formatMoney(wallet.available)}.`),
      h("p", { class: "small" }, "Pay a whole order with it at checkout.")),
    topUpForm(), planPanel(plan),
    wallet.items.length > 0 && h("section", { class: "panel" }, h("h2", null, "What came and went"), list,
      moreButton("Earlier", "/wallet", {}, wallet.next, (items) => list.append(...items.map(movement)))));
}

const look = (signal) => Promise.all([api("GET", `/wallet${query({ limit: 20 })}`, { signal }), api("GET", "/wallet/top-up-plan", { signal })]);

/** The browser may come back before the money, or the bank's word on the plan, is known: look again for a little while, and say so when it arrives. */
async function watch(seen, plan, content, signal) {
  for (const wait of LOOKS_MS) {
    await pause(wait, signal);
    if (signal.aborted) return;
    const [now, { plan: planNow }] = await look(signal);
    if (now.balance.amount === seen.balance.amount && planNow?.status === plan?.status) continue;
    content.replaceChildren(render(now, planNow, ""));
    announce(`In your wallet: ${formatMoney(now.balance)}`);
    return;
  }
}

export async function walletPage({ query: { payment = "", mandate = "" }, signal }) {
  if (!await requireSignIn("/wallet")) return null;
  const [wallet, { plan }] = await look(signal);
  const outcome = mandate ? `mandate_${mandate}` : payment;
  const content = h("div", null, render(wallet, plan, outcome));
  if (!outcome) watch(wallet, plan, content, signal).catch(() => null); // the page is there already; a lost look costs nothing
  return { title: "Wallet", content };
}
