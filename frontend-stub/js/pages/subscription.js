/** One subscription: its state, what comes when, and everything that can be done about it. Watches until a mandate is settled. */

import { addressText } from "../addresses.js";
import { api, query } from "../api.js";
import { formatDay } from "../dates.js";
import { announce, h } from "../dom.js";
import { actionButton } from "../forms.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";
import { link } from "../router.js";
import { requireSignIn } from "../session.js";
import { explained, story } from "../story.js";
import { actsOn } from "../subscriptions/acts.js";
import { deliveryList } from "../subscriptions/deliveries.js";
import { isWaiting, mandateNote } from "../subscriptions/mandate.js";
import { mandateWords, methodWords, nameOf, subscriptionPill } from "../subscriptions/words.js";
import { lookAgain } from "../waiting.js";
import { sentence } from "../words.js";

const SHOWN = 6; // deliveries at first; a daily subscription has many
const MOST = 60;

function headWords(subscription) {
  const often = sentence(subscription.rule_text);
  if (subscription.status === "cancelled") return `${often}, until it was cancelled.`;
  if (subscription.status === "paused") {
    return subscription.paused_until ? `${often}. Nothing comes before ${formatDay(subscription.paused_until)}.` : `${often}. Nothing comes until you resume.`;
  }
  return `${often}.`;
}

function actions(subscription, acts) {
  const { status } = subscription;
  if (status === "cancelled") return null;
  const one = (words, testid, kind, act) => h("button", { type: "button", class: kind, testid, onclick: act }, words);
  return h("div", { class: "buttons acts" },
    status === "paused" && one("Resume", "resume", "button", acts.resume),
    ["active", "paused"].includes(status) && one(status === "paused" ? "Change the pause" : "Pause", "pause", "button quiet", acts.pause),
    one("Cancel the subscription", "cancel", "link", acts.cancel));
}

function facts(subscription) {
  const { lines, mandate, price, payment_method: method } = subscription;
  return [
    h("section", { class: "panel" }, h("h2", null, "In each delivery"),
      h("ul", { class: "brief" }, lines.map((line) => h("li", { testid: "subscription-line", "data-sku": line.sku },
        h("span", null, `${line.quantity} × ${line.name} `, h("span", { class: "small" }, line.unit))))),
      price ? h("p", null, "A delivery costs ", h("strong", { testid: "delivery-price" }, formatMoney(price)), " at today’s prices.")
        : h("p", { class: "wrong" }, "Something in it is not on sale at the moment.")),
    h("section", { class: "panel" }, h("h2", null, "How you pay"),
      method === "mandate" ? [
        h("p", { testid: "mandate-state", "data-status": mandate.status }, h("strong", null, methodWords(mandate)), `, ${mandateWords(mandate)}`),
        h("p", { class: "small" }, `A single debit takes at most ${formatMoney(mandate.max_amount)}. Your bank tells you before each.`),
      ] : h("p", null, "On delivery, at the door.")),
    h("section", { class: "panel" }, h("h2", null, "Deliver to"), addressText(subscription.address)),
  ];
}

function calendarPanel(subscription, deliveries, acts, more) {
  const canSkip = ["active", "paused", "awaiting_mandate"].includes(subscription.status);
  const skip = (delivery) => (canSkip && delivery.status === "planned"
    ? h("button", { type: "button", class: "button quiet", testid: "skip", "aria-label": `Skip ${formatDay(delivery.delivers_on)}`, onclick: () => acts.skip(delivery) }, "Skip")
    : null);
  const nothing = subscription.status === "cancelled" ? "Nothing more comes." : "Nothing is planned at the moment.";
  return h("section", { class: "panel" }, h("h2", null, "Coming deliveries"),
    deliveries.length ? deliveryList(deliveries.slice(0, more.limit), skip) : h("p", { testid: "no-deliveries" }, nothing),
    deliveries.length > more.limit && h("div", { class: "more" }, actionButton("Show more", { class: "button quiet", testid: "more-deliveries" }, more.show)));
}

export async function subscriptionPage({ params: [id], query: given, signal }) {
  if (!await requireSignIn(`/subscriptions/${id}`)) return null;
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const outcome = ["failed", "cancelled"].includes(given.mandate) ? given.mandate : "";
  const content = h("div", null);
  let limit = SHOWN;

  async function draw(subscription, looking) {
    const [calendar, told] = await Promise.all([
      api("GET", `${path}/calendar${query({ limit: Math.min(limit + 1, MOST) })}`, { signal }), explained(path, signal)]);
    if (signal.aborted) return;
    const acts = actsOn(subscription, signal, (answer) => draw(answer.subscription, false).then(settle, trouble));
    const more = { limit, show: () => { limit = Math.min(limit * 2, MOST); return draw(subscription, looking); } };
    content.replaceChildren(h("div", { class: "order", testid: "subscription" },
      h("p", { class: "crumb" }, h("a", { href: "#/subscriptions", testid: "crumb-subscriptions" }, "Subscriptions"), ` / ${nameOf(subscription)}`),
      h("div", { class: "order-head" }, h("h1", null, nameOf(subscription)), subscriptionPill(subscription)),
      h("p", { class: "lead" }, headWords(subscription)),
      mandateNote(subscription, outcome, looking), actions(subscription, acts),
      h("div", { class: "two" },
        h("div", { class: "stack" }, calendarPanel(subscription, calendar.items, acts, more)),
        h("div", { class: "stack" }, facts(subscription), h("section", { class: "panel" }, h("h2", null, "What happened"), story(told))))));
  }

  /** What had the focus is gone: the page takes it, and says how things stand. */
  function settle() {
    document.getElementById("view").focus({ preventScroll: true });
    announce(content.querySelector(".lead")?.textContent ?? "");
  }
  const trouble = (error) => { if (!signal.aborted) content.prepend(problemNote(error)); };

  async function watch(first) {
    const seen = await lookAgain(path, first, isWaiting, signal);
    if (!seen) return;
    await draw(seen, false);
    if (!isWaiting(seen)) announce(headWords(seen));
  }

  const first = await api("GET", path, { signal });
  await draw(first, true);
  if (isWaiting(first)) watch(first).catch(trouble);
  return { title: nameOf(first), content };
}
