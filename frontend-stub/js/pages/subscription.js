/** One subscription: its state, what comes when, and everything that can be done about it. Watches until a mandate is settled. */

import { addressText } from "../addresses.js";
import { api, query } from "../api.js";
import { allProducts } from "../catalogue.js";
import { daysAfter, formatDay, today } from "../dates.js";
import { announce, h } from "../dom.js";
import { actionButton } from "../forms.js";
import { formatMoney } from "../money.js";
import { problemNote } from "../problem.js";
import { link } from "../router.js";
import { requireSignIn } from "../session.js";
import { explained, story } from "../story.js";
import { actsOn } from "../subscriptions/acts.js";
import { changesOf } from "../subscriptions/changes.js";
import { actsOnDay, openDay } from "../subscriptions/day.js";
import { deliveryList } from "../subscriptions/deliveries.js";
import { isChanged } from "../subscriptions/goods.js";
import { isWaiting, mandateNote } from "../subscriptions/mandate.js";
import { monthView } from "../subscriptions/month.js";
import { weekdayName } from "../subscriptions/weekdays.js";
import { endWords, mandateWords, methodWords, nameOf, paysWords, subscriptionPill } from "../subscriptions/words.js";
import { lookAgain } from "../waiting.js";
import { sentence } from "../words.js";

const SHOWN = 6; // deliveries of the list at first; a daily subscription has many
const DAYS = 60; // that are looked at first
const MOST_DAYS = 366;
const OVER = ["cancelled", "completed"];

function headWords(subscription) {
  const often = sentence(subscription.rule_text);
  if (subscription.status === "cancelled") return `${often}, until it was cancelled.`;
  if (subscription.status === "completed") return `${often}, until its last delivery.`;
  if (subscription.status === "paused") {
    return subscription.paused_until ? `${often}. Nothing comes before ${formatDay(subscription.paused_until)}.` : `${often}. Nothing comes until you resume.`;
  }
  return [`${often}.`, endWords(subscription)].filter(Boolean).join(" ");
}

function actions(subscription, acts) {
  const { status } = subscription;
  const one = (words, testid, kind, act) => h("button", { type: "button", class: kind, testid, onclick: act }, words);
  if (OVER.includes(status)) return h("div", { class: "buttons acts" }, one("Take it up again", "reactivate", "button", acts.takeUp));
  const isEnding = subscription.cancel_reason !== null;
  return h("div", { class: "buttons acts" },
    status === "paused" && one("Resume", "resume", "button", acts.resume),
    ["active", "paused"].includes(status) && one(status === "paused" ? "Change the pause" : "Pause", "pause", "button quiet", acts.pause),
    isEnding && one("Go on after all", "keep-on", "button", acts.keepOn),
    !isEnding && one("Until when", "set-end", "button quiet", acts.end),
    one("Cancel the subscription", "cancel", "link", acts.cancel));
}

const lineWords = (line) => {
  const others = Object.entries(line.by_weekday).map(([weekday, pieces]) => `${pieces || "none"} on ${weekdayName(weekday)}`);
  return others.length ? `, ${others.join(", ")}` : "";
};

function goodsPanel(subscription, changes) {
  const { lines, price, status } = subscription;
  const one = (words, testid, act) => h("button", { type: "button", class: "button quiet", testid, onclick: act }, words);
  return h("section", { class: "panel" }, h("h2", null, "In each delivery"),
    h("ul", { class: "brief" }, lines.map((line) => h("li", { testid: "subscription-line", "data-sku": line.sku },
      h("span", null, `${line.quantity} × ${line.name} `, h("span", { class: "small" }, line.unit, lineWords(line)))))),
    price ? h("p", null, "A delivery costs ", h("strong", { testid: "delivery-price" }, formatMoney(price)), " at today’s prices.")
      : h("p", { class: "wrong" }, "Something in it is not on sale at the moment."),
    subscription.changes.map((later) => h("p", { class: "note", testid: "later-change", "data-day": later.from_on }, `From ${formatDay(later.from_on)}: ${later.text}. `,
      !OVER.includes(status) && h("button", { type: "button", class: "link", testid: "take-back-change", onclick: () => changes.takeBack(later) }, "Take it back"))),
    !OVER.includes(status) && h("details", null, h("summary", { testid: "change-agreed" }, "Change what is agreed"),
      h("div", { class: "buttons" },
        one("Quantities", "change-quantities", changes.quantities), one("Something else instead", "change-goods", changes.swap), one("Rhythm", "change-rhythm", changes.rhythm),
        one("Time of day", "change-shift", changes.shift), one("Address", "change-address", changes.address))));
}

