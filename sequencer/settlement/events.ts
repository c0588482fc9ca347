// From the logs of a finalized L1 block to the events that the ledger reads. All nodes must make the same of the same
// block, so an event is taken exactly as the contracts write it, or not at all.

import { fromHex } from "../../base/index.ts";
import { g1Compressed } from "../../crypto/index.ts";
import {
  Epoch,
  inboxMessageHash,
  type L1Event,
  limits,
  Namespace,
  type Policy,
} from "../../protocol/index.ts";
import { topics } from "./abi.ts";
import { badAnswer } from "./rpc.ts";
import type { Hex, Log } from "./answers.ts";
import { toAddress, toCount, toUint, toUint32, wordAt } from "./words.ts";

const policyBits = { sealingRequired: 1n, classOrder: 2n } as const;
/** Words of an InboxMessage before its data: sender, timestamp, where the data begin, how long they are. */
const inboxHeadWords = 4;
/** Words of a Prepared before its keys: committee, where keys and network keys begin, how long the keys are. */
const preparedHeadWords = 4;
const keyBytes = 96;

/** The contracts that are believed, by their addresses. */
export interface Contracts {
  readonly hub: Hex;
  readonly rollups: Hex;
}

/**
 * Undefined for a log that says nothing to us; throws L1_BAD_ANSWER for one that the Hub or the registry cannot have
 * made. `settlements` are those that subscribed before it, by rollup id.
 */
export function toEvent(
  log: Log,
  { hub, rollups }: Contracts,
  settlements: ReadonlyMap<number, Hex>,
): L1Event | undefined {
  if (log.address === rollups) return ofRegistry(log);
  if (log.address === hub) return log.topics[0] === topics.prepared ? toPrepared(log) : undefined;
  const event = log.topics[0] === topics.inboxMessage ? toInboxMessage(log) : undefined;
  // A contract may log what it likes; only the settlement of this very rollup speaks for its inbox.
  return event !== undefined && settlements.get(event.namespace) === log.address
    ? event
    : undefined;
}

// What the Hub and the registry log is of its form, or L1 does not tell what they logged.

function ofRegistry(log: Log): L1Event | undefined {
  switch (log.topics[0]) {
    case topics.subscribed:
      return toSubscribed(log);
    case topics.funded:
      return toFunded(log);
    case topics.policySet:
      return toPolicySet(log);
    case topics.reserveSet:
      return toReserveSet(log);
    case topics.left:
      return toLeft(log);
    case undefined:
    default:
      return undefined;
  }
}

function toSubscribed({ topics, data }: Log): L1Event {
  const id = toUint32(topics[1]);
  const settlement = toAddress(topics[2]);
  const policy = toPolicy(wordAt(data, 0));
  if (id === undefined || settlement === undefined || policy === undefined)
    throw badAnswer("a subscription");
  return { type: "subscribed", namespace: Namespace(id), settlement: bytesOf(settlement), policy };
}

function toPolicySet({ topics, data }: Log): L1Event {
  const id = toUint32(topics[1]);
  const policy = toPolicy(wordAt(data, 0));
  if (id === undefined || policy === undefined) throw badAnswer("a policy");
  return { type: "policy-set", namespace: Namespace(id), policy };
}

function toReserveSet({ topics, data }: Log): L1Event {
  const id = toUint32(topics[1]);
  const feePerByte = toUint32(wordAt(data, 0));
  if (id === undefined || feePerByte === undefined) throw badAnswer("a reserve price");
  return { type: "reserve-set", namespace: Namespace(id), feePerByte };
}

function toLeft({ topics }: Log): L1Event {
  const id = toUint32(topics[1]);
  if (id === undefined) throw badAnswer("a rollup that has left");
  return { type: "left", namespace: Namespace(id) };
}

/** That a sender may pay for itself is passed over: senders have no balances yet. */
function toPolicy(word: Uint8Array): Policy | undefined {
  const bits = toUint(word);
  if (bits === undefined) return undefined;
  return {
    sealingRequired: (bits & policyBits.sealingRequired) !== 0n,
    classOrder: (bits & policyBits.classOrder) !== 0n,
    senderMayPay: false,
  };
}

function toFunded({ topics, data }: Log): L1Event {
  const id = toUint32(topics[1]);
  const units = toUint(wordAt(data, 0));
  if (id === undefined || units === undefined) throw badAnswer("a payment");
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  const amount = Number(units > most ? most : units);
  return { type: "funded", namespace: Namespace(id), amount };
}

/** Two byte strings, the keys and then the network keys, each with its length before it. */
function toPrepared({ topics, data }: Log): L1Event {
  const epoch = toCount(topics[1]);
  const length = toCount(wordAt(data, preparedHeadWords - 1)) ?? 0;
  const count = length / keyBytes;
  const keys = data.subarray(preparedHeadWords * 32);
  // Keys are of whole words, so that the network keys follow without a gap.
  const networkKeys = keys.subarray(length + 32);
  const isWhole =
    epoch !== undefined &&
    Number.isInteger(count) &&
    count > 0 &&
    count <= limits.committeeMax &&
    networkKeys.length === count * 32;
  if (!isWhole) throw badAnswer("a committee");
  const candidates = Array.from({ length: count }, (_, seat) => {
    const publicKey = g1Compressed(keys.subarray(seat * keyBytes, (seat + 1) * keyBytes));
    // Each has been through a pairing when it was registered.
    if (publicKey === undefined) throw badAnswer("a committee");
    return { publicKey, networkKey: networkKeys.slice(seat * 32, (seat + 1) * 32) };
  });
  return { type: "prepared", epoch: Epoch(epoch), candidates };
}

function toInboxMessage({ topics, data: bytes }: Log): (L1Event & { type: "inbox" }) | undefined {
  const id = toUint32(topics[1]);
  const index = toCount(topics[2]);
  const sender = toAddress(wordAt(bytes, 0));
  const timestamp = toCount(wordAt(bytes, 1));
  const length = toCount(wordAt(bytes, 3));
  if (id === undefined || index === undefined || sender === undefined) return undefined;
  if (timestamp === undefined || length === undefined) return undefined;
  const start = inboxHeadWords * 32;
  const isPlain =
    toCount(wordAt(bytes, 2)) === start - 32 &&
    length <= limits.inboxMessageBytesMax &&
    bytes.length === start + Math.ceil(length / 32) * 32;
  if (!isPlain) return undefined;
  const message = {
    namespace: Namespace(id),
    index,
    sender: bytesOf(sender),
    timestamp,
    data: bytes.slice(start, start + length),
  };
  return { type: "inbox", ...message, messageHash: inboxMessageHash(message) };
}

function bytesOf(address: Hex): Uint8Array {
  return fromHex(address) ?? new Uint8Array(20);
}
