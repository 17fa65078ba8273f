/** What is agreed becomes different from a day on: quantities, goods, rhythm, address, shift. Each can be taken back until it begins. */

import { addressText, fetchAddresses } from "../addresses.js";
import { formatDay } from "../dates.js";
import { h } from "../dom.js";
import { field } from "../forms.js";
import { openSheet } from "../sheet.js";
import { sentence } from "../words.js";
import { consequences } from "./consequences.js";
import { shiftPicker } from "./ending.js";
import { shelfOptions } from "./goods.js";
import { rhythm } from "./rhythm.js";
import { weekdayQuantities } from "./weekdays.js";

/** The subscription as the dry run answers it, in words: what holds from the day on. */
function told(answer) {
  const { changes, text } = answer.subscription;
  return [...changes.map((one) => h("p", { testid: "told-change" }, `From ${formatDay(one.from_on)}: ${one.text}.`)), changes.length ? null : h("p", null, `${sentence(text)}.`), consequences(answer)];
}

function quantityFields(subscription, products) {
  const what = field({ label: "What", required: true, testid: "change-variant", options: [
    ...subscription.lines.map((line) => [line.variant_id, `${line.name}, ${line.unit}`]), ...shelfOptions(products, subscription.lines.map((line) => line.variant_id))] });
  const many = field({ label: "How many in each delivery", type: "number", inputmode: "numeric", min: 0, max: 99, step: 1, required: true, hint: "0 takes it out.", testid: "change-quantity" });
  const [chosen, input] = [what.querySelector("select"), many.querySelector("input")];
  const place = h("div", null);
  let weekdays;
  const show = () => {
    const line = subscription.lines.find((one) => one.variant_id === chosen.value);
    input.value = line?.quantity ?? 1;
    weekdays = weekdayQuantities(chosen.selectedOptions[0]?.textContent ?? "", line?.by_weekday);
    place.replaceChildren(weekdays.node);
  };
  chosen.addEventListener("change", show);
  show();
  const body = () => (Number.isNaN(input.valueAsNumber) ? null : { lines: [{ variant_id: chosen.value, quantity: input.valueAsNumber, by_weekday: input.valueAsNumber ? weekdays.byWeekday() : {} }] });
  return { node: h("div", { class: "rhythm" }, what, many, place), body };
}

function swapFields(subscription, products) {
  const from = field({ label: "Instead of", required: true, testid: "swap-from", options: subscription.lines.map((line) => [line.variant_id, `${line.name}, ${line.unit}`]) });
  const to = field({ label: "From then on", required: true, testid: "swap-to", options: shelfOptions(products, subscription.lines.map((line) => line.variant_id)) });
  const value = (one) => one.querySelector("select").value;
  return { node: h("div", { class: "rhythm" }, from, to), body: () => ({ swap: { variant_id: value(from), with_variant_id: value(to) } }) };
}

function addressFields(addresses) {
  const node = h("fieldset", { class: "address-list" }, h("legend", { class: "hidden" }, "Deliver to"),
    addresses.map((one, place) => h("div", { class: "address-choice" }, h("label", null, h("input", { type: "radio", name: "to", value: one.id, checked: place === 0 }), addressText(one)))));
  return { node, body: () => ({ address_id: node.querySelector(":checked")?.value }) };
}

const rhythmFields = () => { const often = rhythm("change-rhythm"); return { node: often.node, body: () => ({ rule: often.rule() }) }; };
const shiftFields = ({ shift }) => { const when = shiftPicker(null, shift === "morning" ? "evening" : "morning"); return { node: when.node, body: () => ({ shift: when.shift() }) }; };

/** {quantities, swap, rhythm, shift, address, takeBack(from)}; `firstDay` is the next delivery that can still be changed. */
export function changesOf(subscription, products, firstDay, signal, done) {
  const path = `/subscriptions/${subscription.id}/changes`;
  function open(title, fields) {
    const from = field({ label: "From", type: "date", required: true, min: firstDay, value: firstDay, testid: "change-from" });
    openSheet({
      title, path, fields: h("div", { class: "rhythm" }, fields.node, from), told, confirm: "Change it", keep: "Leave it as it is", signal, done,
      body: () => { const changed = fields.body(); const day = from.querySelector("input").value; return changed && day ? { from_on: day, ...changed } : null; },
    });
  }
  return {
    quantities: () => open("Other quantities from a day on", quantityFields(subscription, products)),
    swap: () => open("Something else from a day on", swapFields(subscription, products)),
    rhythm: () => open("Another rhythm from a day on", rhythmFields()),
    shift: () => open("Another time of day", shiftFields(subscription)),
    address: async () => open("Another address from a day on", addressFields(await fetchAddresses(signal))),
    takeBack: ({ from_on: day }) => openSheet({
      title: `Take back the change of ${formatDay(day)}?`, method: "DELETE", path: `${path}/${day}`, body: () => undefined, told, confirm: "Take it back", keep: "Keep the change", signal, done,
    }),
  };
}
