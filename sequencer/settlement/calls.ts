// What is sent to the contracts.

import { assert, toHex } from "../../base/index.ts";
import { g2ToEip2537 } from "../../crypto/index.ts";
import {
  absentMembers,
  type CertifiedCheckpoint,
  type ContradictionCall,
  type RollupLeaf,
  rollupProof,
  type Seat,
  zeroHash,
} from "../../protocol/index.ts";
import { bundleAbi, hubAbi, rollupsAbi, settlementAbi } from "./abi.ts";
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

/** One rollup's part in a checkpoint, from which it is collected. */
export type Collection = Pick<SettleItem, "totals" | "proof"> & { readonly id: number };

interface Anchor {
  readonly checkpoint: object;
  readonly head: Hex;
  readonly absent: Hex;
  readonly signature: Hex;
  readonly committee: Hex;
  readonly sealing: Hex;
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
  const anchor = toAnchor(certified, { keys, head }, handOver);
  const { checkpoint, absent, signature, committee, sealing } = anchor;
  const values = [checkpoint, anchor.head, absent, signature];
  if (handOver === undefined) return hubAbi.encodeFunctionData("finalize", values);
  return hubAbi.encodeFunctionData("rotate", [...values, committee, sealing]);
}

/** What `post` brings to the Hub: zeros for the last two unless the checkpoint hands over. */
function toAnchor(
  certified: CertifiedCheckpoint,
  { keys, head }: Seats,
  handOver: HandOver | undefined,
): Anchor {
  const { checkpoint, signers, signature } = certified;
  const proof = g2ToEip2537(signature);
  assert(proof !== undefined, "a certified checkpoint's signature is a point");
  const present = new Set<number>(signers);
  const absent = keys.map((_, index) => index).filter((index) => !present.has(index));
  const { number, epoch, height, blockHash, rollupsRoot, next } = checkpoint;
  const place = { number, epoch, height, blockHash: hex(blockHash) };
  return {
    checkpoint: { ...place, rollupsRoot: hex(rollupsRoot), next: hex(next) },
    head: hex(head),
    absent: hex(absentMembers(keys, absent)),
    signature: hex(proof),
    committee: hex(handOver?.committee ?? zeroHash),
    sealing: hex(handOver?.sealing ?? zeroHash),
  };
}

/** For Bundle: the checkpoint, then what settles from it, and who is collected from. */
export function postCall(
  places: { readonly hub: Hex; readonly rollups: Hex; readonly poster: Hex },
  brings: {
    readonly anchor: readonly [CertifiedCheckpoint, Seats, HandOver | undefined];
    readonly items: readonly SettleItem[];
    readonly collections: readonly Collection[];
  },
): Hex {
  const { hub, rollups, poster } = places;
  const { items, collections } = brings;
  const anchor = toAnchor(...brings.anchor);
  return bundleAbi.encodeFunctionData("post", [hub, anchor, items, rollups, collections, poster]);
}

/** One rollup's part in a checkpoint, as the registry takes it. */
export function toCollection(leaf: RollupLeaf, leaves: readonly RollupLeaf[]): Collection {
  const { totals, proof } = settleItem(leaf, leaves, "");
  return { id: leaf.namespace, totals, proof };
}

/** What the registry has of a rollup. */
export function accountCall(id: number): Hex {
  return rollupsAbi.encodeFunctionData("accountOf", [id]);
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
