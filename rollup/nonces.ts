// Exactly once, on many channels at a time: sealed lists of one key arrive in any order, so nonces are not counted up
// but crossed off, in a window that follows the highest.

import { BoundedMap, strictJson } from "../sdk/index.ts";

export const nonceWindow = 256;
/** How far a nonce may leap ahead; without it one typing error would end the key. */
export const nonceLeapMax: number = 2 ** 20;

interface Window {
  /** The highest nonce used, 0 at first. */
  readonly top: number;
  /** Bit i: `top - i` is used. */
  readonly used: bigint;
}

const mask = (1n << BigInt(nonceWindow)) - 1n;

/** The windows of all keys by name. The key unused for longest makes room; in a rollup a deposit stands behind each. */
export class Nonces {
  readonly #windows: BoundedMap<string, Window>;

  constructor(keysMax: number) {
    this.#windows = new BoundedMap(keysMax);
  }

  /** Crosses it off; false when it was used, is too old to know, or leaps too far. */
  use(key: string, nonce: number): boolean {
    const { top, used } = this.#windows.get(key) ?? { top: 0, used: 0n };
    if (nonce > top + nonceLeapMax || nonce <= top - nonceWindow) return false;
    const risen = Math.max(0, nonce - top);
    const shifted = risen >= nonceWindow ? 0n : (used << BigInt(risen)) & mask;
    const bit = 1n << BigInt(top + risen - nonce);
    if (shifted & bit) return false;
    this.#windows.set(key, { top: top + risen, used: shifted | bit });
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
