/** The next page of a list, at the list's end. */

import { api, query } from "./api.js";
import { h } from "./dom.js";
import { actionButton } from "./forms.js";

/** `path` answers {items, next}; `add(items)` puts them on the screen. Null where there is nothing more. */
export function moreButton(words, path, filter, next, add) {
  if (!next) return null;
  const node = actionButton(words, { class: "button quiet", testid: "more" }, async () => {
    const page = await api("GET", `${path}${query({ ...filter, after: next })}`);
    add(page.items);
    next = page.next;
    node.hidden = !next;
  });
  return h("div", { class: "more" }, node);
}
