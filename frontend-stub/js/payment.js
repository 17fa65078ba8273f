/** Hands the browser to the provider's hosted payment page, and remembers how until the order is paid. */

import { h, meta } from "./dom.js";

const MEMORY = "rozana.payment."; // per order; session storage, because it holds a name and a number

/** The order's open payment, where this tab started it. The API tells it only in the answer of the checkout. */
export function openPayment(orderId) {
  try {
    return JSON.parse(sessionStorage.getItem(MEMORY + orderId));
  } catch {
    return null;
  }
}

export const rememberPayment = (orderId, payment) => sessionStorage.setItem(MEMORY + orderId, JSON.stringify(payment));
export const forgetPayment = (orderId) => sessionStorage.removeItem(MEMORY + orderId);

function fields(orderId, payment) {
  const here = location.href.split("#")[0].split("?")[0];
  const { name, contact, email } = payment.prefill ?? {};
  return {
    key_id: payment.key_id,
    order_id: payment.provider_order_id,
    amount: payment.amount?.amount ?? payment.amount,
    currency: payment.currency ?? payment.amount?.currency,
    name: meta("store-name"),
    callback_url: payment.callback_url,
    cancel_url: `${here}#/orders/${orderId}?payment=cancelled`,
    "prefill[name]": name,
    "prefill[contact]": contact,
    "prefill[email]": email,
  };
}

/** Leaves the shop. Coming back, by the provider or by the Back button, lands on the order. */
export function pay(orderId, payment) {
  const target = new URL(payment.checkout_url);
  if (!["https:", "http:"].includes(target.protocol)) throw new Error("The payment page has no web address");
  const given = Object.entries(fields(orderId, payment)).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const form = h("form", { method: "post", action: target.href, hidden: true },
    given.map(([name, value]) => h("input", { type: "hidden", name, value: String(value) })));
  history.replaceState(null, "", `#/orders/${orderId}`);
  document.body.append(form);
  form.submit();
  form.remove(); // the Back button may restore this page; it must not find the form again
}
