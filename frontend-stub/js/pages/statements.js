/** Statements of account: what each month came to, for customers who order on account. */

import { api, query } from "../api.js";
import { formatDay, shortDay } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { moreButton } from "../more.js";
import { paperLink } from "../orders/documents.js";
import { currentCustomer, requireSignIn } from "../session.js";
import { mine } from "../widgets.js";

const WHAT = { document: "Invoice", credit_note: "Credit note", receipt: "Payment received", refund: "Paid back to you", refund_returned: "Came back from your bank" };
const monthName = new Intl.DateTimeFormat("en-IN", { timeZone: "UTC", month: "long", year: "numeric" });

const monthWords = ({ month }) => monthName.format(new Date(`${month}-01T00:00:00Z`));

/** Less than nothing was paid in advance. */
export const owedWords = ({ closing }) =>
  (closing.amount < 0 ? `${formatMoney({ ...closing, amount: -closing.amount })} paid in advance` : `${formatMoney(closing)} owed`);

function papers(statement, trouble) {
  const path = `/statements/${statement.id}`;
  return h("p", { class: "paper-links" },
    paperLink(`${path}/page`, "View", { testid: "statement-page", label: `View statement ${statement.number}` }, trouble),
    paperLink(`${path}/pdf`, "PDF", { testid: "statement-pdf", label: `Download statement ${statement.number} as PDF` }, trouble));
}

function row(statement) {
  const trouble = h("div", null);
  return h("li", { testid: "statement" },
    h("div", null, h("a", { href: `#/statements/${statement.id}` }, h("strong", null, monthWords(statement))),
      h("p", { class: "small" }, `${owedWords(statement)} · ${statement.number}`), trouble),
    papers(statement, trouble));
}

export async function statementsPage({ signal }) {
  if (!await requireSignIn("/statements")) return null;
  const path = `/customers/${currentCustomer().id}/statements`;
  const { items, next } = await api("GET", `${path}${query({ limit: 20 })}`, { signal });
  const list = h("ul", { class: "rows" }, items.map(row));
  return {
    title: "Statements",
    content: h("div", { class: "narrow-page" }, h("h1", null, "Your statements"), mine(""),
      h("section", { class: "panel" },
        items.length ? list : h("p", null, "There is none yet. On the first of each month you find here what you ordered on account the month before."),
        moreButton("Earlier", path, {}, next, (more) => list.append(...more.map(row))))),
  };
}

function line(one) {
  const sign = one.amount.amount < 0 ? "−" : "";
  return h("li", { testid: "statement-line", "data-kind": one.kind },
    h("div", null, h("p", null, WHAT[one.kind] ?? one.kind), h("p", { class: "small" }, `${shortDay(one.happened_on)} · ${one.number} · ${one.order_number}`)),
    h("strong", null, `${sign}${formatMoney({ ...one.amount, amount: Math.abs(one.amount.amount) })}`));
}

export async function statementPage({ params: [id], signal }) {
  if (!await requireSignIn(`/statements/${id}`)) return null;
  const { statement, lines } = await api("GET", `/statements/${id}`, { signal });
  const trouble = h("div", null);
  return {
    title: `Statement ${statement.number}`,
    content: h("div", { class: "narrow-page" }, h("h1", null, monthWords(statement)), mine(""),
      h("section", { class: "panel balance" }, h("p", { class: "small" }, `Statement ${statement.number} of ${formatDay(statement.issued_on)}`),
        h("p", { class: "big-sum", testid: "closing" }, owedWords(statement)), papers(statement, trouble), trouble),
      h("section", { class: "panel" }, h("h2", null, "What it is made of"),
        h("ul", { class: "rows" },
          h("li", null, h("p", null, "From the month before"), h("strong", null, formatMoney(statement.opening))),
          lines.map(line)))),
  };
}
