/** How far an order has come, in the API's own words; what `explain` tells of it as well is left to that. */

import { api } from "../api.js";

const TOLD_ELSEWHERE = ["placed", "paid", "cancelled"];

/** [{at, words}], oldest first. */
export async function milestones(path, signal) {
  const { items } = await api("GET", `${path}/timeline`, { signal });
  return items.filter(({ kind }) => !TOLD_ELSEWHERE.includes(kind)).map(({ at, text }) => ({ at, words: text }));
}
