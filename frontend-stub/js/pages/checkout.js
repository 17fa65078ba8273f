/** Checkout: where to, who gets the receipt, pay. */

import { addressSection, fetchAddresses } from "../addresses.js";
import { api, newKey } from "../api.js";
import { forgetCart, loadCart } from "../cart.js";
import { h } from "../dom.js";
import { field, form } from "../forms.js";
import { formatMoney } from "../money.js";
import { pay } from "../payment.js";
import { Problem } from "../problem.js";
import { go } from "../router.js";
import { currentCustomer, requireSignIn, updateMe } from "../session.js";
import { empty, totals } from "../widgets.js";
import { formatPhone } from "../words.js";

const KEY = "rozana.checkout";

/**
 * One key per (cart as shown, address, way to pay): a second tap, a reload and a lost answer repeat the same checkout and
 * get the same order; a changed cart is another purchase and gets its own.
 */
function begin(cart, addressId, method) {
  const body = { cart_id: cart.id, address_id: addressId, payment_method: method };
  const fingerprint = JSON.stringify([body, cart.total.amount, cart.lines.map((line) => [line.variant_id, line.quantity])]);
  if (unfinished()?.fingerprint === fingerprint) return unfinished();
  const begun = { body, fingerprint, key: newKey() };
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  return begun;
}

/** The checkout whose answer never came, or came as "the payment could not be started, ask again". */
const unfinished = () => JSON.parse(sessionStorage.getItem(KEY) ?? "null");

async function finish({ body, key }) {
  let answer;
  try {
    answer = await api("POST", "/checkouts", { body, key });
  } catch (error) {
    // A refusal is final for its key; once the reason is gone the same cart must be able to try again.
    if (error instanceof Problem && error.status < 500 && error.status > 0) sessionStorage.removeItem(KEY);
    throw error;
  }
  sessionStorage.removeItem(KEY);
  forgetCart();
  // Paid out of the wallet, or to be paid at the door: the order is accepted already.
  if (answer.payment) pay(`/orders/${answer.order.id}`, answer.payment);
  else go(`#/orders/${answer.order.id}`, { replace: true });
}

/** The API knows a new customer only by number; a receipt by mail needs an address to send it to. */
function receiptSection(customer) {
  return h("section", { class: "panel" }, h("h2", null, "Send the receipt to"),
    h("div", { class: "fields" },
      field({ label: "Your name", name: "name", autocomplete: "name", value: customer.name ?? "", testid: "contact-name" }),
      field({ label: "E-mail", name: "email", type: "email", rule: "This is not a whole e-mail address.", autocomplete: "email", value: customer.email ?? "", testid: "contact-email", hint: customer.phone ? `We also send an SMS to ${formatPhone(customer.phone)}.` : "" })));
}

async function keepContact({ name, email }) {
  const customer = currentCustomer();
  const changed = Object.fromEntries(Object.entries({ name, email }).filter(([key, value]) => value && value !== customer[key]));
  if (Object.keys(changed).length) await updateMe(changed);
}

/** Name, and words by what the API says of it: `most` is null (any amount), or what can be paid in this way at most. */
const WAYS = {
  razorpay: ["Online", () => "UPI, card or net banking, on Razorpay’s page"],
  wallet: ["Wallet", (offered, most) => `${most} in it${offered ? "" : ", not enough for this order"}`],
  cash_on_delivery: ["At the door", (offered, most) => (offered ? "In cash, to whoever brings it" : `In cash, up to ${most}`)],
  account: ["On account", (offered, most) => (offered ? `${most} left of your limit` : `Only ${most} left of your limit`)],
};

/** What is possible is the API's to say. What could pay for nothing at all is not shown, but for an empty wallet. */
function waysToPay(offers, currency) {
  const shown = offers.filter((offer) => offer.maximum_amount !== 0 || offer.method === "wallet");
  return h("section", { class: "panel" }, h("h2", { id: "ways" }, "Pay"),
    h("div", { class: "address-list", role: "radiogroup", "aria-labelledby": "ways" }, shown.map(({ method, is_offered: isOffered, maximum_amount: amount }) => {
      const [name, words] = WAYS[method];
      return h("div", { class: "address-choice" }, h("label", null,
        h("input", { type: "radio", name: "method", value: method, checked: method === "razorpay", disabled: !isOffered, testid: `way-${method}` }),
        h("span", null, h("strong", null, name), h("span", { class: "way-words" }, words(isOffered, amount === null ? "" : formatMoney({ amount, currency }))))));
    })));
}

const payWords = (method, total) => (["razorpay", "wallet"].includes(method) ? `Pay ${formatMoney(total)}` : `Order for ${formatMoney(total)}`);

function lines(cart) {
  return h("ul", { class: "brief" }, cart.lines.map((line) =>
    h("li", null, h("span", null, `${line.quantity} × ${line.name} ${line.unit}`), h("span", null, formatMoney(line.line_total)))));
}

const nothing = () => empty({ title: "There is nothing to check out", words: "Your cart is empty." });

/** The order may stand already while its cart is gone and its payment not begun; the same request tells. */
function finishForm() {
  return form({ class: "panel narrow centre", testid: "finish-form" }, () => finish(unfinished()),
    h("h1", null, "Your order is waiting"),
    h("p", null, "We did not get as far as the payment. Nothing was charged."),
    h("button", { type: "submit", class: "button big", testid: "pay" }, "Go on to pay"));
}

export async function checkoutPage({ signal }) {
  if (!await requireSignIn("/checkout")) return null;
  const [cart, addresses] = await Promise.all([loadCart(), fetchAddresses(signal)]);
  if (!cart?.lines.length) return { title: "Check out", content: unfinished() ? finishForm() : nothing() };
  const { payment_methods: offers } = await api("GET", `/carts/${cart.id}`, { signal });

  const button = h("button", { type: "submit", class: "button big", testid: "pay" }, `Pay ${formatMoney(cart.total)}`);
  const picked = { address: null, changed: () => { button.disabled = !picked.address; } };
  const where = addressSection(addresses, picked);
  picked.changed();
  const rest = form({ class: "checkout-rest", testid: "checkout-form" }, async ({ method, ...contact }) => {
    await keepContact(contact);
    await finish(begin(cart, picked.address.id, method));
  },
  receiptSection(currentCustomer()),
  waysToPay(offers, cart.currency),
  h("section", { class: "panel" }, h("h2", null, "Your order"), lines(cart), totals(cart),
    !cart.can_checkout && h("p", { class: "note bad" }, "Something in your cart needs a change first. ", h("a", { href: "#/cart" }, "Back to the cart")),
    button, h("p", { class: "small" }, "Online, you pay on Razorpay’s page and come straight back here.")));
  rest.addEventListener("change", ({ target }) => { if (target.name === "method") button.textContent = payWords(target.value, cart.total); });
  return { title: "Check out", content: h("div", { class: "checkout" }, h("h1", null, "Check out"), where, rest) };
}
