/** Who is here: a guest, a customer, or somebody of the shop's staff. The proof lies in HttpOnly cookies, never in script. */

import { api, mayHaveSession, sessionLost } from "./api.js";
import { observable } from "./dom.js";
import { go, link } from "./router.js";

const changes = observable();
let customer = null;
let staff = null;

export const onSessionChange = changes.subscribe;
export const currentCustomer = () => customer;
export const currentStaff = () => staff;

/** One browser is one of them at a time: signing in as one ends being the other. */
function become(someone) {
  staff = someone?.role ? someone : null;
  customer = someone && !staff ? someone : null;
  changes.notify();
}

sessionLost.subscribe(() => become(null));

/** At the start of the page. A guest costs no request; a shop that is down does not sign anybody out. */
export async function restoreSession() {
  if (!mayHaveSession()) return;
  try {
    become(await api("GET", "/me"));
  } catch (error) {
    if (error.status !== 401) throw error;
    become(null);
  }
}

/**
 * For pages that need a customer: the customer, or null after sending a guest to sign in and back to `next`.
 * Throws when the shop is away: then nobody can tell whether there is a session.
 */
export async function requireSignIn(next) {
  if (!customer) await restoreSession();
  if (!customer) go(link("/sign-in", { next }), { replace: true });
  return customer;
}

/** People type their number as they say it; the API takes E.164. Ten digits are Indian. */
export function asPhone(text) {
  const digits = text.replaceAll(/[^\d+]/g, "");
  if (/^0?\d{10}$/.test(digits)) return `+91${digits.slice(-10)}`;
  return /^91\d{10}$/.test(digits) ? `+${digits}` : digits;
}

export const requestCode = (phone) => api("POST", "/otp", { body: { phone } });

/** Signs in and merges the guest's cart, if there is one, in the same request. */
export async function signIn(phone, code, guestCart) {
  const cart = guestCart ? { cart_id: guestCart.id, cart_token: guestCart.token } : {};
  const answer = await api("POST", "/sessions", { body: { phone, code, transport: "cookie", ...cart } });
  become(answer.customer);
}

export async function signInStaff(email, password) {
  const answer = await api("POST", "/sessions", { body: { email, password, transport: "cookie" } });
  become(answer.staff);
}

/** The member of staff, or null for anybody else: who sees a sign-in instead. */
export async function presentStaff() {
  if (!staff) await restoreSession();
  return staff;
}

export async function signOut() {
  await api("DELETE", "/sessions/current");
  become(null);
}

export async function updateMe(values) {
  become(await api("PATCH", "/me", { body: values }));
}
