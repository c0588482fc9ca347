// How far each transaction has come, as this node saw it. Remembered for the latest ones only: what is final is on
// disk, and what was never ordered is forgotten after a while, as an API that answers everyone must.

import { BoundedMap, toHex } from "../base/index.ts";
import type {
  Height,
  Micros,
  Namespace,
  TransactionState,
  TransactionStatus,
} from "../protocol/index.ts";

interface Entry {
  readonly id: Uint8Array;
  readonly namespace: Namespace | undefined;
  /** Of a transaction that was admitted here. */
  readonly expiry?: Height;
  height?: Height;
  index?: number;
  code?: string;
  readonly times: Partial<Record<TransactionState, Micros>>;
}

/** What L1 was last seen to hold. */
export interface Anchors {
  readonly height: Height;
  readonly number: number;
  readonly transaction: Uint8Array | undefined;
  readonly at: Micros;
}

const transactionsMax = 200_000;

export class StatusBook {
  readonly #entries = new BoundedMap<string, Entry>(transactionsMax);
  /** Ascending by height: the first that covers a transaction anchored it. */
  #anchored: Anchors[] = [];
  /** The highest final height. */
  #reached = 0;
  /** By namespace. */
  readonly #settled = new Map<number, Anchors[]>();

  /** A transaction of this namespace was admitted here. */
  received(
    id: Uint8Array,
    { namespace, expiry }: { readonly namespace: Namespace; readonly expiry: Height },
    now: Micros,
  ): void {
    const entry = this.#mark(id, namespace, "received", now);
    this.#entries.set(toHex(id), { ...entry, expiry });
  }

  /** A block of this height is final: what expired below it and was not ordered never will be. */
  reached(height: Height): void {
    this.#reached = Math.max(this.#reached, height);
  }

  ordered(
    id: Uint8Array,
    place: { namespace: Namespace; height: Height; index: number },
    now: Micros,
  ): void {
    const entry = this.#mark(id, place.namespace, "ordered", now);
    entry.height = place.height;
    entry.index = place.index;
  }

  /** Reached its place in the fair order and was left out there. */
  dropped(id: Uint8Array, reason: string, now: Micros): void {
    const known = this.#entries.get(toHex(id));
    // A copy that is emitted a second time is dropped as seen; the first is where it was, known here or not.
    if (known?.height !== undefined || reason === "seen") return;
    const state = reason === "expired" ? "expired" : "rejected";
    this.#mark(id, undefined, state, now).code = reason.toUpperCase().replaceAll("-", "_");
  }

  opened(id: Uint8Array, now: Micros): void {
    this.#mark(id, undefined, "opened", now);
  }

  /** VOID: it opens to nothing. BATCH_VOID: nobody could open it, and a quorum declared all of its block void. */
  void(id: Uint8Array, code: "VOID" | "BATCH_VOID", now: Micros): void {
    this.#mark(id, undefined, "void", now).code = code;
  }

  anchored(anchors: Anchors): void {
    this.#anchored = withLatest(this.#anchored, anchors);
  }

  settled(namespace: number, anchors: Anchors): void {
    this.#settled.set(namespace, withLatest(this.#settled.get(namespace) ?? [], anchors));
  }

  get(id: Uint8Array): TransactionStatus | undefined {
    const entry = this.#entries.get(toHex(id));
    if (entry === undefined) return undefined;
    const { height, index, namespace, expiry } = entry;
    const anchor = covering(this.#anchored, height);
    const settlement =
      namespace === undefined ? undefined : covering(this.#settled.get(namespace) ?? [], height);
    const isOpened = entry.times.opened !== undefined || entry.times.void !== undefined;
    const times = {
      ...entry.times,
      ...(anchor !== undefined && isOpened ? { anchored: anchor.at } : {}),
      ...(settlement !== undefined && isOpened ? { settled: settlement.at } : {}),
    };
    const reached = stateOf(times);
    // Nothing tells of a transaction whose height has passed before its turn came.
    const isLate = reached === "received" && expiry !== undefined && expiry < this.#reached;
    const code = isLate ? "EXPIRED" : entry.code;
    const l1Transaction = settlement?.transaction ?? anchor?.transaction;
    return {
      id,
      state: isLate ? "expired" : reached,
      ...(height === undefined ? {} : { height }),
      ...(index === undefined ? {} : { index }),
      ...(code === undefined ? {} : { code }),
      ...(anchor === undefined ? {} : { checkpoint: anchor.number }),
      ...(l1Transaction === undefined ? {} : { l1Transaction }),
      times,
    };
  }

  #mark(
    id: Uint8Array,
    namespace: Namespace | undefined,
    state: TransactionState,
    now: Micros,
  ): Entry {
    const key = toHex(id);
    const known = this.#entries.get(key);
    const entry: Entry =
      known === undefined || (known.namespace === undefined && namespace !== undefined)
        ? { ...known, id, namespace, times: known?.times ?? {} }
        : known;
    entry.times[state] ??= now;
    this.#entries.set(key, entry);
    return entry;
  }
}

const anchorsKept = 256;

function withLatest(list: readonly Anchors[], anchors: Anchors): Anchors[] {
  // After a reorganisation of L1 the same height may be anchored again, by another transaction.
  return [...list.filter(({ height }) => height < anchors.height), anchors].slice(-anchorsKept);
}

function covering(list: readonly Anchors[], height: Height | undefined): Anchors | undefined {
  return height === undefined ? undefined : list.find((each) => each.height >= height);
}

/** The furthest state that was reached; a transaction that is void stays so even when it is settled. */
function stateOf(times: TransactionStatus["times"]): TransactionState {
  if (times.void !== undefined) return "void";
  for (const state of ["settled", "anchored", "opened", "ordered"] as const)
    if (times[state] !== undefined) return state;
  if (times.expired !== undefined) return "expired";
  return times.rejected === undefined ? "received" : "rejected";
}
