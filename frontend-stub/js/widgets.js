/** The pieces that several pages show: prices, pictures, the add button that becomes a stepper. */

import { onCartChange, quantityOf, setQuantity } from "./cart.js";
import { pictureUrl } from "./catalogue.js";
import { h, icon } from "./dom.js";
import { formatMoney, saving } from "./money.js";
import { problemNote } from "./problem.js";
import { currentCustomer } from "./session.js";

const MOST_OF_ONE_THING = 99; // the API's own limit per line

export function picture(image, alt, size) {
  return h("img", {
    class: "picture", src: pictureUrl(image), alt, width: size, height: size, decoding: "async",
    onerror: (event) => { if (!event.target.src.endsWith("/fallback.svg")) event.target.src = pictureUrl("fallback"); },
  });
}

/** The square mark that Indian food carries by law: green circle vegetarian, brown triangle not. */
export function vegMark(isVeg) {
  if (isVeg === null || isVeg === undefined) return null;
  const words = isVeg ? "Vegetarian" : "Not vegetarian";
  return h("span", { class: isVeg ? "veg" : "veg non", role: "img", "aria-label": words, title: words });
}

export function price(variant) {
  const saved = saving(variant);
  return h("p", { class: "price" },
    h("strong", { testid: "price" }, formatMoney(variant.price)),
    saved && h("s", null, h("span", { class: "hidden" }, "M.R.P. "), formatMoney(variant.mrp)),
    saved && h("span", { class: "saved" }, `${formatMoney(saved)} off`));
}

export const taxWords = (variant) => (variant.is_exempt ? "GST-exempt" : "incl. taxes");

function roundButton(name, label, testid, onclick) {
  return h("button", { type: "button", class: "round", "aria-label": label, testid, onclick }, icon(name));
}

/**
 * "Add", then − 2 +. One node that follows the cart in place, so the focus stays where the finger is.
 * `item` is {id, name, available, most?}; in a cart `always` keeps the stepper at any quantity.
 */
export function buyControl(item, { signal, always = false }) {
  const most = Math.min(MOST_OF_ONE_THING, item.most ?? MOST_OF_ONE_THING);
  const trouble = h("div", null);
  const change = async (by) => {
    trouble.replaceChildren();
    try {
      await setQuantity(item.id, Math.max(0, quantityOf(item.id) + by), item.name);
      trouble.replaceChildren(); // an earlier click may have been refused meanwhile
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  };
  const step = async (by, next) => { const done = change(by); next?.()?.focus(); await done; };

  const add = h("button", { type: "button", class: "button add", testid: "add-to-cart", "aria-label": `Add ${item.name} to the cart`, onclick: () => step(1, () => plus) }, "Add");
  const soldOut = h("p", { class: "sold-out" }, "Sold out");
  const minus = roundButton("minus", `One ${item.name} less`, "decrease", () => step(-1, () => (quantityOf(item.id) === 0 && !always ? add : null)));
  const plus = roundButton("plus", `One ${item.name} more`, "increase", () => step(1));
  const number = h("output", { class: "number", testid: "quantity", "aria-label": `${item.name} in the cart` });
  const stepper = h("div", { class: "stepper", role: "group", "aria-label": `Quantity of ${item.name}` }, minus, number, plus);

  const follow = () => {
    const quantity = quantityOf(item.id);
    const inCart = quantity > 0 || always;
    number.textContent = quantity;
    stepper.hidden = !inCart;
    add.hidden = inCart || !item.available;
    soldOut.hidden = inCart || item.available;
    plus.disabled = quantity >= most;
  };
  onCartChange(follow, signal);
  follow();
  return h("div", { class: "buy" }, add, soldOut, stepper, trouble);
}

/** − 2 + for a quantity that lies in no cart; `changed` is told the new one. */
export function quantityControl({ name, quantity, most = MOST_OF_ONE_THING, changed }) {
  const number = h("output", { class: "number", testid: "quantity", "aria-label": `${name} in each delivery` });
  const step = (by) => { quantity += by; follow(); changed(quantity); };
  const minus = roundButton("minus", `One ${name} less`, "decrease", () => step(-1));
  const plus = roundButton("plus", `One ${name} more`, "increase", () => step(1));
  const follow = () => {
    number.textContent = quantity;
    minus.disabled = quantity <= 1;
    plus.disabled = quantity >= Math.min(most, MOST_OF_ONE_THING);
  };
  follow();
  return h("div", { class: "stepper", role: "group", "aria-label": `Quantity of ${name}` }, minus, number, plus);
}

/** What the stepper needs of a product's variant. */
export function buyable(product, variant) {
  return { id: variant.id, name: `${product.name} ${variant.unit}`, available: variant.available, most: variant.available_quantity };
}

/** Subtotal to total. Tax is told as contained, never added: shelf prices include it. */
export function totals(sum) {
  const row = (label, money, kind) => money && h("div", { class: kind }, h("dt", null, label), h("dd", { testid: kind === "grand" && "total" }, formatMoney(money)));
  return h("dl", { class: "totals" },
    row("Items", sum.subtotal),
    h("div", null, h("dt", null, "Delivery"), h("dd", null, sum.shipping?.amount ? formatMoney(sum.shipping) : "Free")),
    sum.round_off?.amount ? row("Rounding", sum.round_off) : null,
    row("Total", sum.total, "grand"),
    sum.tax && h("div", { class: "small" }, h("dt", null, "Includes GST"), h("dd", null, formatMoney(sum.tax))));
}

/** Between what was ordered and what comes by itself; a phone's header has no room for both. */
export const mine = (current) => h("nav", { class: "mine", "aria-label": "Yours" },
  [["/orders", "Orders"], ["/subscriptions", "Subscriptions"], ["/calendar", "Calendar"], ["/wallet", "Wallet"],
    ...(currentCustomer()?.kind === "distributor" ? [["/statements", "Statements"]] : [])].map(([path, words]) =>
    h("a", { class: "chip", href: `#${path}`, "aria-current": path === current ? "page" : null, testid: `mine-${words.toLowerCase()}` }, words)));

export function empty({ image = "vegetable-box", title, words, action }) {
  return h("section", { class: "empty", testid: "empty" },
    h("img", { src: pictureUrl(image), alt: "", width: 160, height: 160 }),
    h("h1", null, title), words && h("p", null, words),
    action ?? h("a", { class: "button", href: "#/" }, "See what is fresh today"));
}