function facts(subscription) {
  const { mandate, provider, shift, payment_method: method } = subscription;
  return [
    h("section", { class: "panel" }, h("h2", null, "How you pay"),
      method === "mandate" ? [
        h("p", { testid: "mandate-state", "data-status": mandate.status }, h("strong", null, methodWords(mandate)), `, ${mandateWords(mandate)}`),
        h("p", { class: "small" }, `A single debit takes at most ${formatMoney(mandate.max_amount)}. Your bank tells you before each.`),
      ] : h("p", { testid: "pays" }, paysWords(subscription)),
      method === "wallet" && h("p", null, h("a", { href: "#/wallet" }, "Your wallet")),
      provider?.approve_url && h("p", null, h("a", { class: "button", href: provider.approve_url, testid: "approve-provider" }, "Approve it at our payment provider"))),
    h("section", { class: "panel" }, h("h2", null, "Deliver to"), addressText(subscription.address), h("p", { class: "small" }, shift === "evening" ? "In the evening" : "In the morning")),
  ];
}

function calendarPanel(subscription, deliveries, acts, more) {
  const canChange = !OVER.includes(subscription.status);
  const can = (delivery) => (canChange && delivery.status === "planned"
    ? h("div", { class: "row-acts" },
      h("button", { type: "button", class: "button quiet", testid: "change-delivery", "aria-label": `Change ${formatDay(delivery.delivers_on)}`, onclick: () => acts.open(delivery) }, "Change"),
      h("button", { type: "button", class: "button quiet", testid: "skip", "aria-label": `Skip ${formatDay(delivery.delivers_on)}`, onclick: () => acts.skip(delivery) }, "Skip"))
    : null);
  const nothing = OVER.includes(subscription.status) ? "Nothing more comes." : "Nothing is planned at the moment.";
  const marked = deliveries.map((delivery) => ({ ...delivery, isChanged: isChanged(subscription, delivery) }));
  return h("section", { class: "panel" }, h("h2", null, "Coming deliveries"),
    deliveries.length ? [monthView(marked, ([delivery]) => acts.open(delivery), more.shown), deliveryList(deliveries.slice(0, more.rows), can)] : h("p", { testid: "no-deliveries" }, nothing),
    more.canShow(deliveries) && h("div", { class: "more" }, actionButton("Show more", { class: "button quiet", testid: "more-deliveries" }, more.show)));
}

export async function subscriptionPage({ params: [id], query: given, signal }) {
  if (!await requireSignIn(`/subscriptions/${id}`)) return null;
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const outcome = ["failed", "cancelled"].includes(given.mandate) ? given.mandate : "";
  const content = h("div", null);
  const products = await allProducts().catch(() => []); // a shelf that does not load takes nothing else with it
  const view = { days: DAYS, rows: SHOWN, shown: { month: null } };

  async function draw(subscription, looking) {
    const [calendar, told] = await Promise.all([
      api("GET", `${path}/calendar${query({ days: view.days })}`, { signal }), explained(path, signal)]);
    if (signal.aborted) return;
    const done = (answer) => draw(answer.subscription, false).then(settle, trouble);
    const onDay = actsOnDay(subscription, products, signal, done);
    const acts = { ...actsOn(subscription, signal, done), ...onDay, open: (delivery) => openDay(delivery, subscription, products, onDay, signal) };
    const firstDay = calendar.items.find((one) => one.status === "planned")?.delivers_on ?? daysAfter(today(), 1);
    const changes = changesOf(subscription, products, firstDay, signal, done);
    const more = {
      ...view, canShow: (deliveries) => deliveries.length > view.rows || (view.days < MOST_DAYS && !OVER.includes(subscription.status) && deliveries.length > 0),
      show: () => { if (calendar.items.length <= view.rows * 2) view.days = Math.min(view.days * 2, MOST_DAYS); view.rows *= 2; return draw(subscription, looking); },
    };
    content.replaceChildren(h("div", { class: "order", testid: "subscription" },
      h("p", { class: "crumb" }, h("a", { href: "#/subscriptions", testid: "crumb-subscriptions" }, "Subscriptions"), ` / ${nameOf(subscription)}`),
      h("div", { class: "order-head" }, h("h1", null, nameOf(subscription)), subscriptionPill(subscription)),
      h("p", { class: "lead" }, headWords(subscription)),
      mandateNote(subscription, outcome, looking), actions(subscription, acts),
      h("div", { class: "two" },
        h("div", { class: "stack" }, calendarPanel(subscription, calendar.items, acts, more)),
        h("div", { class: "stack" }, goodsPanel(subscription, changes), facts(subscription), h("section", { class: "panel" }, h("h2", null, "What happened"), story(told))))));
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
