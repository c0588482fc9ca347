import { assert, compareBytes, type Store, type Write } from "../../base/index.ts";
import { spaceByte } from "./space.ts";

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The same contract without a disk: for simulations and tests. What is handed in and out is copied. */
export function memoryStore(): Store {
  /** By space, in the order of keys. */
  const tables = new Map<number, Entry[]>();
  let isOpen = true;

  function table(space: string): Entry[] {
    assert(isOpen, "a closed store is not used");
    const byte = spaceByte(space);
    const entries = tables.get(byte) ?? [];
    tables.set(byte, entries);
    return entries;
  }

  function apply({ space, key, value }: Write): void {
    const entries = table(space);
    const at = lowerBound(entries, key);
    const found = entries[at];
    const replaced = found !== undefined && compareBytes(found.key, key) === 0 ? 1 : 0;
    const added = value === undefined ? [] : [{ key: key.slice(), value: value.slice() }];
    entries.splice(at, replaced, ...added);
  }

  return {
    get(space, key) {
      const entries = table(space);
      const found = entries[lowerBound(entries, key)];
      const isHere = found !== undefined && compareBytes(found.key, key) === 0;
      return Promise.resolve(isHere ? found.value.slice() : undefined);
    },
    range(space, { from, to, limit = Infinity, reverse = false } = {}) {
      const entries = table(space);
      const start = from === undefined ? 0 : lowerBound(entries, from);
      const end = to === undefined ? entries.length : lowerBound(entries, to);
      const found = entries.slice(start, end);
      if (reverse) found.reverse();
      return Promise.resolve(
        found.slice(0, limit).map(({ key, value }) => ({ key: key.slice(), value: value.slice() })),
      );
    },
    write(batch) {
      for (const write of batch) apply(write);
      return Promise.resolve();
    },
    close() {
      isOpen = false;
      return Promise.resolve();
    },
  };
}

/** The place of the first entry whose key is not below `key`. */
function lowerBound(entries: readonly Entry[], key: Uint8Array): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && compareBytes(entry.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
