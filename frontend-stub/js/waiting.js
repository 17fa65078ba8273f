/** Waiting for somebody else's answer (a bank's): looks again by itself for a while, then leaves it to a person. */

import { api } from "./api.js";
import { pause } from "./dom.js";
import { Problem } from "./problem.js";

const FIRST_LOOK_MS = 800;
const SLOWER = 1.5;
const LOOKS = 7; // about 25 seconds with the growing pauses

/** `seen` as `path` answers it once it is no longer `isOpen`, or at the last look; null when the page was left meanwhile. */
export async function lookAgain(path, seen, isOpen, signal) {
  for (let look = 1, wait = FIRST_LOOK_MS; look <= LOOKS; look += 1, wait *= SLOWER) {
    await pause(wait, signal);
    if (signal.aborted) return null;
    try {
      seen = await api("GET", path, { signal });
    } catch (error) {
      if (signal.aborted) return null;
      // An unreachable shop is only one more reason to wait.
      if (!(error instanceof Problem && error.isTransient)) throw error;
    }
    if (!isOpen(seen)) break;
  }
  return seen;
}
