/** What each delivery holds: a size, a quantity, and what else comes along. Becomes the API's `lines`. */

import { h, icon } from "../dom.js";
import { formatMoney } from "../money.js";
import { picture, quantityControl } from "../widgets.js";
import { weekdayQuantities } from "./weekdays.js";

const nameOf = ({ product, variant }) => `${product.name} ${variant.unit}`;

function sizes(line, taken, choose) {
  const { product, variant } = line;
  if (product.variants.length < 2) return h("p", { class: "small" }, variant.unit, " · ", formatMoney(variant.price), " each");
  return h("div", { class: "sizes", role: "group", "aria-label": `Size of ${product.name}` },
    product.variants.map((other) => h("button", {
      type: "button", class: "size", testid: "size", "data-sku": other.sku, disabled: other !== variant && taken.has(other.id),
      "aria-pressed": String(other === variant), onclick: () => choose(other),
    }, `${other.unit} · ${formatMoney(other.price)}`)));
}

/** Everything else on the shelf, in one select: few subscribe to more than three things. */
function moreSelect(products, taken, add) {
  const found = new Map();
  const groups = products.map((product) => product.variants.filter((variant) => !taken.has(variant.id)).map((variant) => {
    found.set(variant.id, { product, variant, quantity: 1 });
    return h("option", { value: variant.id }, `${product.name}, ${variant.unit} · ${formatMoney(variant.price)}`);
  }));
  return h("select", {
    class: "more-goods", "aria-label": "Add something to each delivery", testid: "add-line",
    onchange: (event) => add(found.get(event.target.value)),
  }, h("option", { value: "" }, "+ Add something else"), groups);
}

/** {node, lines()}; `changed` is told after every change. */
export function linePicker(product, variant, products, changed) {
  const newLine = (line) => ({ ...line, weekdays: weekdayQuantities(nameOf(line)) });
  const lines = [newLine({ product, variant, quantity: 1 })];
  const node = h("div", { class: "subscription-lines" });
  const redraw = (focus) => { draw(); node.querySelector(focus)?.focus(); changed(); };

  const lineView = (line, taken) => h("div", { class: "line", testid: "line", "data-sku": line.variant.sku },
    picture(line.product.image, "", 88),
    h("div", null, h("h3", null, line.product.name),
      sizes(line, taken, (other) => { line.variant = other; redraw(`[data-sku="${other.sku}"] [aria-pressed=true]`); })),
    h("div", { class: "line-actions" },
      h("div", { class: "buy" }, quantityControl({ name: nameOf(line), quantity: line.quantity, changed: (quantity) => { line.quantity = quantity; changed(); } })),
      lines.length > 1 && h("button", {
        type: "button", class: "link", testid: "remove", "aria-label": `Remove ${nameOf(line)}`,
        onclick: () => { lines.splice(lines.indexOf(line), 1); redraw("select"); },
      }, icon("bin"), "Remove"),
      line.weekdays.node));

  function draw() {
    const taken = new Set(lines.map((line) => line.variant.id));
    node.replaceChildren(...lines.map((line) => lineView(line, taken)),
      moreSelect(products, taken, (line) => { lines.push(newLine(line)); redraw("select"); }));
  }
  draw();
  return { node, lines: () => lines.map((line) => ({ variant_id: line.variant.id, quantity: line.quantity, by_weekday: line.weekdays.byWeekday() })) };
}
