/** What things are called, and what is agreed for a day: from the subscription itself, and from the shelf. */

import { quantityOn } from "./weekdays.js";

/** The terms that hold on that day: those with the latest first day among those that have begun. */
export const agreedOn = (subscription, day) => subscription.changes.filter((one) => one.from_on <= day).at(-1) ?? subscription;

/** Variant id → "Toned Milk, 500 ml". */
export function namesOf(subscription, products = []) {
  const names = new Map(products.flatMap((product) => product.variants.map((one) => [one.id, `${product.name}, ${one.unit}`])));
  for (const line of [subscription, ...subscription.changes].flatMap((one) => one.lines)) names.set(line.variant_id, `${line.name}, ${line.unit}`);
  return names;
}

/** Whether that one day differs from what is agreed. What is an order already tells its own. */
export function isChanged(subscription, delivery) {
  if (delivery.status !== "planned") return false;
  const usual = new Map(agreedOn(subscription, delivery.delivers_on).lines.map((line) => [line.variant_id, quantityOn(line, delivery.delivers_on)]).filter(([, pieces]) => pieces > 0));
  const coming = Object.entries(delivery.quantities);
  return coming.length !== usual.size || coming.some(([id, pieces]) => usual.get(id) !== pieces);
}

/** For a select: everything that is on the shelf but these. */
export const shelfOptions = (products, without = []) => products.flatMap((product) => product.variants
  .filter((one) => !without.includes(one.id)).map((one) => [one.id, `${product.name}, ${one.unit}`]));
