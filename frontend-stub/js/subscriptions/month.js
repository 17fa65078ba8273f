/** A calendar, month by month: on each day of delivery how much comes and for what money, or why nothing does. */

import { dayOf, daysAfter, formatDay, today } from "../dates.js";
import { h } from "../dom.js";
import { formatMoney } from "../money.js";
import { stateWords, willCome } from "./deliveries.js";
import { WEEKDAYS, weekdayName } from "./weekdays.js";

const WHY = { by_customer: "skipped", vacation: "away", holiday: "closed", out_of_stock: "none left", not_on_sale: "not sold", missed: "missed", caught_up: "comes later" };
const monthName = new Intl.DateTimeFormat("en-IN", { month: "long", year: "numeric", timeZone: "UTC" });

const firstOf = (day) => `${day.slice(0, 7)}-01`;
const nextMonth = (first) => firstOf(daysAfter(first, 31));
const pieces = (delivery) => Object.values(delivery.quantities).reduce((sum, one) => sum + one, 0);

function words(delivery) {
  if (!willCome(delivery)) return h("span", null, WHY[delivery.reason] ?? "left out");
  return [
    pieces(delivery) > 0 && h("span", { class: delivery.isChanged && "changed" }, `${pieces(delivery)} pc`),
    delivery.total && h("span", { class: "cost" }, formatMoney(delivery.total)),
  ];
}

function cell(day, found, pick) {
  const number = h("span", { class: "number-of" }, dayOf(day));
  const kind = day === today() ? "month-day today" : "month-day";
  if (!found.length) return h("div", { class: kind }, number);
  const [first] = found;
  const said = found.map((one) => `${stateWords(one)}${willCome(one) && one.total ? `, ${formatMoney(one.total)}` : ""}`).join("; ");
  return h("button", { type: "button", class: kind, testid: "month-day", "data-day": day, "data-status": first.status, "aria-label": `${formatDay(day)}: ${said}`, onclick: () => pick(found) },
    number, found.map(words));
}

const weekdayPlace = (day) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7; // weeks begin on Monday

/** Weeks that are over are left out: nothing can come in them. */
function grid(first, byDay, pick) {
  const days = [];
  const monday = daysAfter(today(), -weekdayPlace(today()));
  const isSeen = (day) => day >= monday || [...byDay.keys()].some((one) => one < monday);
  for (let day = first; day.slice(0, 7) === first.slice(0, 7); day = daysAfter(day, 1)) if (isSeen(day)) days.push(day);
  return h("div", { class: "month" },
    WEEKDAYS.map((weekday) => h("span", { class: "month-weekday", "aria-hidden": "true" }, weekdayName(weekday))),
    Array.from({ length: days.length ? weekdayPlace(days[0]) : 0 }, () => h("span", null)),
    days.map((day) => cell(day, byDay.get(day) ?? [], pick)));
}

/**
 * One month of `deliveries` at a time; `pick(deliveries of a day)` is told of the day that somebody taps. `shown` keeps the month
 * when the page draws itself anew.
 */
export function monthView(deliveries, pick, shown = { month: null }) {
  const byDay = Map.groupBy ? Map.groupBy(deliveries, (one) => one.delivers_on) : new Map(deliveries.map((one) => [one.delivers_on, deliveries.filter((other) => other.delivers_on === one.delivers_on)]));
  const days = [...byDay.keys()].sort();
  const earliest = firstOf(days[0] ?? today());
  const latest = firstOf(days.at(-1) ?? today());
  const node = h("div", { testid: "month" });
  const step = (words, testid, to, isThere) => h("button", { type: "button", class: "button quiet", testid, disabled: !isThere, onclick: () => { shown.month = to; draw(); node.querySelector(`[data-testid=${testid}]`).focus(); } }, words);
  function draw() {
    const month = shown.month && shown.month >= earliest && shown.month <= latest ? shown.month : earliest;
    node.replaceChildren(
      h("div", { class: "month-head" },
        step("Earlier", "month-before", firstOf(daysAfter(month, -1)), month > earliest),
        h("h3", { "aria-live": "polite" }, monthName.format(new Date(`${month}T00:00:00Z`))),
        step("Later", "month-after", nextMonth(month), month < latest)),
      grid(month, byDay, pick));
  }
  draw();
  return node;
}
