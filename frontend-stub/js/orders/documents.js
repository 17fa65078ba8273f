/** Invoices, bills and credit notes: real links, which the session's cookie opens. */

import { api, BASE } from "../api.js";
import { formatDay } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";

const KINDS = {
  tax_invoice: "Tax invoice",
  bill_of_supply: "Bill of supply",
  invoice_cum_bill_of_supply: "Invoice",
  credit_note: "Credit note",
};

export const kindWords = (paper) => KINDS[paper.kind] ?? "Document";

/**
 * A plain link would do while the access token lives. It lives for minutes and a page for hours, and a browser that follows a
 * link refreshes nothing: so a tap asks the API something first, which renews the session, and goes on from there. Opening in a
 * new tab, copying and middle clicks stay the browser's.
 */
export function paperLink(path, words, { testid, label }, trouble) {
  const go = async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    trouble.replaceChildren();
    try {
      await api("GET", "/me");
      location.assign(event.target.href);
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  };
  return h("a", { href: `${BASE}${path}`, testid, "aria-label": label, onclick: go }, words);
}

function row(paper) {
  const trouble = h("div", null);
  const name = `${kindWords(paper)} ${paper.number}`;
  return h("li", { testid: "document", "data-kind": paper.kind },
    h("div", null, h("strong", null, kindWords(paper)), " ", h("span", { testid: "document-number" }, paper.number),
      h("p", { class: "small" }, `${formatDay(paper.issued_on)} · ${paper.kind === "credit_note" ? "−" : ""}${formatMoney(paper.total)}`), trouble),
    h("p", { class: "paper-links" },
      paperLink(`/documents/${paper.id}/page`, "View", { testid: "document-page", label: `View ${name}` }, trouble),
      paperLink(`/documents/${paper.id}/pdf`, "PDF", { testid: "document-pdf", label: `Download ${name} as PDF` }, trouble)));
}

/** Nothing until something was sent. */
export function documentsPanel(papers) {
  if (!papers.length) return null;
  return h("section", { class: "panel", testid: "documents" }, h("h2", null, "Documents"), h("ul", { class: "rows" }, papers.map(row)));
}
