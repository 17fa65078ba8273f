/** What a customer can do with a subscription, each through a sheet that says first what would happen. */

import { daysAfter, formatDay, today } from "../dates.js";
import { h } from "../dom.js";
import { field } from "../forms.js";
import { openSheet } from "../sheet.js";
import { sentence } from "../words.js";
import { consequences } from "./consequences.js";
import { endPicker } from "./ending.js";
import { endWords } from "./words.js";

/** The days of a pause: until one of them, or open. */
function pauseFields() {
  const until = field({
    label: "First day deliveries may come again", type: "date", required: true, testid: "pause-until",
    min: daysAfter(today(), 1), value: daysAfter(today(), 14),
  });
  const input = until.querySelector("input");
  const choice = (name, words, checked) => h("label", { class: "size-option plain" },
    h("input", { type: "radio", name: "pause", checked, testid: `pause-${name}`, onchange: () => { until.hidden = name === "open"; } }), h("span", null, words));
  const node = h("div", { class: "rhythm" },
    h("fieldset", { class: "size-picker" }, h("legend", { class: "hidden" }, "How long"), choice("day", "Until a day", true), choice("open", "Until I resume", false)), until);
  return { node, body: () => ({ until: until.hidden ? null : input.value || null }) };
}

function pauseWords(answer) {
  const until = answer.subscription.paused_until;
  const words = until ? `Nothing is delivered before ${formatDay(until)}.` : "Nothing is delivered until you resume.";
  return [h("p", null, words), consequences(answer)];
}

const REASONS = ["", "We have too much at home", "It is too dear", "We are moving away", "We were not happy with it", "We only wanted to try it"];

function cancelFields() {
  const choice = (when, words, checked) => h("label", { class: "size-option plain" },
    h("input", { type: "radio", name: "when", value: when, checked, testid: `cancel-${when}` }), h("span", null, words));
  const why = field({ label: "Why", options: REASONS.map((one) => [one, one || "I would rather not say"]), testid: "cancel-reason" });
  const when = h("fieldset", { class: "size-picker" }, h("legend", { class: "hidden" }, "When"), choice("now", "Now", true), choice("end_of_paid", "After what is paid"));
  const body = () => ({ reason: why.querySelector("select").value, when: when.querySelector(":checked").value });
  return { node: h("div", { class: "rhythm" }, when, why), body };
}

const cancelWords = (answer) => [
  h("p", null, answer.subscription.status === "cancelled" ? "Nothing more is planned. You can take it up again later." : "What is paid still comes; then it ends. Until then you can change your mind."),
  consequences(answer),
];

/** {pause(), resume(), cancel(), keepOn(), end(), takeUp()} for this subscription; `done(answer)` after each. */
export function actsOn(subscription, signal, done) {
  const path = `/subscriptions/${subscription.id}`;
  const open = (sheet) => openSheet({ signal, done, body: () => ({}), ...sheet });
  return {
    pause: () => {
      const fields = pauseFields();
      open({ title: "Pause the subscription?", path: `${path}/pause`, fields: fields.node, body: fields.body, told: pauseWords, confirm: "Pause", keep: "Go on as it is" });
    },
    resume: () => open({
      title: "Resume the subscription?", path: `${path}/resumption`,
      told: (answer) => [h("p", null, "Deliveries come again, on their old rhythm."), consequences(answer)],
      confirm: "Resume", keep: "Stay paused",
    }),
    cancel: () => {
      const fields = cancelFields();
      open({ title: "Cancel the subscription?", path: `${path}/cancellation`, fields: fields.node, body: fields.body, told: cancelWords, confirm: "Cancel the subscription", keep: "Keep it" });
    },
    keepOn: () => open({
      title: "Go on after all?", method: "DELETE", path: `${path}/cancellation`, body: () => undefined,
      told: (answer) => [h("p", null, "It goes on as agreed."), consequences(answer)], confirm: "Go on", keep: "Let it end",
    }),
    end: () => {
      const until = endPicker({ endsOn: subscription.ends_on, endsAfter: subscription.ends_after });
      open({
        title: "Until when?", method: "PUT", path: `${path}/end`, fields: until.node, body: until.end, confirm: "Set the end", keep: "Leave it as it is",
        told: (answer) => [h("p", null, endWords(answer.subscription) ?? "It goes on until you end it."), consequences(answer)],
      });
    },
    takeUp: () => open({
      title: "Take it up again?", path: `${path}/reactivation`,
      told: (answer) => [h("p", null, `${sentence(answer.subscription.text)}.`), consequences(answer)], confirm: "Take it up again", keep: "Not now",
    }),
  };
}
