/** What went wrong, in words: RFC 9457 documents of the API, and the failures that never reached it. */

import { formatDay, formatMoment } from "./dates.js";
import { h } from "./dom.js";
import { formatPaise } from "./money.js";

export class Problem extends Error {
  constructor({ status = 0, code = "", detail = "", errors = [], facts = {}, requestId = "", retryAfterSeconds = 0 }) {
    super(detail);
    Object.assign(this, { status, code, detail, errors, facts, requestId, retryAfterSeconds });
  }

  /** No answer, or an answer from a server in trouble: the same request may work in a moment. */
  get isTransient() {
    return [0, 502, 503, 504].includes(this.status);
  }

  /** Field name → words. The last part of its path names the field: "/address/pin" is "pin". */
  get fields() {
    return new Map(this.errors.map(({ field, detail }) => [field.split(/[/.]/).at(-1), detail]));
  }

  /** The request did not have the right shape; its words are about types and patterns, not for shoppers. */
  get isMalformed() {
    return this.code === "invalid";
  }
}

export const OFFLINE = "We cannot reach the shop. Check your connection and try again.";
const TROUBLE = "The shop has a problem on its side. Nothing you did was lost; please try again.";

const RHYTHM = {
  weekdays: "Choose at least one weekday.",
  every: "This is a whole number from 1 to 365.",
  day: "A month has days from 1 to 31.",
};

/** Refusals whose facts a shopper should hear: until when, how much. The API's own sentence serves for all others. */
const TOLD = {
  cut_off_passed: (facts) => `It is too late to change this delivery: that was possible until ${formatMoment(facts.edit_until)}. Later ones can still be changed.`,
  start_in_past: (facts) => `The first day can be ${formatDay(facts.earliest)} or later.`,
  pause_until_past: (facts) => `A pause can end on ${formatDay(facts.earliest)} or later.`,
  mandate_limit_too_low: (facts) => `One delivery costs ${formatPaise(facts.minimum)}, so the limit cannot be lower than that.`,
  mandate_limit_too_high: (facts) => `By law a debit above ${formatPaise(facts.maximum)} needs you each time. Choose less, or pay on delivery.`,
  return_too_late: (facts) => `This could be reported until ${formatMoment(facts.until)}. Please call the shop.`,
  quantity_not_left: (facts) => (facts.left_quantity ? `Only ${facts.left_quantity} of these are left to choose.` : "None of these are left to choose."),
  cash_not_offered: (facts) => (facts.maximum_amount ? `Up to ${formatPaise(facts.maximum_amount)} can be paid in cash. Choose another way for this order.` : "This shop does not take cash. Choose another way to pay."),
  rule_invalid: (facts) => RHYTHM[facts.field],
};

/** The refusal's own sentence when a fact that ours tells is not in it. */
function inWords(body) {
  try {
    return TOLD[body.code]?.(body) ?? body.detail;
  } catch {
    return body.detail;
  }
}

export async function problemFrom(response) {
  const requestId = response.headers.get("X-Request-Id") ?? "";
  let body = {};
  if ((response.headers.get("Content-Type") ?? "").includes("json")) body = await response.json().catch(() => ({}));
  const fallback = response.status >= 500 ? TROUBLE : "That did not work. Please try again.";
  const words = inWords(body);
  // A refusal about one field names it; a malformed request lists all of them.
  const errors = body.errors ?? (body.field ? [{ field: body.field, detail: words }] : []);
  return new Problem({
    status: response.status, code: body.code, errors, facts: body, requestId,
    // A crash has no words for a shopper; a refusal has, and so has a provider that is away (503 with a code).
    detail: response.status === 500 ? TROUBLE : words ?? fallback,
    retryAfterSeconds: Number(response.headers.get("Retry-After")) || 0,
  });
}

/** Words for any failure; a bug of the shop's own script is told from a refusal, and kept in the console. */
export function wordsFor(error) {
  if (error instanceof Problem) return error.detail || OFFLINE;
  console.error(error);
  return "Something in this page broke. Reload it and try again.";
}

export function problemNote(error) {
  const ended = error instanceof Problem && error.code === "token_invalid";
  return h("p", { class: "note bad", role: "alert", testid: "problem" },
    ended ? ["Your session has ended. ", h("a", { href: "#/sign-in" }, "Sign in again")] : wordsFor(error));
}

/** In place of a page that could not be fetched. */
export function problemPage(error, retry) {
  const lost = error instanceof Problem && error.status === 404;
  return h("section", { class: "empty" },
    h("img", { src: "images/fallback.svg", alt: "", width: 160, height: 160 }),
    h("h1", null, lost ? "We do not have that" : "That did not load"),
    h("p", { role: "alert", testid: "problem" }, lost ? "It may have been removed, or it belongs to another account." : wordsFor(error)),
    error.requestId && !lost && h("p", { class: "small" }, `Reference ${error.requestId}`),
    lost ? h("a", { class: "button", href: "#/" }, "Back to the shop")
      : h("button", { class: "button", type: "button", testid: "retry", onclick: retry }, "Try again"));
}
