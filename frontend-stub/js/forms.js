/** Labelled fields, and refusals shown beside the field they are about. */

import { h } from "./dom.js";
import { Problem, problemNote } from "./problem.js";

let made = 0;

/**
 * One labelled control; `options` [[value, words], …] makes a select; `rule` says in words what the API accepts,
 * for when it refuses the shape of a value; `isFilter`: nobody expects it to be filled in, so nothing says that it is optional; the
 * rest are attributes of the control.
 */
export function field({ label, hint, options, wide, rule, isFilter = false, ...attributes }) {
  const id = `field-${(made += 1)}`;
  const control = options
    ? h("select", { id, ...attributes }, options.map(([value, words]) => h("option", { value }, words)))
    : h("input", { id, ...attributes });
  control.dataset.rule = rule ?? "Please check this.";
  control.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  return h("div", { class: wide ? "field wide" : "field" },
    h("label", { for: id }, label, attributes.required || isFilter ? null : h("span", { class: "optional" }, " (optional)")),
    control,
    h("p", { class: "hint", id: `${id}-hint` }, hint ?? ""),
    h("p", { class: "wrong", id: `${id}-wrong` }));
}

/** Values by name, trimmed; an empty optional field is null, which the API takes as absent. */
export function valuesOf(form) {
  const pairs = [...new FormData(form)].map(([name, value]) => [name, value.trim() || null]);
  return Object.fromEntries(pairs);
}

function clearProblems(form) {
  form.querySelector(".form-problem")?.replaceChildren();
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    document.getElementById(`${control.id}-wrong`).textContent = "";
  }
}

function showProblem(form, error) {
  const named = error instanceof Problem ? error.fields : new Map();
  let first = null;
  for (const [name, words] of named) {
    const control = [...form.elements].find((one) => one.name === name && !one.disabled);
    const place = control?.id && document.getElementById(`${control.id}-wrong`);
    if (!place) continue;
    control.setAttribute("aria-invalid", "true");
    place.textContent = error.isMalformed ? control.dataset.rule : words;
    first ??= control;
  }
  if (first) first.focus();
  else form.querySelector(".form-problem").replaceChildren(problemNote(error));
}

/** Greys the button while the work runs, so that an impatient second tap does nothing. */
export async function whileBusy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** A button for one act, with a place under it for the reason when the act is refused. */
export function actionButton(words, attributes, work) {
  const trouble = h("div", null);
  const button = h("button", { type: "button", ...attributes, onclick: () => whileBusy(button, async () => {
    trouble.replaceChildren();
    try {
      await work();
    } catch (error) {
      trouble.replaceChildren(problemNote(error));
    }
  }) }, words);
  return h("div", null, button, trouble);
}

/** A form that does `work(values)` and shows its refusal; children may hold one submit button. */
export function form(attributes, work, ...children) {
  const node = h("form", attributes, children, h("div", { class: "form-problem" }));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(node.querySelector("[type=submit]"), async () => {
      clearProblems(node);
      try {
        await work(valuesOf(node));
      } catch (error) {
        showProblem(node, error);
      }
    });
  });
  return node;
}
