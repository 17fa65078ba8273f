/** How often: chips for the kinds of rhythm, and what the chosen one needs to know. Becomes the API's `rule`. */

import { today } from "../dates.js";
import { h } from "../dom.js";
import { field } from "../forms.js";
import { WEEKDAYS, weekdayName } from "./weekdays.js";

const KINDS = [
  ["daily", "Every day"],
  ["weekdays", "Some weekdays"],
  ["weekly", "Every week"],
  ["few_weeks", "Every few weeks"],
  ["monthly", "Every month"],
  ["every_n_days", "Every few days"],
];

/** One number at a time: `name` is the rule's own, so that a refusal finds its field. */
function numberField(form, name, label, value, most, hint) {
  return field({
    label, name, form, hint, value, type: "number", inputmode: "numeric", min: 1, max: most, step: 1, required: true,
    rule: `A whole number from 1 to ${most}.`, testid: `rhythm-${name}`,
  });
}

function weekdayChips(form) {
  return h("fieldset", { class: "chip-boxes" }, h("legend", null, "On which days"),
    WEEKDAYS.map((weekday) => h("label", { class: "chip-box" },
      h("input", { type: "checkbox", name: "weekdays", form, value: weekday, testid: `weekday-${weekday}`, checked: ["mon", "wed", "fri"].includes(weekday) }),
      h("span", null, weekdayName(weekday)))));
}

/** The parts shown for a kind; the others are switched off, so that nothing hidden can be found wanting. */
function details(form) {
  return {
    weekdays: weekdayChips(form),
    few_weeks: numberField(form, "every", "Every how many weeks", 2, 52, "On the weekday of the first day."),
    every_n_days: numberField(form, "every", "Every how many days", 3, 365),
    monthly: numberField(form, "day", "On which day of the month", Number(today().slice(8)), 31, "In a month without that day: its last one."),
  };
}

/** {node, rule()}; `form` is the id of the form that the controls belong to. */
export function rhythm(form) {
  const parts = details(form);
  const choose = (kind) => {
    for (const [name, part] of Object.entries(parts)) {
      part.hidden = name !== kind;
      for (const input of part.querySelectorAll("input")) input.disabled = name !== kind;
    }
  };
  const chips = h("fieldset", { class: "size-picker kinds" }, h("legend", { class: "hidden" }, "How often"),
    KINDS.map(([kind, words]) => h("label", { class: "size-option plain" },
      h("input", { type: "radio", name: "rhythm", form, value: kind, checked: kind === "weekly", testid: `rhythm-${kind}`, onchange: () => choose(kind) }),
      h("span", null, words))));
  choose("weekly");
  const number = (kind) => parts[kind].querySelector("input").valueAsNumber;
  const rule = () => {
    const kind = chips.querySelector(":checked").value;
    return {
      daily: () => ({ kind }),
      weekdays: () => ({ kind, weekdays: [...parts.weekdays.querySelectorAll(":checked")].map((input) => input.value) }),
      weekly: () => ({ kind, every: 1 }),
      few_weeks: () => ({ kind: "weekly", every: number(kind) }),
      monthly: () => ({ kind, day: number(kind) }),
      every_n_days: () => ({ kind, every: number(kind) }),
    }[kind]();
  };
  return { node: h("div", { class: "rhythm" }, chips, Object.values(parts)), rule };
}
