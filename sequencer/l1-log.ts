// What this node has read on L1, at finalized blocks only: the hashes to judge a header's L1 cursor by, and the
// events between two cursors. Pure; the watcher feeds it, the ledger asks it.

import {
  decode,
  encode,
  equalBytes,
  type Reader,
  u64Bytes,
  unreachable,
  type Writer,
} from "../base/index.ts";
import {
  type CommonEffect,
  Epoch,
  type L1Block,
  type L1Event,
  limits,
  Micros,
  Namespace,
  type Policy,
  readInboxMessage,
  spaces,
  writeInboxMessage,
} from "../protocol/index.ts";

/** Blocks kept below the one up to which final blocks have read. */
const blocksKept = 1_024;
/** Events of one L1 block: more than one of 500 million gas can hold, since a log costs two thousand or more. */
const eventsMax = 262_144;

export class L1Log {
  readonly #start: number;
  readonly #blocks = new Map<number, L1Block & { readonly readAt: Micros }>();
  #first: number;
  #last: number;

  /** `start` is the first block whose events count; recovered blocks are consecutive and ascending. */
  constructor(start: number, recovered: readonly L1Block[]) {
    this.#start = start;
    this.#first = recovered[0]?.number ?? start;
    this.#last = this.#first - 1;
    for (const block of recovered) this.#append(block, Micros(0));
  }

  /** The number of the newest block read; one below the start when there is none. */
  get last(): number {
    return this.#last;
  }

  /**
   * Takes the next block; one that does not follow the last is not taken. `ordered` is the block up to which final
   * blocks have read: what they have yet to read is kept however much it is, for without it the chain could not go on.
   */
  append(block: L1Block, now: Micros, ordered: number): CommonEffect[] {
    if (block.number !== this.#last + 1) return [];
    this.#append(block, now);
    for (; this.#first < ordered - blocksKept; this.#first++) this.#blocks.delete(this.#first);
    const key = u64Bytes(block.number);
    const writes = [{ space: spaces.l1, key, value: encode(block, writeL1Block) }];
    return [{ type: "persist", writes, sync: false }];
  }

  /** The newest block read at or before `readBy`, so that the others will have read it as well. */
  newest(readBy: Micros): { readonly number: number; readonly hash: Uint8Array } | undefined {
    for (let number = this.#last; number >= this.#start; number--) {
      const block = this.#blocks.get(number);
      if (block === undefined) return undefined;
      if (block.readAt <= readBy) return { number, hash: block.hash };
    }
    return undefined;
  }

  /** The settlement contracts by rollup id: those known, and of the rollups that subscribed in the blocks kept here. */
  settlements(known: ReadonlyMap<number, Uint8Array>): Map<number, Uint8Array> {
    const all = new Map(known);
    for (let number = this.#first; number <= this.#last; number++)
      for (const event of this.#blocks.get(number)?.events ?? [])
        if (event.type === "subscribed" && !all.has(event.namespace))
          all.set(event.namespace, event.settlement);
    return all;
  }

  hashAt(number: number): Uint8Array | undefined {
    return this.#blocks.get(number)?.hash;
  }

  /** Events in log order, or undefined when not read that far or the hash there is another. */
  eventsBetween(
    fromExclusive: number,
    to: { readonly number: number; readonly hash: Uint8Array },
  ): readonly L1Event[] | undefined {
    if (to.number === fromExclusive) return [];
    const last = this.#blocks.get(to.number);
    if (last === undefined || !equalBytes(last.hash, to.hash)) return undefined;
    const events: L1Event[] = [];
    for (let number = fromExclusive + 1; number <= to.number; number++) {
      const block = this.#blocks.get(number);
      if (block !== undefined) events.push(...block.events);
      // Before the start nothing counts; a gap after it means that the log was cut too short.
      else if (number >= this.#start) return undefined;
    }
    return events;
  }

  #append(block: L1Block, readAt: Micros): void {
    this.#blocks.set(block.number, { ...block, readAt });
    this.#last = block.number;
  }
}

export function decodeL1Block(bytes: Uint8Array): L1Block | undefined {
  return decode(bytes, readL1Block);
}

function writeL1Block(writer: Writer, block: L1Block): void {
  writer.u64(block.number).fixed(block.hash, 32).list(block.events, eventsMax, writeEvent);
}

function readL1Block(reader: Reader): L1Block {
  return {
    number: reader.u64(),
    hash: reader.fixed(32),
    events: reader.list(eventsMax, readEvent),
  };
}

const eventTypes = [
  "subscribed",
  "funded",
  "inbox",
  "prepared",
  "policy-set",
  "reserve-set",
  "left",
] as const;

function writeEvent(writer: Writer, event: L1Event): void {
  writer.u8(eventTypes.indexOf(event.type));
  switch (event.type) {
    case "subscribed":
      writer.u32(event.namespace).fixed(event.settlement, 20);
      writePolicy(writer, event.policy);
      return;
    case "policy-set":
      writer.u32(event.namespace);
      writePolicy(writer, event.policy);
      return;
    case "reserve-set":
      writer.u32(event.namespace).u32(event.feePerByte);
      return;
    case "left":
      writer.u32(event.namespace);
      return;
    case "funded":
      writer.u32(event.namespace).u64(event.amount);
      return;
    case "inbox":
      writeInboxMessage(writer, event);
      return;
    case "prepared":
      writer.u64(event.epoch);
      writer.list(event.candidates, limits.committeeMax, (w, { publicKey, networkKey }) =>
        w.fixed(publicKey, 48).fixed(networkKey, 32),
      );
      return;
    default:
      unreachable(event);
  }
}

function readEvent(reader: Reader): L1Event {
  const type = eventTypes[reader.u8()];
  if (type === "inbox") return { type, ...readInboxMessage(reader) };
  if (type === "prepared")
    return {
      type,
      epoch: Epoch(reader.u64()),
      candidates: reader.list(limits.committeeMax, (r) => ({
        publicKey: r.fixed(48),
        networkKey: r.fixed(32),
      })),
    };
  reader.require(type !== undefined, "UNKNOWN_EVENT");
  const namespace = Namespace(reader.u32());
  switch (type) {
    case "funded":
      return { type, namespace, amount: reader.u64() };
    case "policy-set":
      return { type, namespace, policy: readPolicy(reader) };
    case "reserve-set":
      return { type, namespace, feePerByte: reader.u32() };
    case "left":
      return { type, namespace };
    case "subscribed":
    case undefined:
    default:
      return {
        type: "subscribed",
        namespace,
        settlement: reader.fixed(20),
        policy: readPolicy(reader),
      };
  }
}

function writePolicy(writer: Writer, policy: Policy): void {
  writer.flag(policy.sealingRequired).flag(policy.classOrder).flag(policy.senderMayPay);
}

function readPolicy(reader: Reader): Policy {
  return {
    sealingRequired: reader.flag(),
    classOrder: reader.flag(),
    senderMayPay: reader.flag(),
  };
}
