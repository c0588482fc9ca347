// One attempt at the key of the next committee, as the chain has it: who is dealt to, and what was said in which window.
// A value: taking something in makes another. Nothing here looks into what was said, so that all nodes keep the same
// whether or not they have found the time to check it.

import { assert, equalBytes, type Reader, unreachable, type Writer } from "../base/index.ts";
import type { DealtShare } from "../crypto/index.ts";
import {
  type Candidate,
  type Control,
  Epoch,
  Height,
  limits,
  readDealtShare,
  writeDealtShare,
} from "../protocol/index.ts";

export interface Attempt {
  /** Of the committee that is being made. */
  readonly epoch: Epoch;
  /** From 0. */
  readonly number: number;
  /** Of the key that is made, or handed on. Those of a committee that is to have two are made side by side. */
  readonly keyId: number;
  /** The first height of its first window. */
  readonly start: Height;
  /** Who will sit in the committee, by index. */
  readonly members: readonly Candidate[];
  /** The network keys of those who may deal, by index: outgoing members, or incoming ones when the key is new. */
  readonly dealers: readonly Uint8Array[];
  // Of each the first that its author said, in the order of the chain.
  readonly keys: readonly { readonly seat: number; readonly epochKey: Uint8Array }[];
  readonly dealings: readonly { readonly dealer: number; readonly bytes: Uint8Array }[];
  readonly acks: readonly { readonly seat: number; readonly dealers: readonly number[] }[];
  readonly reveals: readonly { readonly dealer: number; readonly shares: readonly DealtShare[] }[];
}

/** What each window of an attempt is for. All last equally long; in the last one the epoch may close. */
export const phases = ["key", "deal", "ack", "reveal", "close"] as const;
export type Phase = (typeof phases)[number];

export function beginAttempt(
  parts: Pick<Attempt, "epoch" | "number" | "keyId" | "start" | "members" | "dealers">,
): Attempt {
  return { ...parts, keys: [], dealings: [], acks: [], reveals: [] };
}

/** Where a height stands among the windows; undefined before the attempt. Attempts follow each other without a gap. */
export function phaseAt(
  { start, number }: Pick<Attempt, "start" | "number">,
  height: number,
  window: number,
): { readonly attempt: number; readonly phase: Phase; readonly last: Height } | undefined {
  if (height < start) return undefined;
  assert(window > 0, "windows have a length");
  const index = Math.floor((height - start) / window);
  const phase = phases[index % phases.length];
  assert(phase !== undefined, "a phase repeats");
  // Two bytes name it. Who begins anew after so many deals what it dealt then, or, to others, something else.
  const attempt = (number + Math.floor(index / phases.length)) % 0x1_0000;
  return { attempt, phase, last: Height(start + (index + 1) * window - 1) };
}

/** The first height at which an attempt may close the epoch. */
export function closingFrom(start: Height, window: number): Height {
  return Height(start + phases.indexOf("close") * window);
}

/** The last height of an attempt's last window. */
export function endOf({ start }: Pick<Attempt, "start">, window: number): Height {
  return Height(start + phases.length * window - 1);
}

/** Takes in what was said at a height. Out of its window, from somebody without that part, or a second time, it is
 * nothing. */
export function hear(attempt: Attempt, control: Control, height: Height, window: number): Attempt {
  const { content, author } = control;
  const now = phaseAt(attempt, height, window);
  const isOfThis =
    control.epoch === attempt.epoch &&
    control.attempt === attempt.number &&
    control.keyId === attempt.keyId;
  if (!isOfThis || now?.attempt !== attempt.number || now.phase !== content.type) return attempt;
  const seat = seatOf(attempt, author);
  const dealer = dealerOf(attempt, author);
  const { keys, dealings, acks, reveals } = attempt;
  switch (content.type) {
    case "key":
      if (seat === undefined || keys.some((each) => each.seat === seat)) return attempt;
      return { ...attempt, keys: [...keys, { seat, epochKey: content.epochKey }] };
    case "deal":
      if (dealer === undefined || dealings.some((each) => each.dealer === dealer)) return attempt;
      return { ...attempt, dealings: [...dealings, { dealer, bytes: content.dealing }] };
    case "ack":
      if (seat === undefined || acks.some((each) => each.seat === seat)) return attempt;
      return { ...attempt, acks: [...acks, { seat, dealers: content.dealers }] };
    case "reveal":
      if (dealer === undefined || reveals.some((each) => each.dealer === dealer)) return attempt;
      return { ...attempt, reveals: [...reveals, { dealer, shares: content.shares }] };
    default:
      return unreachable(content);
  }
}

/** The seat of who has this network key in the committee that is being made, from 1. */
export function seatOf(attempt: Attempt, networkKey: Uint8Array): number | undefined {
  const index = attempt.members.findIndex((member) => equalBytes(member.networkKey, networkKey));
  return index === -1 ? undefined : index + 1;
}

/** Its seat as a dealer, from 1. */
export function dealerOf(attempt: Attempt, networkKey: Uint8Array): number | undefined {
  const index = attempt.dealers.findIndex((dealer) => equalBytes(dealer, networkKey));
  return index === -1 ? undefined : index + 1;
}

export function writeAttempt(writer: Writer, attempt: Attempt): void {
  const { epoch, number, keyId, start, members, dealers } = attempt;
  const { keys, dealings, acks, reveals } = attempt;
  writer.u64(epoch).u16(number).u32(keyId).u64(start);
  writer.list(members, limits.committeeMax, (w, { publicKey, networkKey }) =>
    w.fixed(publicKey, 48).fixed(networkKey, 32),
  );
  writer.list(dealers, limits.committeeMax, (w, dealer) => w.fixed(dealer, 32));
  writer.list(keys, limits.committeeMax, (w, { seat, epochKey }) =>
    w.u16(seat).fixed(epochKey, 32),
  );
  writer.list(dealings, limits.committeeMax, (w, { dealer, bytes }) =>
    w.u16(dealer).bytes(bytes, limits.transactionBodyBytesMax),
  );
  writer.list(acks, limits.committeeMax, (w, ack) =>
    w.u16(ack.seat).list(ack.dealers, limits.committeeMax, (v, dealer) => v.u16(dealer)),
  );
  writer.list(reveals, limits.committeeMax, (w, { dealer, shares }) =>
    w.u16(dealer).list(shares, limits.committeeMax, writeDealtShare),
  );
}

export function readAttempt(reader: Reader): Attempt {
  return {
    epoch: Epoch(reader.u64()),
    number: reader.u16(),
    keyId: reader.u32(),
    start: Height(reader.u64()),
    members: reader.list(limits.committeeMax, (r) => ({
      publicKey: r.fixed(48),
      networkKey: r.fixed(32),
    })),
    dealers: reader.list(limits.committeeMax, (r) => r.fixed(32)),
    keys: reader.list(limits.committeeMax, (r) => ({ seat: r.u16(), epochKey: r.fixed(32) })),
    dealings: reader.list(limits.committeeMax, (r) => ({
      dealer: r.u16(),
      bytes: r.bytes(limits.transactionBodyBytesMax),
    })),
    acks: reader.list(limits.committeeMax, (r) => ({
      seat: r.u16(),
      dealers: r.list(limits.committeeMax, (v) => v.u16()),
    })),
    reveals: reader.list(limits.committeeMax, (r) => ({
      dealer: r.u16(),
      shares: r.list(limits.committeeMax, readDealtShare),
    })),
  };
}
