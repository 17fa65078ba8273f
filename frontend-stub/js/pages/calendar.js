/** Everything that comes to the household, of all its subscriptions together; and the days on which it is away. */

import { api, query } from "../api.js";
import { daysAfter, formatDay, today } from "../dates.js";
import { announce, h } from "../dom.js";
import { actionButton, field } from "../forms.js";
import { formatMoney } from "../money.js";
import { link } from "../router.js";
import { requireSignIn } from "../session.js";
import { openSheet } from "../sheet.js";
import { stateWords, willCome } from "../subscriptions/deliveries.js";
import { monthView } from "../subscriptions/month.js";
import { mine } from "../widgets.js";
import { count } from "../words.js";

const DAYS = 60;
const MOST_DAYS = 366;

function vacationWords({ deliveries, open_orders: orders, upcoming }, verb) {
  const next = upcoming.find((one) => one.status === "planned");
  return [
    h("p", null, deliveries.length ? `${count(deliveries.length, "delivery", "deliveries")} ${verb}; no other date moves.` : "No delivery falls on these days."),
    orders.length > 0 && h("ul", { class: "bullets" }, orders.map((one) => h("li", null, `${formatDay(one.delivers_on)} (${one.number}) is ordered already and still comes.`))),
    next && h("p", null, "The next one comes on ", h("strong", null, formatDay(next.delivers_on)), "."),
    h("p", { class: "small" }, "Nothing is charged now."),
  ];
}

function goAway(signal, done) {
  const day = (label, name, ahead) => field({ label, type: "date", required: true, min: today(), value: daysAfter(today(), ahead), testid: name });
  const [first, last] = [day("First day away", "away-from", 3), day("Last day away", "away-until", 9)];
  const value = (one) => one.querySelector("input").value;
  openSheet({
    title: "Going away?", path: "/vacations", fields: h("div", { class: "rhythm" }, first, last), confirm: "We are away", keep: "Not now", signal, done,
    body: () => (value(first) && value(last) ? { first_on: value(first), last_on: value(last) } : null),
    told: (answer) => vacationWords(answer, "stay away"),
  });
}

const comeBack = (one, signal, done) => openSheet({
  title: "Back earlier, or not going?", method: "DELETE", path: `/vacations/${one.id}`, body: () => undefined, confirm: "We are at home", keep: "Leave it as it is", signal, done,
  told: (answer) => vacationWords(answer, "come again"),
});

const vacationRow = (one, signal, done) => h("li", { class: "vacation-row", testid: "vacation" },
  h("span", null, `${formatDay(one.first_on)} to ${formatDay(one.last_on)}`),
  h("button", { type: "button", class: "link", testid: "come-back", onclick: () => comeBack(one, signal, done) }, "Take it back"));

function openDay(found, signal) {
  const dialog = h("dialog", { class: "sheet", "aria-label": formatDay(found[0].delivers_on), testid: "day" },
    h("h2", null, formatDay(found[0].delivers_on)),
    h("ul", { class: "day-lines" }, found.map((one) => h("li", { testid: "household-delivery" },
      h("a", { href: link(`/subscriptions/${one.subscription_id}`) }, one.text),
      h("span", { class: "small" }, stateWords(one), willCome(one) && one.total && ` · ${formatMoney(one.total)}`)))),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "button quiet", onclick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  signal.addEventListener("abort", () => dialog.close(), { once: true });
  document.body.append(dialog);
  dialog.showModal();
}

export async function calendarPage({ signal }) {
  if (!await requireSignIn("/calendar")) return null;
  const content = h("div", { class: "medium stack" });
  const shown = { month: null };
  let days = DAYS;

  async function draw() {
    const [{ items }, { items: away }] = await Promise.all([api("GET", `/calendar${query({ days })}`, { signal }), api("GET", "/vacations", { signal })]);
    const done = () => draw().then(() => { document.getElementById("view").focus({ preventScroll: true }); announce("Done"); });
    const coming = items.filter(willCome);
    content.replaceChildren(h("h1", null, "What comes to you"), mine("/calendar"),
      h("section", { class: "panel", testid: "household-calendar" },
        items.length ? monthView(items, (found) => openDay(found, signal), shown) : h("p", { testid: "no-deliveries" }, "Nothing is planned at the moment."),
        coming.length > 0 && h("p", { class: "small" }, `${count(coming.length, "delivery", "deliveries")} in ${days} days. Tap a day to see what comes.`),
        items.length > 0 && days < MOST_DAYS && h("div", { class: "more" }, actionButton("Show more", { class: "button quiet", testid: "more-deliveries" }, () => { days = Math.min(days * 2, MOST_DAYS); return draw(); }))),
      h("section", { class: "panel" }, h("h2", null, "When you are away"),
        away.length ? h("ul", null, away.map((one) => vacationRow(one, signal, done))) : h("p", { class: "small" }, "Nothing comes of any subscription while you are away, and no date moves."),
        h("div", { class: "buttons" }, h("button", { type: "button", class: "button", testid: "go-away", onclick: () => goAway(signal, done) }, "We are away"))));
  }
  await draw();
  return { title: "What comes to you", content };
}
