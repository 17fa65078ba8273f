/** Money comes as {amount: integer paise, currency}; it becomes text here and nowhere else. */

const formats = new Map();

function formatFor(currency, digits) {
  const name = `${currency}/${digits}`;
  if (!formats.has(name)) {
    formats.set(name, new Intl.NumberFormat("en-IN", {
      style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
    }));
  }
  return formats.get(name);
}

/** "₹1,250" for whole rupees, "₹27.50" otherwise, as price tags in shops are written. */
export function formatMoney({ amount, currency }) {
  const digits = amount % 100 === 0 ? 0 : 2;
  return formatFor(currency, digits).format(amount / 100);
}

/** The API's limits come as bare paise, in the shop's only currency. */
export const formatPaise = (amount) => formatMoney({ amount, currency: "INR" });

export function isZero(money) {
  return !money || money.amount === 0;
}

/** What a customer saves per unit, or null where the price is the printed one. */
export function saving(variant) {
  if (!variant.mrp || variant.mrp.amount <= variant.price.amount) return null;
  return { amount: variant.mrp.amount - variant.price.amount, currency: variant.price.currency };
}

/** Rupees as people type them, as the paise of the API; null for no number, which the API refuses in its own words. */
export const paise = (text) => (/^\d+(\.\d{1,2})?$/.test(text ?? "") ? Math.round(Number(text) * 100) : null);
