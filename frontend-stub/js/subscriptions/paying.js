/** How a subscription is paid: by a mandate, with its limit, or at the door. Becomes `payment_method` and `mandate`. */

import { h } from "../dom.js";
import { field } from "../forms.js";

const WAYS = [
  ["upi", "UPI Autopay", "Approve once in your UPI app; then each delivery is paid by itself. Your bank tells you before every payment."],
  ["card", "Card", "Approve once with your card; then each delivery is paid by itself. Your bank tells you before every payment."],
  ["on_delivery", "On delivery", "Cash or UPI at the door, each time."],
];
const LIMIT_HINT = "In rupees. Each delivery is charged what it costs; this is only where your bank says stop. Left empty: twice the price of a delivery.";

/** {node, terms()}; `form` is the id of the form that the controls belong to. */
export function wayToPay(form) {
  const limit = field({
    label: "The most a single debit may take", name: "max_amount", form, type: "number", inputmode: "decimal", min: 1, step: "0.01",
    hint: LIMIT_HINT, rule: "An amount in rupees.", testid: "max-amount",
  });
  const input = limit.querySelector("input");
  const choose = (way) => { limit.hidden = input.disabled = way === "on_delivery"; };
  const ways = h("div", { class: "address-list", role: "radiogroup", "aria-label": "How you pay" },
    WAYS.map(([way, name, words]) => h("div", { class: "address-choice" }, h("label", null,
      h("input", { type: "radio", name: "pay_by", form, value: way, checked: way === "upi", testid: `pay-${way}`, onchange: () => choose(way) }),
      h("span", null, h("strong", null, name), h("span", { class: "way-words" }, words))))));
  const terms = () => {
    const method = ways.querySelector(":checked").value;
    if (method === "on_delivery") return { payment_method: "cash_on_delivery", mandate: null };
    const rupees = input.valueAsNumber;
    return { payment_method: "mandate", mandate: { method, max_amount: Number.isNaN(rupees) ? null : Math.round(rupees * 100) } };
  };
  return { node: h("div", null, ways, limit), terms };
}
