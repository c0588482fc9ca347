// The nodes that this one has to do with, each under a number for as long as it runs; and which place each has in the
// epoch that lasts. The mesh knows numbers and the machines know places.

import { toHex } from "../base/index.ts";
import type { ValidatorIndex } from "../protocol/index.ts";
import type { PeerTable } from "./peer-table.ts";

export class Roster {
  readonly #numbers = new Map<string, number>();
  readonly #keys: Uint8Array[] = [];
  #table: PeerTable;

  constructor(table: PeerTable) {
    this.#table = table;
  }

  /** Another epoch, or more who may listen. */
  enter(table: PeerTable): void {
    this.#table = table;
  }

  /** The same for the same key, ever. Keys come from committees and from the configuration, so they stay few. */
  numberOf(networkKey: Uint8Array): number {
    const name = toHex(networkKey);
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#keys.length);
    return this.#keys.push(networkKey) - 1;
  }

  /** Of a node that was numbered; undefined when it has no place now. */
  placeOf(number: number): ValidatorIndex | undefined {
    const key = this.#keys[number];
    return key === undefined ? undefined : this.#table.placeOf(key);
  }

  numberAt(place: ValidatorIndex): number | undefined {
    const key = this.#table.keys[place];
    return key === undefined ? undefined : this.numberOf(key);
  }
}
