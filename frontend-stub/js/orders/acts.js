/** What a customer can do with an order: cancel it or a part of it, report what was wrong. Each through a sheet. */

import { h } from "../dom.js";
import { field } from "../forms.js";
import { formatMoney } from "../money.js";
import { openSheet } from "../sheet.js";
import { isAtTheDoor, openPieces, parcelsOf, REASON_CHOICES, reportable, wayBack } from "./words.js";

export const canCancel = (order) => order.can_cancel;

/** Less than all of it; the last pieces are cancelled as a whole order. */
export const canCancelLines = (order) => order.status === "confirmed"
  && order.lines.reduce((pieces, line) => pieces + openPieces(line), 0) > (parcelsOf(order).length ? 0 : 1);

export const canReport = (order) => [...reportable(order).values()].some((left) => left > 0);

/** A number for each line, none chosen yet; `chosen()` answers [{line_id, quantity}] as the API takes it. */
export function piecePicker(order, most, legend) {
  const rows = order.lines.filter((line) => most(line) > 0).map((line) => {
    const numbers = Array.from({ length: most(line) + 1 }, (_, number) => [String(number), number === 0 ? "none" : String(number)]);
    const node = field({ label: `${line.name}, ${line.unit}`, options: numbers, required: true, testid: "pieces", "data-sku": line.sku });
    return { line, node, select: node.querySelector("select") };
  });
  if (rows.length === 1) rows[0].select.value = String(most(rows[0].line)); // nothing to choose among
  return {
    node: h("fieldset", { class: "pieces" }, h("legend", null, legend), rows.map((row) => row.node)),
    chosen: () => rows.map(({ line, select }) => ({ line_id: line.id, quantity: Number(select.value) })).filter(({ quantity }) => quantity > 0),
  };
}

/** What a cancellation gives back: the refunds that the answer has and the page did not. */
export function moneyBack(order, answer) {
  const known = new Set(order.refunds.map((refund) => refund.id));
  const fresh = answer.refunds.filter((refund) => !known.has(refund.id));
  if (fresh.length) return fresh.map((refund) => h("p", null, h("strong", null, formatMoney(refund.amount)), ` goes back ${wayBack(refund, order)}.`));
  if (answer.status === "cancelled") return h("p", null, "Nothing was paid, so nothing is charged.");
  return isAtTheDoor(order) ? h("p", null, "You then pay ", h("strong", null, formatMoney(answer.owed)), " at the door.") : null;
}

function reportFields(order) {
  const left = reportable(order);
  const pieces = piecePicker(order, (line) => left.get(line.id) ?? 0, "With which of these?");
  const choices = (name, options, checked) => options.map(([value, words]) => h("label", { class: "size-option plain" },
    h("input", { type: "radio", name, value, checked: value === checked, testid: `${name}-${value}` }), h("span", null, words)));
  const note = field({ label: "Tell us more", name: "note", maxlength: 200, testid: "note" });
  const paidByWallet = order.payment_method === "wallet";
  const node = h("div", { class: "rhythm" },
    h("fieldset", { class: "size-picker kinds" }, h("legend", null, "What was wrong?"), choices("reason", REASON_CHOICES, "spoilt")),
    pieces.node, note,
    order.paid.amount > 0 && h("fieldset", { class: "size-picker" }, h("legend", null, "Where should the money go?"),
      choices("refund_to", [...(paidByWallet ? [] : [["source", "To how I paid"]]), ["wallet", "To my wallet, at once"]], paidByWallet ? "wallet" : "source")));
  const picked = (name) => node.querySelector(`[name=${name}]:checked`)?.value;
  const body = () => (pieces.chosen().length
    ? { reason: picked("reason"), lines: pieces.chosen(), note: node.querySelector("[name=note]").value.trim(), refund_to: picked("refund_to") ?? "source" }
    : null);
  return { node, body };
}

/** {cancel(), cancelLines(), report()}; `done(answer)` after each. */
export function actsOn(order, signal, done) {
  const path = `/orders/${order.id}`;
  return {
    cancel: () => openSheet({
      title: "Cancel this order?", path: `${path}/cancellation`, body: () => ({}), confirm: "Cancel the order", keep: "Keep it", signal, done,
      told: (answer) => [h("p", null, "Nothing of it comes. This cannot be taken back."), moneyBack(order, answer)],
    }),
    cancelLines: () => {
      const pieces = piecePicker(order, openPieces, "How many of each should not come?");
      const body = () => (pieces.chosen().length ? { lines: pieces.chosen() } : null);
      openSheet({
        title: "Cancel a part of it?", path: `${path}/cancellation`, fields: pieces.node, body, confirm: "Cancel these", keep: "Keep everything", signal, done,
        told: (answer) => (answer ? moneyBack(order, answer) : h("p", { class: "small" }, "Choose what should not come.")),
      });
    },
    report: () => {
      const fields = reportFields(order);
      openSheet({
        title: "Something was wrong", path: `${path}/returns`, fields: fields.node, body: fields.body, isRehearsed: false, confirm: "Tell the shop", keep: "Never mind", signal, done,
        told: () => h("p", { class: "small" }, fields.body() ? "Small amounts go back at once; for others we look at it first." : "Choose what it is about."),
      });
    },
  };
}
