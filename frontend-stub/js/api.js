/** The one way to the API: cookies, CSRF header, idempotency keys, retries, one refresh of the session. */

import { meta, observable, pause } from "./dom.js";
import { OFFLINE, Problem, problemFrom } from "./problem.js";

/** Where the API is: for links that a browser follows by itself, such as a document's. */
export const BASE = (meta("api-base") || "/api/v1").replace(/\/$/, "");
const TIMEOUT_SECONDS = 20; // longer than the slowest checkout; a phone that lost its network never answers
const RETRY_AFTER_MS = [400, 1200]; // two more tries: enough for a restart, short enough to keep waiting for
const LONGEST_RETRY_MS = 5000; // a server may ask for more; nobody waits longer in front of a grey button
const NO_REFRESH = ["/otp", "/sessions", "/sessions/refresh"]; // a 401 there is about the credentials just sent

/** The session ended without our doing: revoked, or too old to refresh. */
export const sessionLost = observable();

/** crypto.randomUUID exists only in secure contexts; a shop opened by LAN address has none. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Answers the same key for the same body: a wish has one key, however often its button is pressed; another body is another. */
export function keyPerWish() {
  let wish = { text: "", key: "" };
  return (body) => {
    const text = JSON.stringify(body);
    if (wish.text !== text) wish = { text, key: newKey() };
    return wish.key;
  };
}

function csrfToken() {
  const found = document.cookie.split("; ").find((cookie) => cookie.startsWith("rozana_csrf="));
  return found ? decodeURIComponent(found.slice("rozana_csrf=".length)) : "";
}

/** The session cookies are HttpOnly; the readable CSRF cookie beside them says that there is a session. */
export const mayHaveSession = () => csrfToken() !== "";

function headersFor(method, body, key, extra) {
  const headers = { Accept: "application/json", ...extra };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") {
    headers["Idempotency-Key"] = key;
    if (csrfToken()) headers["X-CSRF-Token"] = csrfToken(); // read each time: a refresh changes it
  }
  return headers;
}

async function sendOnce(method, path, { body, key, headers, signal }) {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), TIMEOUT_SECONDS * 1000);
  const stop = () => timer.abort();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const response = await fetch(BASE + path, {
      method, credentials: "include", signal: timer.signal,
      headers: headersFor(method, body, key, headers),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await problemFrom(response);
    return response.status === 204 ? null : await response.json();
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (signal?.aborted) throw new DOMException("The page was left", "AbortError");
    throw new Problem({ detail: OFFLINE });
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener("abort", stop);
  }
}

/** Tries again while it may help. Safe for writes too: every try carries the same idempotency key. */
async function send(method, path, options) {
  for (const wait of RETRY_AFTER_MS) {
    try {
      return await sendOnce(method, path, options);
    } catch (error) {
      if (!(error instanceof Problem && error.isTransient)) throw error;
      await pause(Math.max(wait, Math.min(error.retryAfterSeconds * 1000, LONGEST_RETRY_MS)), options.signal);
    }
  }
  return sendOnce(method, path, options);
}

let refreshing = null;

/** One refresh at a time in this tab, and among tabs: a refresh token used twice revokes the session. */
function refresh() {
  const call = () => send("POST", "/sessions/refresh", { body: {}, key: newKey() });
  refreshing ??= (navigator.locks ? navigator.locks.request("rozana-refresh", call) : call())
    .finally(() => { refreshing = null; });
  return refreshing;
}

function forgetSession() {
  document.cookie = "rozana_csrf=; path=/; max-age=0; samesite=lax";
  sessionLost.notify();
}

/**
 * api("PUT", "/carts/…", {body, headers, signal, key}) → the JSON answer, or null.
 * Throws Problem. Pass `key` where a reload of the page must repeat the same write.
 */
export async function api(method, path, options = {}) {
  const request = { key: newKey(), ...options };
  try {
    return await send(method, path, request);
  } catch (error) {
    const expired = error instanceof Problem && error.status === 401 && mayHaveSession();
    if (!expired || NO_REFRESH.includes(path)) throw error;
  }
  try {
    await refresh();
  } catch (error) {
    if (error instanceof Problem && [401, 403].includes(error.status)) forgetSession();
    throw error;
  }
  return send(method, path, request);
}

/** "?status=packed&status=delivered&search=Rao": a list repeats its name, what is empty is left out. */
export function query(values) {
  const given = Object.entries(values).flatMap(([name, value]) => [value].flat().filter(Boolean).map((one) => [name, one]));
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
