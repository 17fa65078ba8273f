/** What a customer can do with a subscription, each through a sheet that says first what would happen. */

import { daysAfter, formatDay, today } from "../dates.js";
import { h } from "../dom.js";
import { field } from "../forms.js";
import { openSheet } from "../sheet.js";
import { consequences } from "./consequences.js";

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

/** {skip(delivery), pause(), resume(), cancel()} for this subscription; `done(answer)` after each. */
export function actsOn(subscription, signal, done) {
  const path = `/subscriptions/${subscription.id}`;
  const open = (sheet) => openSheet({ signal, done, body: () => ({}), ...sheet });
  return {
    skip: (delivery) => open({
      title: `Skip ${formatDay(delivery.delivers_on)}?`, path: `${path}/skips`, body: () => ({ delivers_on: delivery.delivers_on }),
      told: (answer) => [h("p", null, `Nothing is delivered on ${formatDay(delivery.delivers_on)}; no other date moves.`), consequences(answer)],
      confirm: "Skip it", keep: "Keep it",
    }),
    pause: () => {
      const fields = pauseFields();
      open({ title: "Pause the subscription?", path: `${path}/pause`, fields: fields.node, body: fields.body, told: pauseWords, confirm: "Pause", keep: "Go on as it is" });
    },
    resume: () => open({
      title: "Resume the subscription?", path: `${path}/resumption`,
      told: (answer) => [h("p", null, "Deliveries come again, on their old rhythm."), consequences(answer)],
      confirm: "Resume", keep: "Stay paused",
    }),
    cancel: () => open({
      title: "Cancel the subscription?", path: `${path}/cancellation`, body: () => ({ reason: "" }),
      told: (answer) => [h("p", null, "Nothing more is planned. This cannot be taken back; you can subscribe anew at any time."), consequences(answer)],
      confirm: "Cancel the subscription", keep: "Keep it",
    }),
  };
}
