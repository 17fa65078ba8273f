/** One order in the shop: pack it (weighed goods need their weight), send it, deliver it, cancel it. */

import { addressText } from "../addresses.js";
import { api, keyPerWish } from "../api.js";
import { h } from "../dom.js";
import { actionButton, field, form } from "../forms.js";
import { formatMoney } from "../money.js";
import { moneyBack } from "../orders/acts.js";
import { documentsPanel } from "../orders/documents.js";
import { milestones } from "../orders/milestones.js";
import { linesPanel, parcelsPanel, refundsPanel, returnsPanel } from "../orders/parts.js";
import { openPieces, parcelsOf, wasSent } from "../orders/words.js";
import { statusPill } from "../pages/orders.js";
import { openSheet } from "../sheet.js";
import { explained, story } from "../story.js";
import { staffPage } from "./frame.js";

function weightField(line) {
  const meant = openPieces(line) * line.piece_grams;
  return field({ label: `${line.name}, ${openPieces(line)} × ${line.unit}: grams`, name: line.id, type: "number", min: 1, required: true, inputmode: "numeric", hint: `Meant to be ${meant} g. Lighter costs less, heavier costs the same.`, testid: "grams", "data-sku": line.sku });
}

/** Everything that is still open, in one parcel. */
function packForm(order, done) {
  const lines = order.lines.filter((line) => openPieces(line) > 0);
  if (order.status !== "confirmed" || !lines.length) return null;
  const keyFor = keyPerWish();
  return form({ class: "panel", testid: "pack-form", novalidate: true }, async (grams) => {
    const body = { lines: lines.map((line) => ({ line_id: line.id, quantity: openPieces(line), ...(line.piece_grams ? { grams: Number(grams[line.id]) || null } : {}) })) };
    await api("POST", `/orders/${order.id}/shipments`, { body, key: keyFor(body) });
    await done();
  },
  h("h2", null, "Pack it"), h("ul", { class: "brief" }, lines.map((line) => h("li", null, h("span", null, `${openPieces(line)} × ${line.name} `, h("span", { class: "small" }, line.unit))))),
  h("div", { class: "fields" }, lines.filter((line) => line.piece_grams).map(weightField)),
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "button", testid: "pack" }, "Packed")));
}

function parcelActs(parcel, done) {
  const act = (words, verb, kind) => actionButton(words, { class: kind, testid: verb }, async () => { await api("POST", `/shipments/${parcel.id}/${verb}`, { body: {} }); await done(); });
  if (parcel.status === "packed") return act("Send out", "dispatch", "button");
  if (parcel.status !== "out_for_delivery") return null;
  return h("div", { class: "parcel-acts" }, act("Delivered", "delivery", "button"), act("Nobody was there", "failed-delivery", "link"));
}

function cancelButton(order, signal, done) {
  if (!["pending_payment", "confirmed", "packed"].includes(order.status) || parcelsOf(order).some(wasSent)) return null;
  return h("button", { type: "button", class: "link", testid: "cancel", onclick: () => openSheet({
    title: `Cancel ${order.number}?`, path: `/orders/${order.id}/cancellation`, body: () => ({}), confirm: "Cancel the order", keep: "Keep it", signal, done,
    told: (answer) => [h("p", null, "What was set aside or packed goes back on the shelf, and the customer is told."), moneyBack(order, answer)],
  }) }, "Cancel the order");
}

function render({ order, told, papers, passed }, signal, done) {
  return h("div", { class: "order", testid: "order" },
    h("div", { class: "order-head" }, h("h1", { tabindex: "-1" }, "Order ", h("span", { testid: "order-number" }, order.number)), statusPill(order)),
    h("p", { class: "lead" }, `Comes to ${formatMoney(order.owed)}; ${formatMoney(order.paid)} paid, ${formatMoney(order.refunded)} given back`),
    h("div", { class: "buttons acts" }, cancelButton(order, signal, done)),
    h("div", { class: "two" },
      h("div", { class: "stack" }, packForm(order, done), parcelsPanel(order, (parcel) => parcelActs(parcel, done)), returnsPanel(order), refundsPanel(order), linesPanel(order), documentsPanel(papers),
        h("section", { class: "panel" }, h("h2", null, "Deliver to"), addressText(order.address))),
      h("section", { class: "panel" }, h("h2", null, "What happened"), story(told, passed))));
}

export function staffOrderPage({ params: [id], signal }) {
  return staffPage(`/staff/orders/${id}`, "Order", async () => {
    const path = `/orders/${encodeURIComponent(id)}`;
    const place = h("div", null);
    const draw = async () => {
      const [order, told, { items: papers }, passed] = await Promise.all([
        api("GET", path, { signal }), explained(path, signal), api("GET", `${path}/documents`, { signal }), milestones(path, signal)]);
      const again = async () => { await draw(); place.querySelector("h1").focus(); };
      place.replaceChildren(render({ order, told, papers, passed }, signal, again));
    };
    await draw();
    return place;
  });
}
