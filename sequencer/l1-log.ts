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
  type L1Block,
  type L1Event,
  Micros,
  Namespace,
  readInboxMessage,
  spaces,
  writeInboxMessage,
} from "../protocol/index.ts";

/** Blocks whose hashes are kept at least; a header whose cursor is older than that was final long ago. */
const blocksKept = 50_000;
/** Events of one L1 block. */
const eventsMax = 4_096;

export class L1Log {
  readonly #start: number;
  readonly #blocks = new Map<number, L1Block & { readonly readAt: Micros }>();
  #last: number;

  /** `start` is the first block whose events count; recovered blocks are consecutive and ascending. */
  constructor(start: number, recovered: readonly L1Block[]) {
    this.#start = start;
    this.#last = recovered[0] === undefined ? start - 1 : recovered[0].number - 1;
    for (const block of recovered) this.#append(block, Micros(0));
  }

  /** The number of the newest block read; one below the start when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Takes the next block. One that does not follow the last is not taken: the watcher reads again from `last`. */
  append(block: L1Block, now: Micros): CommonEffect[] {
    if (block.number !== this.#last + 1) return [];
    this.#append(block, now);
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
    this.#blocks.delete(block.number - blocksKept);
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

const eventTypes = ["subscribed", "funded", "inbox"] as const;

function writeEvent(writer: Writer, event: L1Event): void {
  writer.u8(eventTypes.indexOf(event.type));
  switch (event.type) {
    case "subscribed":
      writer.u32(event.namespace).fixed(event.settlement, 20).flag(event.policy.sealingRequired);
      writer.flag(event.policy.classOrder).flag(event.policy.senderMayPay);
      return;
    case "funded":
      writer.u32(event.namespace).u64(event.amount);
      return;
    case "inbox":
      writeInboxMessage(writer, event);
      return;
    default:
      unreachable(event);
  }
}

function readEvent(reader: Reader): L1Event {
  const type = eventTypes[reader.u8()];
  if (type === "inbox") return { type, ...readInboxMessage(reader) };
  reader.require(type !== undefined, "UNKNOWN_EVENT");
  const namespace = Namespace(reader.u32());
  if (type === "funded") return { type, namespace, amount: reader.u64() };
  const settlement = reader.fixed(20);
  const policy = {
    sealingRequired: reader.flag(),
    classOrder: reader.flag(),
    senderMayPay: reader.flag(),
  };
  return { type: "subscribed", namespace, settlement, policy };
}
