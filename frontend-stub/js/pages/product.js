/** One product, close up. */

import { productBySlug } from "../catalogue.js";
import { h, icon } from "../dom.js";
import { formatMoney } from "../money.js";
import { link } from "../router.js";
import { buyable, buyControl, picture, price, vegMark } from "../widgets.js";
import { percent, sentence } from "../words.js";

const FEW = 5; // below this, saying how many are left helps more than it presses

function sizePicker(product, chosen, choose) {
  if (product.variants.length < 2) return h("p", { class: "unit" }, chosen.unit);
  return h("fieldset", { class: "size-picker" }, h("legend", null, "Size"),
    product.variants.map((variant) => h("label", { class: "size-option" },
      h("input", {
        type: "radio", name: "size", value: variant.sku, checked: variant === chosen,
        testid: "size", "data-sku": variant.sku, onchange: () => choose(variant),
      }),
      h("span", null, variant.unit), h("span", { class: "small" }, formatMoney(variant.price)))));
}

function facts(variant) {
  const rows = [
    ["Tax", variant.is_exempt ? "Exempt from GST" : `Price includes ${percent(variant.tax_rate_bp)} GST`],
    ["HSN", variant.hsn],
    ["Item", variant.sku],
  ];
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) =>
    h("div", null, h("dt", null, name), h("dd", null, value))));
}

const subscribeLink = (product, variant) => h("a", {
  class: "button quiet", testid: "go-subscribe", href: link(`/subscribe/${encodeURIComponent(product.slug)}`, { size: variant.sku }),
}, icon("again"), "Subscribe");

function offer(product, variant, signal) {
  const left = variant.available_quantity;
  return h("div", { class: "offer", "data-sku": variant.sku, testid: "offer" },
    price(variant),
    h("p", { class: "small" }, variant.is_exempt ? `per ${variant.unit}, GST-exempt` : `per ${variant.unit}, inclusive of all taxes`),
    variant.sold_by_weight && h("p", { class: "note" }, "Sold by weight. You pay for what we pack and never more than this price; if it weighs less, we refund the rest."),
    variant.available && left > 0 && left < FEW && h("p", { class: "few" }, `Only ${left} left`),
    h("div", { class: "offer-ways" }, buyControl(buyable(product, variant), { signal }), subscribeLink(product, variant)),
    facts(variant));
}

export async function productPage({ params: [slug], signal }) {
  const product = await productBySlug(slug, signal);
  const place = h("div", null);
  const choose = (variant) => place.replaceChildren(offer(product, variant, signal));
  const first = product.variants.find((variant) => variant.available) ?? product.variants[0];
  if (first) choose(first);
  return {
    title: product.name,
    content: h("article", { class: "product", "data-slug": product.slug, testid: "product" },
      h("div", { class: "product-picture" }, picture(product.image, `Picture of ${product.name}`, 480)),
      h("div", { class: "product-words" },
        product.category && h("p", { class: "crumb" }, h("a", { href: "#/" }, "Shop"), " / ", h("a", { href: link("/", { category: product.category }) }, sentence(product.category))),
        h("h1", null, product.name, " ", vegMark(product.is_veg)),
        h("p", { class: "lead" }, product.description),
        first ? sizePicker(product, first, choose) : h("p", { class: "sold-out" }, "Sold out"),
        place)),
  };
}
