/** A wallet that tops itself up: agreed to here, approved at the bank. */

import { api } from "../api.js";
import { formatDay } from "../dates.js";
import { h } from "../dom.js";
import { actionButton, field, form } from "../forms.js";
import { formatMoney, paise } from "../money.js";
import { pay } from "../payment.js";
import { go, link } from "../router.js";

const PATH = "/wallet/top-up-plan";

const occasion = (plan) => (plan.day ? `on day ${plan.day} of each month` : `when less than ${formatMoney(plan.below)} is available, once a month at most`);

function standing(plan) {
  if (plan.status === "awaiting_approval") return "It begins once you have approved it at your bank.";
  if (plan.status === "action_needed") return "Your bank no longer lets it through: resume the mandate in your bank’s app, or stop this and begin anew.";
  return plan.next_on ? `Next on ${formatDay(plan.next_on)}. Your bank tells you a day or more before.` : "Your bank tells you a day or more before.";
}

const terms = (plan) => ({ amount: plan.amount.amount, day: plan.day, below_amount: plan.below?.amount ?? null, method: plan.method });

/** To the bank, where there is something to approve; else the page looks anew. */
async function set(body) {
  const { payment } = await api("PUT", PATH, { body });
  if (payment) pay("/wallet", payment);
  else go(link("/wallet"), { replace: true });
}

function present(plan) {
  return h("section", { class: "panel", testid: "top-up-plan", "data-status": plan.status }, h("h2", null, "Topped up by itself"),
    h("p", null, `${formatMoney(plan.amount)} ${occasion(plan)}.`), h("p", { class: "small" }, standing(plan)),
    h("div", { class: "buttons" },
      plan.status === "awaiting_approval" && actionButton("Approve it at the bank", { class: "button", testid: "plan-approve" }, () => set(terms(plan))),
      actionButton("Stop it", { class: "link", testid: "plan-stop" }, async () => {
        await api("DELETE", PATH);
        go(link("/wallet"), { replace: true });
      })));
}

function wanted() {
  return form({ class: "panel", testid: "top-up-plan-form", novalidate: true },
    (values) => set({ amount: paise(values.amount), day: values.day ? Number(values.day) : null, below_amount: values.below_amount ? paise(values.below_amount) : null }),
    h("h2", null, "Let it top itself up"),
    h("p", { class: "small" }, "On a day of each month, or when it runs low. You approve it once at your bank."),
    h("div", { class: "fields" },
      field({ label: "Rupees each time", name: "amount", required: true, inputmode: "decimal", placeholder: "2000", rule: "A sum from 100 to 10,000 rupees.", testid: "plan-amount" }),
      field({ label: "On this day of each month", name: "day", inputmode: "numeric", placeholder: "1", rule: "A day from 1 to 28.", testid: "plan-day" }),
      field({ label: "Or when it falls below", name: "below_amount", inputmode: "decimal", placeholder: "200", rule: "A sum of at most 10,000 rupees.", testid: "plan-below" })),
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "button quiet", testid: "plan-set" }, "Go on to approve")));
}

export const planPanel = (plan) => (plan ? present(plan) : wanted());
