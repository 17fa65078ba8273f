/** Products as fetched, remembered for what other pages need of them: chips and pictures. */

import { api, query } from "./api.js";

const PAGE_SIZE = 60; // a small shop's whole shelf in one request
const byVariant = new Map();
const categories = new Set();
let firstPage = null;

function remember(products) {
  for (const product of products) {
    categories.add(product.category);
    for (const variant of product.variants) byVariant.set(variant.id, product);
  }
}

export async function browse({ search, category, after }, signal) {
  const page = await api("GET", `/products${query({ search, category, after, limit: PAGE_SIZE })}`, { signal });
  remember(page.items);
  return page;
}

export async function productBySlug(slug, signal) {
  const product = await api("GET", `/products/${encodeURIComponent(slug)}`, { signal });
  remember([product]);
  return product;
}

/** The whole shelf of a small shop, fetched once. */
export async function allProducts() {
  firstPage ??= browse({}).catch((error) => { firstPage = null; throw error; });
  return (await firstPage).items.filter((product) => product.variants.length > 0);
}

/** Chips name every category, also while a search hides some, so they need one unfiltered page. */
export async function allCategories() {
  await allProducts();
  return [...categories].filter(Boolean);
}

export const productOfVariant = (variantId) => byVariant.get(variantId);

/** A name from the API becomes a path only when it is a plain name. */
export function pictureUrl(image) {
  return `images/${/^[a-z0-9-]+$/.test(image ?? "") ? image : "fallback"}.svg`;
}
