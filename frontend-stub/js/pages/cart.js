/** The cart: what is in it, what stands in the way, what it comes to. */

import { currentCart, isSettled, loadCart, onCartChange, setQuantity } from "../cart.js";
import { allCategories, productOfVariant } from "../catalogue.js";
import { h, icon } from "../dom.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";
import { link } from "../router.js";
import { currentCustomer } from "../session.js";
import { buyControl, empty, picture, totals } from "../widgets.js";
import { count } from "../words.js";

function lineView(line, signal) {
  const product = productOfVariant(line.variant_id);
  const name = `${line.name} ${line.unit}`;
  const total = h("p", { class: "line-total" });
  const price = h("p", { class: "small" });
  const wrong = h("p", { class: "wrong", role: "status" });
  const trouble = h("div", null);
  const set = (quantity) => setQuantity(line.variant_id, quantity, name).catch((error) => trouble.replaceChildren(problemNote(error)));
  const agree = h("button", { type: "button", class: "link", testid: "agree", hidden: true, "aria-label": `Agree to the price of ${name}` },
    "Agree to the new price");
  const remove = h("button", {
    type: "button", class: "link", testid: "remove", "aria-label": `Remove ${name}`,
    onclick: () => set(0),
  }, icon("bin"), "Remove");
  const node = h("li", { class: "line", testid: "cart-line", "data-sku": line.sku },
    picture(product?.image, "", 88),
    h("div", { class: "line-words" },
      h("h2", null, product ? h("a", { href: link(`/p/${encodeURIComponent(product.slug)}`) }, line.name) : line.name),
      price, wrong),
    total,
    h("div", { class: "line-actions" },
      buyControl({ id: line.variant_id, name, available: true }, { signal, always: true }), agree, remove),
    trouble);
  const update = (now) => {
    total.textContent = formatMoney(now.line_total);
    price.textContent = `${line.unit} · ${formatMoney(now.unit_price)} each`;
    wrong.textContent = now.problem?.detail ?? "";
    agree.hidden = now.problem?.code !== "price_changed"; // setting the same quantity again agrees to today's price
    agree.onclick = () => set(now.quantity);
  };
  return { node, update };
}

function summary(cart) {
  const blocked = !cart.can_checkout;
  const general = cart.problems.filter((problem) => !problem.variant_id);
  const href = currentCustomer() ? "#/checkout" : link("/sign-in", { next: "/checkout" });
  return [
    h("h2", null, "Summary"), totals(cart),
    general.map((problem) => h("p", { class: "note bad" }, problem.detail)),
    blocked && !general.length && h("p", { class: "note bad" }, "Some things above need a change before you can check out."),
    blocked
      ? h("span", { class: "button big off", "aria-disabled": "true", testid: "go-checkout" }, "Check out")
      : h("a", { class: "button big", href, testid: "go-checkout" }, currentCustomer() ? "Check out" : "Sign in and check out"),
    h("p", { class: "small" }, "Prices include all taxes. You pay on the next pages, by UPI, card or net banking."),
  ];
}

/** Lines are kept by variant and updated in place: redrawing would take the focus from the stepper. */
function follow(list, aside, title, signal) {
  const views = new Map();
  return () => {
    const cart = currentCart();
    if (!cart) return;
    const present = new Set(cart.lines.map((line) => line.variant_id));
    for (const [id, view] of views) if (!present.has(id)) { view.node.remove(); views.delete(id); }
    for (const line of cart.lines) {
      if (!views.has(line.variant_id)) {
        views.set(line.variant_id, lineView(line, signal));
        list.append(views.get(line.variant_id).node);
      }
      views.get(line.variant_id).update(line);
    }
    title.textContent = `Your cart: ${count(cart.lines.length, "product", "products")}`;
    aside.classList.toggle("stale", !isSettled()); // sums on screen are older than the quantities
    aside.replaceChildren(...summary(cart).flat().filter(Boolean));
  };
}

const nothing = () => empty({ title: "Your cart is empty", words: "Start with milk, most people do." });

export async function cartPage({ signal }) {
  // Pictures come from the catalogue; a cart without them is still a cart.
  const [cart] = await Promise.all([loadCart(), allCategories().catch(() => [])]);
  if (!cart?.lines.length) return { title: "Cart", content: nothing() };
  const title = h("h1", null);
  const list = h("ul", { class: "lines" });
  const aside = h("aside", { class: "panel summary", "aria-label": "Summary" });
  const content = h("div", null, title, h("div", { class: "two" }, list, aside));
  const update = follow(list, aside, title, signal);
  update();
  onCartChange(() => {
    if (currentCart()?.lines.length) return update();
    content.replaceChildren(nothing());
    return content.querySelector("a").focus();
  }, signal);
  return { title: "Cart", content };
}
