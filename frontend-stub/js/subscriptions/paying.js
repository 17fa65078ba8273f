/** How a subscription is paid. Becomes `payment_method`, and `mandate` with its limit. What cannot be, the preview says. */

import { h } from "../dom.js";
import { field } from "../forms.js";

const WAYS = [
  ["upi", "UPI Autopay", "Approve once in your UPI app; then each delivery is paid by itself. Your bank tells you before every payment."],
  ["card", "Card", "Approve once with your card; then each delivery is paid by itself. Your bank tells you before every payment."],
  ["wallet", "Wallet", "Put money in once a month; each delivery is taken out of it the evening before. Best for milk every day."],
  ["pay_link", "A link each time", "We send you a link before each delivery, and it comes once that is paid."],
  ["cash_on_delivery", "On delivery", "Cash or UPI at the door, each time."],
];
const FOR_SOME = [
  ["provider", "Card, kept by our payment provider", "For the same goods at the same price in every delivery: the provider keeps the card and charges it."],
  ["account", "On account", "For customers who have agreed it with us: one statement a month."],
];
const BY_MANDATE = ["upi", "card"];
const LIMIT_HINT = "In rupees. Each delivery is charged what it costs; this is only where your bank says stop. Left empty: twice the price of a delivery.";

/** {node, terms()}; `form` is the id of the form that the controls belong to. */
export function wayToPay(form) {
  const limit = field({
    label: "The most a single debit may take", name: "max_amount", form, type: "number", inputmode: "decimal", min: 1, step: "0.01",
    hint: LIMIT_HINT, rule: "An amount in rupees.", testid: "max-amount",
  });
  const input = limit.querySelector("input");
  const choose = (way) => { limit.hidden = input.disabled = !BY_MANDATE.includes(way); };
  const choice = ([way, name, words]) => h("div", { class: "address-choice" }, h("label", null,
    h("input", { type: "radio", name: "pay_by", form, value: way, checked: way === "upi", testid: `pay-${way}`, onchange: () => choose(way) }),
    h("span", null, h("strong", null, name), h("span", { class: "way-words" }, words))));
  const ways = h("div", { class: "address-list", role: "radiogroup", "aria-label": "How you pay" }, WAYS.map(choice),
    h("details", { class: "more-ways" }, h("summary", { testid: "more-ways" }, "Other ways to pay"), h("div", { class: "address-list" }, FOR_SOME.map(choice))));
  const terms = () => {
    const way = ways.querySelector(":checked").value;
    if (!BY_MANDATE.includes(way)) return { payment_method: way, mandate: null };
    const rupees = input.valueAsNumber;
    return { payment_method: "mandate", mandate: { method: way, max_amount: Number.isNaN(rupees) ? null : Math.round(rupees * 100) } };
  };
  return { node: h("div", null, ways, limit), terms };
}
