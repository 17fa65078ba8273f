/** The cart as last told by the API, plus quantities asked for and not answered yet. */

import { api } from "./api.js";
import { announce, observable } from "./dom.js";
import { formatMoney } from "./money.js";
import { currentCustomer } from "./session.js";

const GUEST_KEY = "rozana.guest-cart"; // {id, token}: the token is the guest's only proof
const changes = observable();
const wanted = new Map(); // variant id → quantity on its way to the API
let cart = null;
let writes = Promise.resolve(); // one after another, so that the last answer is the newest cart

export const onCartChange = changes.subscribe;
export const currentCart = () => cart;

export function guestCart() {
  try {
    return currentCustomer() ? null : JSON.parse(localStorage.getItem(GUEST_KEY));
  } catch {
    return null;
  }
}

function headers() {
  const guest = guestCart();
  return guest ? { "X-Cart-Token": guest.token } : {};
}

export function quantityOf(variantId) {
  if (wanted.has(variantId)) return wanted.get(variantId);
  return cart?.lines.find((line) => line.variant_id === variantId)?.quantity ?? 0;
}

export function itemCount() {
  const variants = new Set([...wanted.keys(), ...(cart?.lines ?? []).map((line) => line.variant_id)]);
  return [...variants].reduce((sum, id) => sum + quantityOf(id), 0);
}

export const isSettled = () => wanted.size === 0;

function become(next) {
  cart = next;
  changes.notify();
}

/** A guest's cart is made at the first thing put into it; a customer has one open cart at any time. */
async function open() {
  const made = await api("POST", "/carts", { body: {} });
  if (made.cart_token) localStorage.setItem(GUEST_KEY, JSON.stringify({ id: made.id, token: made.cart_token }));
  return made;
}

/** Fetches the cart anew; null where a guest has none, or has one that no longer exists. */
export async function loadCart() {
  await writes;
  const guest = guestCart();
  if (currentCustomer()) become(await open());
  else if (guest) become(await fetchGuest(guest));
  else become(null);
  return cart;
}

async function fetchGuest(guest) {
  try {
    return await api("GET", `/carts/${guest.id}`, { headers: headers() });
  } catch (error) {
    if (!isGone(error)) throw error;
    localStorage.removeItem(GUEST_KEY);
    return null;
  }
}

/** After an order took the cart, and at sign-in and sign-out: the next look starts from nothing. */
export function forgetCart() {
  localStorage.removeItem(GUEST_KEY);
  wanted.clear();
  become(null);
}

/** The cart became an order in another tab, or was forgotten after months. */
const isGone = (error) => ["cart_not_found", "cart_closed"].includes(error.code);

function sendLine(variantId, quantity) {
  const path = `/carts/${cart.id}/lines/${variantId}`;
  return quantity > 0
    ? api("PUT", path, { body: { quantity }, headers: headers() })
    : api("DELETE", path, { headers: headers() });
}

async function writeLine(variantId, quantity) {
  cart ??= await open();
  try {
    return await sendLine(variantId, quantity);
  } catch (error) {
    if (!isGone(error)) throw error;
    localStorage.removeItem(GUEST_KEY);
    cart = await open();
    return sendLine(variantId, quantity);
  }
}

async function flush(variantId, name) {
  const quantity = wanted.get(variantId);
  if (quantity === undefined) return; // a later click already took this one along
  try {
    const answer = await writeLine(variantId, quantity);
    if (wanted.get(variantId) === quantity) wanted.delete(variantId);
    become(answer);
    announce(`${name}: ${quantity || "none"} in your cart. ${formatMoney(answer.subtotal)} so far.`);
  } catch (error) {
    // Show what the API last said, not what we hoped; a later click still waits for its own answer.
    if (wanted.get(variantId) === quantity) wanted.delete(variantId);
    changes.notify();
    throw error;
  }
}

/** Shows the quantity at once; resolves when the API agreed, throws its Problem when it did not. */
export function setQuantity(variantId, quantity, name) {
  wanted.set(variantId, quantity);
  changes.notify();
  const write = writes.then(() => flush(variantId, name));
  writes = write.catch(() => {});
  return write;
}
