/** The shelf: chips, cards, more on demand. */

import { allCategories, browse } from "../catalogue.js";
import { announce, h, icon } from "../dom.js";
import { problemNote } from "../problem.js";
import { link } from "../router.js";
import { buyable, buyControl, empty, picture, price, taxWords, vegMark } from "../widgets.js";
import { count, sentence } from "../words.js";

function chips(categories, query) {
  const chip = (category) => h("li", null, h("a", {
    class: "chip", id: `chip-${category || "all"}`, testid: "category",
    href: link("/", { search: query.search, category }),
    "aria-current": (query.category ?? "") === category ? "true" : null,
  }, category ? sentence(category) : "Everything"));
  return h("nav", { class: "chips", "aria-label": "Categories" }, h("ul", null, ["", ...categories].map(chip)));
}

function sizes(product, chosen, choose) {
  if (product.variants.length < 2) return h("p", { class: "unit" }, chosen.unit);
  return h("div", { class: "sizes", role: "group", "aria-label": `Size of ${product.name}` },
    product.variants.map((variant) => h("button", {
      type: "button", class: "size", testid: "size", "data-sku": variant.sku,
      "aria-pressed": String(variant === chosen), onclick: () => choose(variant),
    }, variant.unit)));
}

/** A card sells one size at a time; choosing another redraws only what depends on it. */
export function card(product, signal) {
  const href = link(`/p/${encodeURIComponent(product.slug)}`);
  const choice = h("div", { class: "choice" });
  const node = h("article", { class: "card", testid: "product-card", "data-slug": product.slug },
    h("a", { href, class: "card-picture", tabindex: "-1", "aria-hidden": "true" }, picture(product.image, "", 240), vegMark(product.is_veg)),
    h("h2", null, h("a", { href }, product.name)), choice);
  const choose = (variant, focus) => {
    node.dataset.sku = variant.sku;
    choice.replaceChildren(
      sizes(product, variant, (other) => choose(other, true)),
      price(variant),
      h("p", { class: "small" }, taxWords(variant), variant.sold_by_weight && " · by weight"),
      buyControl(buyable(product, variant), { signal }));
    if (focus) choice.querySelector("[aria-pressed=true]").focus();
  };
  choose(product.variants.find((variant) => variant.available) ?? product.variants[0]);
  return node;
}

function moreButton(grid, query, next, signal) {
  const trouble = h("div", null);
  const button = h("button", { type: "button", class: "button quiet", testid: "more", onclick: async () => {
    trouble.replaceChildren();
    try {
      const page = await browse({ ...query, after: next }, signal);
      grid.append(...page.items.map((product) => card(product, signal)));
      next = page.next;
      button.hidden = !next;
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  } }, "Show more");
  return h("div", { class: "more" }, button, trouble);
}

/** What most people let come by itself; a shelf without it greets without an offer. */
function boxLink(products) {
  const box = products.find((product) => product.image === "vegetable-box");
  if (!box) return null;
  return h("p", null, h("a", { class: "hero-link", href: link(`/subscribe/${encodeURIComponent(box.slug)}`), testid: "hero-subscribe" },
    icon("again"), "Let a vegetable box come every week"));
}

function hero(products) {
  return h("div", { class: "hero" },
    h("div", null,
      h("h1", null, "Good food, every day"),
      h("p", null, "Milk from this morning, grain from growers we know, fruit picked ripe. No pesticides, no hurry."),
      boxLink(products)),
    h("img", { src: "images/vegetable-box.svg", alt: "", width: 200, height: 200 }));
}

function heading({ search, category }, number) {
  const what = search ? `“${search}”` : sentence(category);
  return h("h1", { class: "results" }, what, h("span", { class: "small" }, ` ${count(number, "product", "products")}`));
}

export async function productsPage({ query, signal }) {
  const { search, category } = query;
  const [page, categories] = await Promise.all([browse({ search, category }, signal), allCategories()]);
  const filtered = Boolean(search || category);
  const products = page.items.filter((product) => product.variants.length > 0);
  const grid = h("div", { class: "grid" }, products.map((product) => card(product, signal)));
  if (filtered) announce(`${count(products.length, "product", "products")} found`);
  const nothing = () => empty({
    title: search ? `Nothing found for “${search}”` : "This shelf is empty today",
    words: "Try a shorter word, or look through everything we have.",
    action: h("a", { class: "button", href: "#/" }, "See everything"),
  });
  return {
    title: search || (category ? sentence(category) : "Fresh and organic"),
    content: h("div", null, filtered ? null : hero(products), chips(categories, query),
      products.length ? [filtered && heading(query, products.length), grid] : nothing(),
      page.next && moreButton(grid, { search, category }, page.next, signal)),
  };
}
