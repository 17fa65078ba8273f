/** Addresses: fetch, show, choose one, and the form that adds or changes one. */

import { api } from "./api.js";
import { h } from "./dom.js";
import { field, form } from "./forms.js";
import { asPhone, currentCustomer } from "./session.js";
import { formatPhone } from "./words.js";

/** GST codes; the state decides between CGST + SGST and IGST, so it is asked, never guessed from the PIN. */
const STATES = [
  ["35", "Andaman and Nicobar"], ["37", "Andhra Pradesh"], ["12", "Arunachal Pradesh"], ["18", "Assam"], ["10", "Bihar"],
  ["04", "Chandigarh"], ["22", "Chhattisgarh"], ["26", "Dadra, Nagar Haveli, Daman and Diu"], ["07", "Delhi"], ["30", "Goa"],
  ["24", "Gujarat"], ["06", "Haryana"], ["02", "Himachal Pradesh"], ["01", "Jammu and Kashmir"], ["20", "Jharkhand"],
  ["29", "Karnataka"], ["32", "Kerala"], ["38", "Ladakh"], ["31", "Lakshadweep"], ["23", "Madhya Pradesh"],
  ["27", "Maharashtra"], ["14", "Manipur"], ["17", "Meghalaya"], ["15", "Mizoram"], ["13", "Nagaland"], ["21", "Odisha"],
  ["34", "Puducherry"], ["03", "Punjab"], ["08", "Rajasthan"], ["11", "Sikkim"], ["33", "Tamil Nadu"], ["36", "Telangana"],
  ["16", "Tripura"], ["09", "Uttar Pradesh"], ["05", "Uttarakhand"], ["19", "West Bengal"],
];

const stateName = (code) => STATES.find(([known]) => known === code)?.[1] ?? "";

export async function fetchAddresses(signal) {
  return (await api("GET", "/addresses", { signal })).items;
}

export function addressText(address) {
  return h("address", null,
    h("strong", null, address.name), h("br"),
    [address.line1, address.line2].filter(Boolean).join(", "), h("br"),
    `${address.city} ${address.pin}, ${stateName(address.state_code)}`, h("br"),
    h("span", { class: "small" }, formatPhone(address.phone)));
}

/** Adds an address, or changes `initial` when it has an id; then calls `saved` with what the API kept. */
export function addressForm(initial, saved, cancel) {
  const text = (name, label, more) => field({ name, label, required: true, value: initial[name], testid: `address-${name}`, ...more });
  return form({ class: "address-form", testid: "address-form" }, async (values) => {
    const body = { ...values, phone: asPhone(values.phone ?? "") };
    saved(await (initial.id ? api("PATCH", `/addresses/${initial.id}`, { body }) : api("POST", "/addresses", { body })));
  },
  h("div", { class: "fields" },
    text("name", "Full name", { autocomplete: "name" }),
    text("phone", "Phone at the door", { type: "tel", autocomplete: "tel", inputmode: "tel", rule: "This is not a whole phone number." }),
    text("line1", "House and street", { autocomplete: "address-line1", wide: true }),
    text("line2", "Area or landmark", { autocomplete: "address-line2", wide: true, required: false }),
    text("pin", "PIN code", { inputmode: "numeric", autocomplete: "postal-code", maxlength: 6, rule: "A PIN code has six digits." }),
    text("city", "City", { autocomplete: "address-level2" }),
    text("state_code", "State", { options: [["", "Choose"], ...STATES], wide: true, value: initial.state_code ?? "" })),
  h("div", { class: "buttons" },
    h("button", { type: "submit", class: "button", testid: "address-save" }, "Save address"),
    cancel && h("button", { type: "button", class: "button quiet", testid: "address-cancel", onclick: cancel }, "Cancel")));
}

function addressChoice(address, chosen, choose, edit) {
  return h("div", { class: "address-choice" },
    h("label", null,
      h("input", { type: "radio", name: "address", value: address.id, checked: address.id === chosen?.id, testid: "address-choice", onchange: () => choose(address) }),
      addressText(address)),
    h("button", { type: "button", class: "link", onclick: edit, "aria-label": `Change the address of ${address.name}` }, "Change"));
}

/** Picks one of the addresses or shows the form; `picked.address` is what will be used, `picked.changed()` is told. */
export function addressSection(addresses, picked) {
  const body = h("div", null);
  const choose = (address) => { picked.address = address; picked.changed(); };
  const save = (address) => {
    const place = addresses.findIndex((known) => known.id === address.id);
    if (place < 0) addresses.push(address); else addresses[place] = address;
    choose(address);
    showList();
    body.querySelector("input:checked")?.focus();
  };
  function showForm(initial) {
    choose(null);
    body.replaceChildren(addressForm(initial, save, addresses.length ? () => { choose(addresses[0]); showList(); } : null));
  }
  function showList() {
    body.replaceChildren(
      h("div", { class: "address-list", role: "radiogroup", "aria-label": "Deliver to" },
        addresses.map((address) => addressChoice(address, picked.address, choose, () => showForm(address)))),
      h("button", { type: "button", class: "button quiet", testid: "address-new", onclick: () => showForm({}) }, "Add another address"));
  }
  const customer = currentCustomer();
  if (addresses.length) { picked.address = addresses[0]; showList(); }
  else showForm({ name: customer.name, phone: customer.phone });
  return h("section", { class: "panel" }, h("h2", null, "Deliver to"), body);
}
