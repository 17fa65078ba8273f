/** Many orders at once: what is ticked, the four moves, and a preview of what would become of each. */

import { announce, h } from "../dom.js";
import { openSheet } from "../sheet.js";
import { count, fulfilmentWords } from "../words.js";

const MOVES = [["packed", "Pack"], ["out_for_delivery", "Send out"], ["delivered", "Delivered"], ["cancelled", "Cancel"]];

function fate(move) {
  return h("li", { testid: "move", "data-moved": String(move.is_moved) }, h("strong", null, move.number || "Unknown order"), " ",
    move.is_moved ? `${fulfilmentWords({ status: move.before })} → ${fulfilmentWords({ status: move.after })}` : h("span", { class: "wrong" }, move.detail));
}

const told = (answer) => [
  h("p", null, answer.moved ? `${count(answer.moved, "order", "orders")} will be moved${answer.refused ? `, ${answer.refused} cannot be` : ""}.` : "None of these can be moved."),
  h("ul", { class: "fates" }, answer.items.map(fate)),
];

/** `ticked()` answers the ids; `done()` draws the list anew. */
export function bulkBar(ticked, signal, done) {
  const words = h("span", { testid: "ticked", "aria-live": "polite" });
  const buttons = MOVES.map(([to, label]) => h("button", {
    type: "button", class: "button quiet", testid: `move-${to}`,
    onclick: () => openSheet({
      title: `${label}: ${count(ticked().length, "order", "orders")}`, path: "/order-moves", body: () => ({ order_ids: ticked(), to }),
      told, isPossible: (answer) => answer.moved > 0, confirm: label, keep: "Not now", signal,
      done: (answer) => { announce(`${answer.moved} moved, ${answer.refused} refused`); done(); },
    }),
  }, label));
  const follow = () => {
    words.textContent = ticked().length ? `${ticked().length} chosen` : "Choose orders below";
    for (const button of buttons) button.disabled = !ticked().length;
  };
  follow();
  return { node: h("div", { class: "bulk", role: "group", "aria-label": "Move the chosen orders" }, words, buttons), follow };
}
