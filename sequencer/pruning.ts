// What of the past a node may forget. Pure: the pruner reads and deletes, here is decided.

import {
  decodePayload,
  type Header,
  Height,
  type Lane,
  type LaneTip,
  type SealedTransaction,
} from "../protocol/index.ts";

/** What stands against forgetting. */
export interface Keeping {
  /** The last height that is opened here. */
  readonly delivered: Height;
  /** Height of the last checkpoint that L1 has: who begins from it needs all that followed. */
  readonly anchored: Height;
  /** The oldest snapshot that is kept: a restart, and whoever fetches it, needs all that followed. */
  readonly snapshot: Height;
  /** So many heights below the last are kept in any case. */
  readonly retention: number;
}

/** The highest height that may go, with all below it; 0 for none. */
export function floorOf({ delivered, anchored, snapshot, retention }: Keeping): Height {
  return Height(Math.max(0, Math.min(delivered - retention, anchored, snapshot - 1)));
}

/** A final block that may go. What it has read of the lanes and of L1 goes with it. */
export interface FloorBlock {
  readonly header: Header;
  /** By lane. */
  readonly cut: readonly LaneTip[];
  /** The L1 block up to which it has read. */
  readonly l1: number;
}

export function toFloorBlock(header: Header): FloorBlock | undefined {
  const payload = decodePayload(header.payload);
  return payload === undefined ? undefined : { header, cut: payload.cut, l1: payload.l1.number };
}

/** A header that no chain above the floor stands on: final and gone, or never final. */
export function isForgettableHeader({ height }: Header, floor: FloorBlock): boolean {
  return height <= floor.header.height;
}

/** A lane message that the floor's cut, or an epoch before it, has left behind. */
export function isForgettableLane(lane: Lane, { header, cut }: FloorBlock): boolean {
  const tip = cut[lane.owner];
  if (lane.epoch !== header.epoch) return lane.epoch < header.epoch;
  if (tip === undefined || lane.incarnation !== tip.incarnation)
    return tip !== undefined && lane.incarnation < tip.incarnation;
  return lane.sequence <= tip.sequence;
}

/** A transaction that no block above the floor can have ordered. */
export function isForgettableTransaction(
  { envelope }: SealedTransaction,
  { header }: FloorBlock,
): boolean {
  return envelope.expiry <= header.height;
}
