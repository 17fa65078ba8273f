/** Hands the browser to the provider's hosted page, to pay an order or to approve a mandate. */

import { h, meta } from "./dom.js";

function fields(path, payment) {
  const here = location.href.split("#")[0].split("?")[0];
  const { name, contact, email } = payment.prefill ?? {};
  return {
    key_id: payment.key_id,
    order_id: payment.provider_order_id,
    customer_id: payment.customer_id, // this and the next: only where the payment approves a mandate
    recurring: payment.recurring ? 1 : "",
    amount: payment.amount?.amount ?? payment.amount,
    currency: payment.currency ?? payment.amount?.currency,
    name: meta("store-name"),
    callback_url: payment.callback_url,
    cancel_url: `${here}#${path}?${payment.recurring ? "mandate" : "payment"}=cancelled`,
    "prefill[name]": name,
    "prefill[contact]": contact,
    "prefill[email]": email,
  };
}

/** Leaves the shop. Coming back, by the provider or by the Back button, lands on `path`: the order, or the subscription. */
export function pay(path, payment) {
  const target = new URL(payment.checkout_url);
  if (!["https:", "http:"].includes(target.protocol)) throw new Error("The payment page has no web address");
  const given = Object.entries(fields(path, payment)).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const form = h("form", { method: "post", action: target.href, hidden: true },
    given.map(([name, value]) => h("input", { type: "hidden", name, value: String(value) })));
  history.replaceState(null, "", `#${path}`);
  document.body.append(form);
  form.submit();
  form.remove(); // the Back button may restore this page; it must not find the form again
}
