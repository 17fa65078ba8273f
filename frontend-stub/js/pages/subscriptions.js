/** All subscriptions of the customer, newest first. */

import { api, query } from "../api.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";
import { link } from "../router.js";
import { requireSignIn } from "../session.js";
import { nameOf, subscriptionPill } from "../subscriptions/words.js";
import { empty, mine } from "../widgets.js";
import { sentence } from "../words.js";

function row(subscription) {
  return h("li", { class: "panel order-row subscription-row", testid: "subscription-row" },
    h("div", null,
      h("h2", null, h("a", { href: link(`/subscriptions/${subscription.id}`) }, nameOf(subscription))),
      h("p", { class: "small" }, sentence(subscription.rule_text)), subscriptionPill(subscription)),
    subscription.price && h("strong", null, formatMoney(subscription.price)));
}

function moreSubscriptions(list, next, signal) {
  const trouble = h("div", null);
  const button = h("button", { type: "button", class: "button quiet", onclick: async () => {
    try {
      const page = await api("GET", `/subscriptions${query({ after: next })}`, { signal });
      list.append(...page.items.map(row));
      next = page.next;
      button.hidden = !next;
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  } }, "Older subscriptions");
  return h("div", { class: "more" }, button, trouble);
}

export async function subscriptionsPage({ signal }) {
  if (!await requireSignIn("/subscriptions")) return null;
  const page = await api("GET", "/subscriptions", { signal });
  if (!page.items.length) {
    return { title: "Subscriptions", content: empty({
      title: "Nothing comes by itself yet",
      words: "Milk every morning, a vegetable box on Fridays: open a product and choose “Subscribe”.",
    }) };
  }
  const list = h("ul", { class: "orders" }, page.items.map(row));
  return { title: "Subscriptions", content: h("div", { class: "medium" }, h("h1", null, "Your subscriptions"), mine("/subscriptions"), list, page.next && moreSubscriptions(list, page.next, signal)) };
}
