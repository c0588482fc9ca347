// Which node has which place in an epoch. The machines know their peers by place: the seats of the committee come first,
// and behind them whoever may listen without one. Places are one's own affair beyond the seats: no message names them.

import { toHex } from "../base/index.ts";
import { type Committee, limits, ValidatorIndex } from "../protocol/index.ts";

export class PeerTable {
  readonly #places = new Map<string, ValidatorIndex>();
  readonly #keys: readonly Uint8Array[];

  /** `others`: network keys of nodes that may listen, who matters most first; what is beyond the limit has no place. */
  constructor({ members }: Committee, others: readonly Uint8Array[]) {
    const keys = [...members.map(({ networkKey }) => networkKey), ...others];
    const placesMax = members.length + limits.observersMax;
    const kept: Uint8Array[] = [];
    for (const key of keys) {
      const name = toHex(key);
      if (this.#places.has(name) || kept.length >= placesMax) continue;
      this.#places.set(name, ValidatorIndex(kept.length));
      kept.push(key);
    }
    this.#keys = kept;
  }

  /** By place. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** Undefined for a node that has no place in this epoch. */
  placeOf(networkKey: Uint8Array): ValidatorIndex | undefined {
    return this.#places.get(toHex(networkKey));
  }
}
