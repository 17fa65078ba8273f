/** A day and a shift to look at, in the address: what the sheets for a day have around them. */

import { daysAfter, formatDay, today } from "../dates.js";
import { h } from "../dom.js";
import { field, form } from "../forms.js";
import { go, link } from "../router.js";

export const SHIFTS = { morning: "morning", evening: "evening" };

/** Tomorrow is what people pack for in the evening, and look at most. */
export const dayOfSheet = (now) => now.day ?? daysAfter(today(), 1);

/** "Friday, 4 December, morning": the head of a sheet, on paper too. */
export const sheetTitle = (words, day, shift) => h("h1", { testid: "sheet-title" }, `${words}: ${formatDay(day)}${SHIFTS[shift] ? `, ${SHIFTS[shift]}` : ""}`);

/** What is chosen, a button that prints, and nothing of it on paper. */
export function chooser(path, now) {
  return h("div", { class: "panel sheet-choice" },
    form({ testid: "choose-day" }, async (values) => go(link(path, values)),
      h("div", { class: "fields" },
        field({ isFilter: true, label: "Day", name: "day", type: "date", required: true, value: dayOfSheet(now), testid: "sheet-day" }),
        field({ isFilter: true, label: "Shift", name: "shift", value: now.shift ?? "", options: [["", "Both"], ["morning", "Morning"], ["evening", "Evening"]], testid: "sheet-shift" })),
      h("div", { class: "buttons" },
        h("button", { type: "submit", class: "button", testid: "sheet-show" }, "Show"),
        h("button", { type: "button", class: "button quiet", testid: "print", onclick: () => window.print() }, "Print"))));
}
