// Exactly once, on many channels at a time: sealed lists of one key arrive in any order, so nonces are not counted up
// but crossed off, in a window that follows the highest.

import { BoundedMap, strictJson } from "../sdk/index.ts";
import { crossOff, freshWindow, type NonceWindow } from "./engine/index.ts";

/** The windows of all keys by name. The key unused for longest makes room; in a rollup a deposit stands behind each. */
export class Nonces {
  readonly #windows: BoundedMap<string, NonceWindow>;

  constructor(keysMax: number) {
    this.#windows = new BoundedMap(keysMax);
  }

  /** Crosses it off; false when it was used, is too old to know, or leaps too far. */
  use(key: string, nonce: number): boolean {
    const window = crossOff(this.#windows.get(key) ?? freshWindow, nonce);
    if (window === undefined) return false;
    this.#windows.set(key, window);
    return true;
  }

  /** For the file that a restart reads. */
  toJson(): unknown {
    return [...this.#windows.entries()].map(([key, { top, used }]) => [
      key,
      top,
      used.toString(16),
    ]);
  }

  /** Throws `CodedError` BAD_CURSOR. */
  static fromJson(json: unknown, keysMax: number): Nonces {
    const nonces = new Nonces(keysMax);
    if (!Array.isArray(json) || json.length > keysMax) throw strict.wrong("nonces", "a list");
    for (const entry of json as unknown[]) {
      if (!Array.isArray(entry) || entry.length !== 3) throw strict.wrong("nonces", "triples");
      const [key, top, used] = entry as unknown[];
      if (typeof key !== "string" || typeof used !== "string" || !/^[0-9a-f]{1,64}$/.test(used))
        throw strict.wrong("nonces", "a key, a nonce and a window each");
      nonces.#windows.set(key, { top: strict.integer(top, "nonces"), used: BigInt(`0x${used}`) });
    }
    return nonces;
  }
}

const strict = strictJson("BAD_CURSOR");
