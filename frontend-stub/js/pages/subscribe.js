/** Subscribe to a product: what comes, how often, from when, where to, how it is paid; with the first dates as one chooses. */

import { addressSection, fetchAddresses } from "../addresses.js";
import { api, newKey } from "../api.js";
import { allProducts, productBySlug } from "../catalogue.js";
import { daysAfter, formatDay, today } from "../dates.js";
import { h, pause } from "../dom.js";
import { field, form } from "../forms.js";
import { pay } from "../payment.js";
import { Problem, problemNote } from "../problem.js";
import { go, link } from "../router.js";
import { requireSignIn } from "../session.js";
import { endPicker, shiftPicker } from "../subscriptions/ending.js";
import { linePicker } from "../subscriptions/lines.js";
import { wayToPay } from "../subscriptions/paying.js";
import { previewOf } from "../subscriptions/preview.js";
import { rhythm } from "../subscriptions/rhythm.js";
import { empty } from "../widgets.js";

const FORM = "subscribe"; // the form's id: its controls stand in several panels, an address form among them
const KEY = "rozana.subscribe";
const TYPING_PAUSE_MS = 350;
const FIRST_DAY_AHEAD = 5; // near, and still far enough for a bank to announce the debit
const LAST_DAY_AHEAD = 366;

/** One key per wish: a second tap, a reload and a lost answer repeat the same request and get the same subscription. */
function keyFor(body) {
  const text = JSON.stringify(body);
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept?.text === text) return kept.key;
  const made = { text, key: newKey() };
  sessionStorage.setItem(KEY, JSON.stringify(made));
  return made.key;
}

async function subscribe(body) {
  let answer;
  try {
    answer = await api("POST", "/subscriptions", { body, key: keyFor(body) });
  } catch (error) {
    if (error instanceof Problem && error.status < 500 && error.status > 0) sessionStorage.removeItem(KEY); // a refusal is final
    throw error;
  }
  sessionStorage.removeItem(KEY);
  const path = `/subscriptions/${answer.subscription.id}`;
  if (answer.payment) pay(path, answer.payment);
  else if (answer.subscription.provider?.approve_url) location.assign(answer.subscription.provider.approve_url);
  else go(link(path));
}

function firstDayField() {
  return field({
    label: "First day", name: "starts_on", form: FORM, type: "date", required: true, testid: "starts-on",
    min: today(), max: daysAfter(today(), LAST_DAY_AHEAD), value: daysAfter(today(), FIRST_DAY_AHEAD),
    rule: "Choose a day from today on.",
  });
}

/** The day in words: a browser writes its numbers in an order of its own. */
function sayDay(input) {
  input.parentElement.querySelector(".hint").textContent = input.value && formatDay(input.value);
}

/** Rehearses the wish after each pause in changing it. `place` shows the answer; `refused` may put things right by itself. */
function rehearser(place, bodyOf, refused, signal) {
  let asked = new AbortController();
  signal.addEventListener("abort", () => asked.abort(), { once: true });
  const show = (nodes) => { place.classList.remove("stale"); place.replaceChildren(...[nodes].flat(Infinity).filter(Boolean)); };
  return async () => {
    asked.abort();
    asked = new AbortController();
    const { signal: current } = asked;
    const body = bodyOf();
    if (!body.address_id) return show(h("p", { class: "small" }, "Tell us where to, and you see the first dates and prices here."));
    place.classList.add("stale");
    await pause(TYPING_PAUSE_MS, current);
    if (current.aborted) return undefined;
    try {
      const answer = await api("POST", "/subscriptions?dry_run=true", { body, signal: current });
      return show(previewOf(answer));
    } catch (error) {
      if (!current.aborted && !refused(error)) show(problemNote(error));
      return undefined;
    }
  };
}

/** A device whose clock is behind the store's proposes a day that has passed there; nobody chose it, so another is proposed. */
function proposeLater(input, error, changed) {
  if (error.code !== "start_in_past" || input.dataset.chosen) return false;
  input.min = error.facts.earliest;
  input.max = daysAfter(input.min, LAST_DAY_AHEAD);
  input.value = daysAfter(input.min, FIRST_DAY_AHEAD);
  input.dataset.chosen = "by us";
  changed();
  return true;
}

const panel = (title, ...children) => h("section", { class: "panel" }, h("h2", null, title), children);

function page(product, variant, products, addresses, signal) {
  const place = h("div", { class: "preview", testid: "preview" });
  const button = h("button", { type: "submit", class: "button big", testid: "subscribe" }, "Subscribe");
  const picked = { address: null, changed: () => {} }; // told only once everything stands
  const often = rhythm(FORM);
  const firstDay = firstDayField();
  const startsOn = firstDay.querySelector("input");
  const paying = wayToPay(FORM);
  const when = shiftPicker(FORM);
  const until = endPicker({ form: FORM });
  const goods = linePicker(product, variant, products, () => changed());
  const where = addressSection(addresses, picked);
  const bodyOf = () => ({
    lines: goods.lines(), rule: often.rule(), starts_on: startsOn.value || null, address_id: picked.address?.id,
    shift: when.shift(), ...until.end(), ...paying.terms(),
  });
  const rehearse = rehearser(place, bodyOf, (error) => proposeLater(startsOn, error, () => changed()), signal);
  function changed() {
    button.disabled = !picked.address;
    sayDay(startsOn);
    button.textContent = ["mandate", "provider"].includes(paying.terms().payment_method) ? "Subscribe and approve" : "Subscribe";
    rehearse();
  }
  picked.changed = changed;
  startsOn.addEventListener("input", () => { startsOn.dataset.chosen = "by hand"; });
  const node = h("div", { class: "two", oninput: changed },
    h("div", { class: "stack" },
      panel("In each delivery", goods.node), panel("How often", often.node, when.node, firstDay), panel("Until when", until.node), where, panel("How you pay", paying.node)),
    form({ class: "panel summary", id: FORM, testid: "subscribe-form" }, () => subscribe(bodyOf()),
      h("h2", null, "What will come"), place, button,
      h("p", { class: "small" }, "Skip a delivery, pause or cancel whenever you like.")));
  changed();
  return node;
}

export async function subscribePage({ params: [slug], query, signal }) {
  if (!await requireSignIn(link(`/subscribe/${encodeURIComponent(slug)}`, { size: query.size }).slice(1))) return null;
  const [product, products, addresses] = await Promise.all([productBySlug(slug, signal), allProducts(), fetchAddresses(signal)]);
  const variant = product.variants.find(({ sku }) => sku === query.size) ?? product.variants[0];
  const title = `Subscribe: ${product.name}`;
  if (!variant) return { title, content: empty({ title: "Sold out", words: `${product.name} cannot be subscribed to today.` }) };
  return {
    title,
    content: h("div", { class: "subscribing" },
      h("p", { class: "crumb" }, h("a", { href: link(`/p/${encodeURIComponent(slug)}`) }, product.name), " / Subscribe"),
      h("h1", null, "Let it come by itself"), page(product, variant, products, addresses, signal)),
  };
}
