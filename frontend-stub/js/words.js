/** Codes of the API as words for people. */

const FULFILMENT = {
  pending_payment: "Waiting for payment",
  confirmed: "Confirmed",
  packed: "Packed",
  out_for_delivery: "On its way",
  delivered: "Delivered",
  cancelled: "Cancelled",
};

const PAYMENT = {
  unpaid: "Waiting for payment",
  authorised: "Payment being confirmed",
  paid: "Paid",
  partially_refunded: "Partly refunded",
  refunded: "Refunded",
  failed: "Payment failed",
};

/** A code the shop does not know yet still reads as words: "on_hold" is "On hold". */
export function sentence(code) {
  const words = String(code ?? "").replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const fulfilmentWords = (order) => FULFILMENT[order.status] ?? sentence(order.status);
export const paymentWords = (order) => PAYMENT[order.payment_status] ?? sentence(order.payment_status);

export function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

/** "+91 98765 43210", as Indian numbers are read aloud; others as the API writes them. */
export const formatPhone = (phone) => String(phone ?? "").replace(/^\+91(\d{5})(\d{5})$/, "+91 $1 $2");

/** "Chrome on Android" from a user agent: enough to tell one's own devices apart, no more. */
export function deviceName(userAgent) {
  const first = (names) => names.find(([mark]) => userAgent.includes(mark))?.[1];
  const browser = first([["Edg", "Edge"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]]);
  const system = first([["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]]);
  return [browser ?? "Another app", system].filter(Boolean).join(" on ");
}

/** "5%" for 500 basis points. */
export const percent = (basisPoints) => `${basisPoints / 100}%`;
