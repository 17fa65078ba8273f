/** The recorded facts of an order as the story a shopper wants; everything else stays one tap away. */

import { h } from "./dom.js";
import { formatInstant, sentence } from "./words.js";

/** The recorded acts that matter to who bought. What is missing here is bookkeeping, and is listed in full below. */
const STORY = {
  "order.placed": "You placed the order",
  "stock.reserved": "We put everything aside for you",
  "payment.failed": "A payment did not go through",
  "payment.captured": "Your payment arrived",
  "payment.captured_again": "A second payment arrived",
  "order.paid_late": "A payment arrived after we had let the order go",
  "order.confirmed": "We confirmed the order",
  "stock.released": "What we had put aside went back on the shelf",
};
const CHANNELS = { email: "e-mail", sms: "SMS" };
const MESSAGE = /^(\w+) by (email|sms) delivered$/;

/** "" for a fact that is bookkeeping. */
function tell(fact) {
  const message = MESSAGE.exec(fact.what);
  if (message) return `${sentence(message[1])} reached you by ${CHANNELS[message[2]]}`;
  return STORY[fact.what] ?? "";
}

function entry(fact, words, aside) {
  return h("li", null,
    h("p", { class: "small" }, h("time", { datetime: fact.at }, formatInstant(fact.at)), aside && ` · ${aside}`),
    h("p", null, words));
}

function recorded(fact) {
  const item = entry(fact, fact.what, sentence(fact.who));
  if (fact.why) item.append(h("p", { class: "small" }, fact.why));
  return item;
}

const list = (entries, testid) => h("ol", { class: "timeline", testid }, entries);

/** Words for people when the facts have some, then every fact as it was recorded: who, what, why. */
export function story({ summary, facts }) {
  const told = facts.map((fact) => [fact, tell(fact)]).filter(([, words]) => words);
  if (!told.length) return [h("p", null, summary), list(facts.map(recorded), "timeline")];
  return [
    list(told.map(([fact, words]) => entry(fact, words)), "timeline"),
    h("details", { testid: "every-fact" },
      h("summary", null, "Who did what, and why"), h("p", null, summary), list(facts.map(recorded), "facts")),
  ];
}
