/** Other quantities on some weekdays, "2 on Sundays": folded away, because most people never want one. Becomes `by_weekday`. */

import { daysAfter, weekdayOf } from "../dates.js";
import { h } from "../dom.js";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONDAY = "2024-01-01"; // a Monday, to name the others by
const MOST = 99; // the API's own limit per line

export const weekdayName = (weekday) => weekdayOf(daysAfter(MONDAY, WEEKDAYS.indexOf(weekday)));

/** The quantity that a line has on that day: "2026-12-04" is a Friday. */
export function quantityOn(line, day) {
  const weekday = WEEKDAYS[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7];
  return line.by_weekday?.[weekday] ?? line.quantity;
}

/** {node, byWeekday()}; a field left empty means as on other days, 0 none on that weekday. */
export function weekdayQuantities(name, given = {}) {
  const inputs = WEEKDAYS.map((weekday) => h("label", { class: "weekday-box" }, h("span", null, weekdayName(weekday)),
    h("input", { type: "number", inputmode: "numeric", min: 0, max: MOST, step: 1, placeholder: "–", value: given[weekday] ?? "", testid: `on-${weekday}`, "aria-label": `${name} on ${weekdayName(weekday)}`, "data-weekday": weekday })));
  const node = h("details", { class: "weekdays", open: Object.keys(given).length > 0 },
    h("summary", { testid: "by-weekday" }, "Other quantities on some days"), h("div", { class: "weekday-boxes" }, inputs));
  const byWeekday = () => Object.fromEntries([...node.querySelectorAll("input")].filter((one) => one.value !== "").map((one) => [one.dataset.weekday, Math.round(one.valueAsNumber)]));
  return { node, byWeekday };
}
