/** What every page for staff has around it: who is here, the ways between the pages, and a sign-in for everybody else. */

import { h } from "../dom.js";
import { actionButton, field, form } from "../forms.js";
import { go } from "../router.js";
import { presentStaff, signInStaff, signOut } from "../session.js";

const PAGES = [["/staff", "Orders"], ["/staff/returns", "Returns"], ["/staff/refunds", "Refunds"], ["/staff/packing", "Packing"], ["/staff/routes", "Routes"], ["/staff/ahead", "Ahead"]];

const signInForm = (path) => form({ class: "panel narrow", testid: "staff-form", novalidate: true }, async ({ email, password }) => {
  await signInStaff(email ?? "", password ?? "");
  go(`#${path}`, { replace: true });
},
h("h1", null, "For staff"),
field({ label: "E-mail", name: "email", type: "email", required: true, autocomplete: "username", rule: "This is not a whole e-mail address.", testid: "staff-email" }),
field({ label: "Password", name: "password", type: "password", required: true, autocomplete: "current-password", testid: "staff-password" }),
h("button", { type: "submit", class: "button big", testid: "staff-sign-in" }, "Sign in"));

/** A page for staff: `make()` answers its nodes, once somebody of the shop's is here. */
export async function staffPage(path, title, make) {
  const staff = await presentStaff();
  if (!staff) return { title: "For staff", content: h("div", { class: "centre" }, signInForm(path)) };
  return {
    title,
    content: h("div", { class: "staff" },
      h("div", { class: "staff-head" },
        h("nav", { class: "mine", "aria-label": "For staff" }, PAGES.map(([to, words]) =>
          h("a", { class: "chip", href: `#${to}`, "aria-current": to === path ? "page" : null, testid: `staff-${words.toLowerCase()}` }, words))),
        h("div", { class: "who small" }, `${staff.name || staff.email}, ${staff.role}`,
          actionButton("Sign out", { class: "link", testid: "sign-out" }, async () => { await signOut(); go("#/staff", { replace: true }); }))),
      await make()),
  };
}
