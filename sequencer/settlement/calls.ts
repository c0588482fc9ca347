// What is sent to the contracts.

import { assert, toHex } from "../../base/index.ts";
import { g2ToEip2537 } from "../../crypto/index.ts";
import {
  absentEntries,
  type CertifiedCheckpoint,
  type ContradictionCall,
  type RollupLeaf,
  rollupProof,
  type Seat,
} from "../../protocol/index.ts";
import { bundleAbi, hubAbi, settlementAbi } from "./abi.ts";
import type { Hex } from "./answers.ts";

/** One rollup's part in a checkpoint, as its Settlement takes it. */
export interface SettleItem {
  readonly settlement: Hex;
  readonly totals: {
    readonly batches: number;
    readonly inboxRead: number;
    readonly spent: number;
    readonly earned: number;
    readonly batchesHash: Hex;
    readonly inboxHash: Hex;
  };
  readonly proof: readonly Hex[];
}

/** The committee's keys as the Hub knows them, and its head over them. */
export interface Seats {
  readonly keys: readonly Seat[];
  readonly head: Uint8Array;
}

/** What the Hub is shown of the committee that the last checkpoint of an epoch hands over to. 32 bytes each. */
export interface HandOver {
  /** `committeeHash` of the next committee. */
  readonly committee: Uint8Array;
  /** What binds the rest of it; with `committee` the preimage of the checkpoint's `next`. */
  readonly sealing: Uint8Array;
}

/** For the Hub: `finalize`, or `rotate` when the checkpoint is the last of its epoch. */
export function anchorCall(
  certified: CertifiedCheckpoint,
  { keys, head }: Seats,
  handOver: HandOver | undefined,
): Hex {
  const { checkpoint, signers, signature } = certified;
  const proof = g2ToEip2537(signature);
  assert(proof !== undefined, "a certified checkpoint's signature is a point");
  const present = new Set<number>(signers);
  const absent = keys.map((_, index) => index).filter((index) => !present.has(index));
  const { number, epoch, height, blockHash, rollupsRoot, next } = checkpoint;
  const place = { number, epoch, height, blockHash: hex(blockHash) };
  const values = [
    { ...place, rollupsRoot: hex(rollupsRoot), next: hex(next) },
    hex(head),
    hex(absentEntries(keys, absent)),
    hex(proof),
  ];
  if (handOver === undefined) return hubAbi.encodeFunctionData("finalize", values);
  const { committee, sealing } = handOver;
  return hubAbi.encodeFunctionData("rotate", [...values, hex(committee), hex(sealing)]);
}

export function settleItem(
  leaf: RollupLeaf,
  leaves: readonly RollupLeaf[],
  settlement: Hex,
): SettleItem {
  const { batches, inboxRead, spent, earned } = leaf;
  return {
    settlement,
    totals: {
      batches,
      inboxRead,
      spent,
      earned,
      batchesHash: hex(leaf.batchesHash),
      inboxHash: hex(leaf.inboxHash),
    },
    proof: rollupProof(leaves, leaf.namespace).map(hex),
  };
}

export function settleCall(count: number, { totals, proof }: SettleItem): Hex {
  return settlementAbi.encodeFunctionData("settle", [count, totals, proof]);
}

export function bundleCall(count: number, items: readonly SettleItem[]): Hex {
  return bundleAbi.encodeFunctionData("settle", [count, items]);
}

/** For the Hub: takes the stake of whoever contradicted itself. */
export function convictCall({ key, epoch, first, second, signature }: ContradictionCall): Hex {
  const [a, b] = [first, second].map(({ kind, slot, payload }) => ({
    kind,
    slot,
    payload: hex(payload),
  }));
  return hubAbi.encodeFunctionData("convict", [hex(key), epoch, a, b, hex(signature)]);
}

export function hex(value: Uint8Array): Hex {
  return `0x${toHex(value)}`;
}
