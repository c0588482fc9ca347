// The smallest application that asks everything of consensus that the real one does: its blocks order items, which
// arrive at different times at different nodes, first by name and then in full, and are fetched when missing.

import { decode, encode } from "../../../base/index.ts";
import type { Application } from "../../../consensus/index.ts";
import type { Header, Micros } from "../../../protocol/index.ts";

export interface ToyPayload {
  readonly items: readonly number[];
  readonly time: number;
}

/** Items one block orders at most. */
const itemsMax = 8;
/** A block time this far behind the clock is stale, µs. */
const staleAfter = 10_000_000;

export class ToyApplication implements Application {
  readonly #named = new Set<number>();
  readonly #held = new Set<number>();
  readonly #final = new Set<number>();
  readonly #wanted = new Set<number>();

  /** Only the name of it, or all of it; false when that was known. */
  receive(item: number, inFull: boolean): boolean {
    const isNew = inFull ? !this.#held.has(item) : !this.#named.has(item);
    this.#named.add(item);
    if (inFull) this.#held.add(item);
    return isNew;
  }

  finalize(header: Header): readonly number[] {
    const items = decodeToyPayload(header.payload)?.items ?? [];
    for (const item of items) this.#final.add(item);
    return items;
  }

  /** What was found missing since the last time. */
  takeWanted(): readonly number[] {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    return wanted;
  }

  propose(
    branch: readonly Header[],
    options: { allowEmpty: boolean; now: Micros },
  ): Uint8Array | undefined {
    const items = this.#open(branch).slice(0, itemsMax);
    if (items.length === 0 && !options.allowEmpty) return undefined;
    return encodeToyPayload({ items, time: options.now });
  }

  evaluate(
    header: Header,
    branch: readonly Header[],
    now: Micros,
  ): "valid" | "missing" | "invalid" | "stale" {
    const payload = decodeToyPayload(header.payload);
    if (payload === undefined) return "invalid";
    const earlier = orderedOn(branch);
    if (payload.items.some((item) => earlier.has(item) || this.#final.has(item))) return "invalid";
    if (!this.#has(payload.items, this.#named)) return "missing";
    return payload.time + staleAfter < now ? "stale" : "valid";
  }

  hasData(header: Header): boolean {
    return this.#has(decodeToyPayload(header.payload)?.items ?? [], this.#held);
  }

  hasWork(branch: readonly Header[]): boolean {
    return this.#open(branch).length > 0;
  }

  #open(branch: readonly Header[]): number[] {
    const earlier = orderedOn(branch);
    return [...this.#named].filter((item) => !earlier.has(item) && !this.#final.has(item));
  }

  #has(items: readonly number[], held: ReadonlySet<number>): boolean {
    const missing = items.filter((item) => !held.has(item));
    for (const item of missing) this.#wanted.add(item);
    return missing.length === 0;
  }
}

export function encodeToyPayload(payload: ToyPayload): Uint8Array {
  return encode(payload, (writer, value) =>
    writer.list(value.items, itemsMax, (w, item) => w.u32(item)).u64(value.time),
  );
}

export function decodeToyPayload(bytes: Uint8Array): ToyPayload | undefined {
  return decode(bytes, (reader) => {
    const items = reader.list(itemsMax, (r) => r.u32());
    reader.require(new Set(items).size === items.length, "TWICE");
    return { items, time: reader.u64() };
  });
}

function orderedOn(branch: readonly Header[]): Set<number> {
  return new Set(branch.flatMap((header) => decodeToyPayload(header.payload)?.items ?? []));
}
