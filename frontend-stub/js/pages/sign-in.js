/** Sign in with a phone number and the code sent to it. */

import { forgetCart, guestCart, loadCart } from "../cart.js";
import { h, pause } from "../dom.js";
import { field, form } from "../forms.js";
import { problemNote } from "../problem.js";
import { go } from "../router.js";
import { asPhone, currentCustomer, requestCode, signIn } from "../session.js";
import { formatPhone } from "../words.js";

/** Only our own pages: a link to sign in must not lead people to another site afterwards. */
const safeNext = (next) => (/^\/[a-z]/.test(next ?? "") ? `#${next}` : "#/");

function resendButton(phone, seconds, signal) {
  const note = h("div", null);
  const button = h("button", { type: "button", class: "link", testid: "resend", onclick: async () => {
    note.replaceChildren();
    try {
      const answer = await requestCode(phone);
      await countDown(answer.resend_in_seconds);
    } catch (error) {
      note.replaceChildren(problemNote(error));
    }
  } });
  async function countDown(left) {
    for (; left > 0 && !signal.aborted; left -= 1) {
      button.disabled = true;
      button.textContent = `Send another code in ${left} s`;
      await pause(1000, signal);
    }
    button.disabled = false;
    button.textContent = "Send another code";
  }
  countDown(seconds);
  return h("div", null, button, note);
}

function codeStep(phone, sent, { query, signal, back }) {
  return form({ class: "panel narrow", testid: "code-form", novalidate: true }, async ({ code }) => {
    await signIn(phone, (code ?? "").replaceAll(/\D/g, ""), guestCart());
    forgetCart(); // the guest's things are in the customer's cart now
    await loadCart().catch(() => null); // the cart page will say it if the shop is away
    go(safeNext(query.next), { replace: true });
  },
  h("h1", null, "Enter the code"),
  h("p", null, "We sent it by SMS to ", h("strong", null, formatPhone(phone)), ". ",
    h("button", { type: "button", class: "link", testid: "change-phone", onclick: back }, "Change")),
  field({ label: "Code", name: "code", required: true, inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, rule: "Six digits, as in the SMS.", class: "code", testid: "code" }),
  h("button", { type: "submit", class: "button big", testid: "sign-in" }, "Sign in"),
  resendButton(phone, sent.resend_in_seconds ?? 30, signal));
}

function phoneStep(phone, sent) {
  return form({ class: "panel narrow", testid: "phone-form", novalidate: true }, async (values) => {
    const number = asPhone(values.phone ?? "");
    sent(number, await requestCode(number));
  },
  h("h1", null, "Sign in"),
  h("p", null, "Your phone number is your account. No password to remember."),
  field({ label: "Phone number", name: "phone", required: true, type: "tel", autocomplete: "tel", inputmode: "tel", value: phone, placeholder: "98765 43210", hint: "Ten digits, or with the country code.", rule: "This is not a whole phone number.", testid: "phone" }),
  h("button", { type: "submit", class: "button big", testid: "send-code" }, "Send me a code"));
}

export async function signInPage({ query, signal }) {
  if (currentCustomer()) {
    go(safeNext(query.next), { replace: true });
    return null;
  }
  const content = h("div", { class: "centre" });
  const showPhone = (phone = "") => content.replaceChildren(phoneStep(phone, showCode));
  function showCode(phone, sent) {
    content.replaceChildren(codeStep(phone, sent, { query, signal, back: () => showPhone(phone) }));
    content.querySelector("[name=code]").focus();
  }
  showPhone();
  return { title: "Sign in", content };
}
