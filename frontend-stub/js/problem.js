/** What went wrong, in words: RFC 9457 documents of the API, and the failures that never reached it. */

import { h } from "./dom.js";

export class Problem extends Error {
  constructor({ status = 0, code = "", detail = "", errors = [], requestId = "" }) {
    super(detail);
    Object.assign(this, { status, code, detail, errors, requestId });
  }

  /** No answer, or an answer from a server in trouble: the same request may work in a moment. */
  get isTransient() {
    return [0, 502, 503, 504].includes(this.status);
  }

  /** Field name → words. The last part of a path names the field: "/address/pin" is "pin". */
  get fields() {
    const named = (this.errors ?? []).map((error) => {
      const path = error.field ?? error.pointer ?? error.loc ?? "";
      const name = String(Array.isArray(path) ? path.at(-1) : path).split(/[/.]/).at(-1);
      return [name, error.detail ?? error.message ?? error.msg ?? "Please check this."];
    });
    return new Map(named.filter(([name]) => name));
  }
}

export const OFFLINE = "We cannot reach the shop. Check your connection and try again.";
const TROUBLE = "The shop has a problem on its side. Nothing you did was lost; please try again.";

export async function problemFrom(response) {
  const requestId = response.headers.get("X-Request-Id") ?? "";
  let body = {};
  if ((response.headers.get("Content-Type") ?? "").includes("json")) body = await response.json().catch(() => ({}));
  const fallback = response.status >= 500 ? TROUBLE : "That did not work. Please try again.";
  const detail = typeof body.detail === "string" ? body.detail : body.title ?? fallback;
  return new Problem({
    status: response.status, code: body.code, errors: Array.isArray(body.errors) ? body.errors : [], requestId,
    // A server in trouble knows less about it than we may promise; its own words help nobody here.
    detail: response.status >= 500 ? TROUBLE : detail,
  });
}

/** Words for any failure; a bug of the shop's own script is told from a refusal, and kept in the console. */
export function wordsFor(error) {
  if (error instanceof Problem) return error.detail || OFFLINE;
  console.error(error);
  return "Something in this page broke. Reload it and try again.";
}

export function problemNote(error) {
  return h("p", { class: "note bad", role: "alert", testid: "problem" }, wordsFor(error));
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
