// The ordering state in bytes, for a node that starts or joins at a final block.

import { compareBytes, decode, encode, type Reader } from "../base/index.ts";
import { faultyMax, Height, limits, Micros, readCut, writeCut } from "../protocol/index.ts";
import { bytesOf, keyOf } from "./keys.ts";
import { LayeredMap } from "./layered-map.ts";
import { type OrderState, type Pending, ripeAt } from "./order-state.ts";

/** More than `done` can hold: emissions of `doneLifetime` at more than a hundred full blocks a second. */
export const emissionsMax = 8_000_000;

const idBytes = 32;

/**
 * Canonical: what is pending in the order of its keys, emissions in the order of the chain, and nothing that follows
 * from the rest. In pieces, to be put together: the emissions are far more than the rest, and are not copied here.
 */
export function encodeOrderState(
  state: OrderState,
  emissions: readonly (readonly [Micros, Uint8Array])[],
): Uint8Array[] {
  const seats = state.heads.length;
  const head = encode(state, (writer, { height, time, cut, heads, pending }) => {
    writer.u64(height).u64(time);
    writeCut(writer, cut);
    writer.list(heads, seats, (w, head) => w.u64(head));
    writer.list(sorted(pending), seats * limits.laneUnemittedMax, (w, [id, { stamps }]) => {
      const given = [...stamps.entries()].filter(([, stamp]) => stamp < Infinity);
      w.fixed(id, 32).list(given, seats, (v, [lane, stamp]) => v.u16(lane).u64(stamp));
    });
    writer.list(emissions, emissionsMax, (w, [at, ids]) => w.u64(at).u32(ids.length / idBytes));
  });
  return [head, ...emissions.map(([, ids]) => ids)];
}

/** Of a committee with as many seats as there are lanes; undefined for what is none. */
export function decodeOrderState(bytes: Uint8Array): OrderState | undefined {
  return decode(bytes, (reader) => {
    const height = Height(reader.u64());
    const time = Micros(reader.u64());
    const cut = readCut(reader);
    const seats = cut.length;
    const heads = reader.list(seats, (r) => r.u64());
    reader.require(seats > 0 && heads.length === seats, "WRONG_COMMITTEE");
    const faulty = faultyMax(seats);
    const unemitted = heads.map(() => 0);
    const ripe: string[] = [];
    const pending = new LayeredMap<Pending>();
    for (const [key, stamps] of reader.list(seats * limits.laneUnemittedMax, (r) =>
      readPending(r, unemitted),
    )) {
      const at = ripeAt(stamps, faulty);
      pending.set(key, { stamps, at });
      if (at < Infinity) ripe.push(key);
    }
    const done = new LayeredMap<Micros>();
    const buckets = reader.list(emissionsMax, (r) => [Micros(r.u64()), r.u32()] as const);
    let last = -1;
    for (const [at, count] of buckets) {
      reader.require(at > last && count > 0, "NOT_IN_ORDER");
      last = at;
      for (let i = 0; i < count; i++) {
        const key = keyOf(reader.fixed(idBytes));
        reader.require(done.get(key) === undefined, "EMITTED_TWICE");
        done.set(key, at);
      }
    }
    return { height, time, cut, heads, unemitted, pending, ripe, done };
  });
}

function sorted<V>(map: LayeredMap<V>): (readonly [Uint8Array, V])[] {
  return map
    .entries()
    .map(([key, value]) => [bytesOf(key), value] as const)
    .sort(([a], [b]) => compareBytes(a, b));
}

function readPending(reader: Reader, unemitted: number[]): [string, number[]] {
  const key = keyOf(reader.fixed(32));
  const stamps = unemitted.map(() => Infinity);
  for (const [lane, stamp] of reader.list(stamps.length, (r) => [r.u16(), r.u64()] as const)) {
    reader.require(stamps[lane] === Infinity, "BAD_LANE");
    stamps[lane] = stamp;
    unemitted[lane] = (unemitted[lane] ?? 0) + 1;
  }
  return [key, stamps];
}
