/** Name and mail, the devices signed in, the way out. */

import { api } from "../api.js";
import { forgetCart } from "../cart.js";
import { formatInstant } from "../dates.js";
import { h } from "../dom.js";
import { actionButton, field, form } from "../forms.js";
import { go } from "../router.js";
import { currentCustomer, requireSignIn, signOut, updateMe } from "../session.js";
import { mine } from "../widgets.js";
import { deviceName, formatPhone } from "../words.js";

function details(customer) {
  const saved = h("p", { class: "good-words", role: "status" });
  return form({ class: "panel", testid: "me-form" }, async (values) => {
    saved.textContent = "";
    await updateMe(values);
    saved.textContent = "Saved.";
  },
  h("h2", null, "You"), h("p", { class: "small" }, formatPhone(customer.phone)),
  h("div", { class: "fields" },
    field({ label: "Name", name: "name", autocomplete: "name", value: customer.name ?? "", testid: "me-name" }),
    field({ label: "E-mail", name: "email", type: "email", rule: "This is not a whole e-mail address.", autocomplete: "email", value: customer.email ?? "", testid: "me-email" })),
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "button", testid: "me-save" }, "Save"), saved));
}

function device(session) {
  const node = h("li", { testid: "session" },
    h("div", null, h("strong", null, deviceName(session.user_agent), session.is_current && " (this one)"),
      h("p", { class: "small" }, `Last seen ${formatInstant(session.last_used_at)}`)),
    !session.is_current && actionButton("Sign out there", { class: "link", testid: "session-end" }, async () => {
      await api("DELETE", `/sessions/${session.id}`);
      node.remove();
    }));
  return node;
}

export async function accountPage({ signal }) {
  if (!await requireSignIn("/account")) return null;
  const { items: sessions } = await api("GET", "/sessions", { signal });
  return {
    title: "Account",
    content: h("div", { class: "narrow-page" }, h("h1", null, "Your account"), mine(""), details(currentCustomer()),
      h("section", { class: "panel" }, h("h2", null, "Where you are signed in"), h("ul", { class: "devices" }, sessions.map(device)),
        actionButton("Sign out of this device", { class: "link", testid: "sign-out" }, async () => {
          await signOut();
          forgetCart();
          go("#/", { replace: true });
        }))),
  };
}
