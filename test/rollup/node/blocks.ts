// Blocks as the SDK delivers them, made at once and without a committee: for who needs many of them.

import {
  Epoch,
  Height,
  type InboxMessage,
  inboxMessageHash,
  Micros,
  Namespace,
  View,
} from "../../../protocol/index.ts";
import { keccak256, u64Bytes, type VerifiedBlock } from "../../../sdk/index.ts";
import { spec, startSeconds } from "./specs.ts";

const namespace = Namespace(spec.rollupId);

/** A hundred ms after the one before. */
export function blockOf(
  height: number,
  payloads: readonly Uint8Array[],
  inbox: readonly InboxMessage[] = [],
): VerifiedBlock {
  const hash = keccak256(u64Bytes(height));
  const isEmpty = payloads.length + inbox.length === 0;
  return {
    namespace,
    height: Height(height),
    hash,
    header: {
      version: 1,
      epoch: Epoch(0),
      view: View(height),
      height: Height(height),
      parent: keccak256(u64Bytes(height - 1)),
      parentView: View(height - 1),
      payload: new Uint8Array(),
    },
    time: Micros(startSeconds * 1_000_000 + height * 100_000),
    l1: { number: 1, hash: new Uint8Array(32) },
    inbox,
    transactions: payloads.map((payload, i) => ({
      id: keccak256(hash, u64Bytes(i)),
      envelope: {
        chainId: spec.chainId,
        namespace,
        class: "normal",
        payer: "rollup",
        sender: new Uint8Array(20),
        nonce: i,
        expiry: Height(height),
        feeCap: 0,
      },
      payload,
      isOpened: true,
    })),
    voided: undefined,
    batchHash: isEmpty ? undefined : keccak256(hash, ...payloads),
  };
}

export function messageOf(
  index: number,
  data: Uint8Array,
  sender: Uint8Array = spec.vault,
): InboxMessage {
  const message = { namespace, index, sender, timestamp: startSeconds, data };
  return { ...message, messageHash: inboxMessageHash(message) };
}
