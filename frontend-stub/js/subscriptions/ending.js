/** When a subscription ends: not at all, after a day, or after so many deliveries. Becomes `ends_on` and `ends_after`. */

import { daysAfter, today } from "../dates.js";
import { h } from "../dom.js";
import { field } from "../forms.js";

const KINDS = [["open", "When I end it"], ["day", "On a day"], ["number", "After so many"]];

/** {node, end()}; `form` is the id of the form that the controls belong to, if there is one. */
export function endPicker({ form = null, endsOn = null, endsAfter = null } = {}) {
  const parts = {
    day: field({ label: "Last day", type: "date", required: true, name: "ends_on", form, value: endsOn ?? daysAfter(today(), 90), testid: "ends-on" }),
    number: field({ label: "So many deliveries in all", type: "number", inputmode: "numeric", required: true, name: "ends_after", form, min: 1, max: 10000, step: 1, value: endsAfter ?? 12, hint: "One left out does not count.", testid: "ends-after" }),
  };
  const chosen = endsOn ? "day" : endsAfter ? "number" : "open";
  const choose = (kind) => {
    for (const [name, part] of Object.entries(parts)) {
      part.hidden = name !== kind;
      part.querySelector("input").disabled = name !== kind;
    }
  };
  const chips = h("fieldset", { class: "size-picker kinds" }, h("legend", { class: "hidden" }, "Until when"),
    KINDS.map(([kind, words]) => h("label", { class: "size-option plain" },
      h("input", { type: "radio", name: "end_kind", form, value: kind, checked: kind === chosen, testid: `end-${kind}`, onchange: () => choose(kind) }), h("span", null, words))));
  choose(chosen);
  const value = (name) => parts[name].querySelector("input");
  const end = () => ({
    ends_on: value("day").disabled ? null : value("day").value || null,
    ends_after: value("number").disabled || Number.isNaN(value("number").valueAsNumber) ? null : value("number").valueAsNumber,
  });
  return { node: h("div", { class: "rhythm" }, chips, Object.values(parts)), end };
}

/** {node, shift()}: morning or evening. */
export function shiftPicker(form = null, now = "morning") {
  const node = h("fieldset", { class: "size-picker" }, h("legend", { class: "hidden" }, "When on that day"),
    ["morning", "evening"].map((shift) => h("label", { class: "size-option plain" },
      h("input", { type: "radio", name: "shift", form, value: shift, checked: shift === now, testid: `shift-${shift}` }), h("span", null, shift === "morning" ? "In the morning" : "In the evening"))));
  return { node, shift: () => node.querySelector(":checked").value };
}
