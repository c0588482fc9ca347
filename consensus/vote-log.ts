// Every vote that was taken stands on the disk for a while, signed by itself: certificates sum signatures up, and a sum
// convicts nobody. So who says one thing before this validator's crash and another after it is convicted all the same.

import { concatBytes, decode, u64Bytes, type Write } from "../base/index.ts";
import {
  type Committee,
  type Epoch,
  isMember,
  kinds,
  spaces,
  ValidatorIndex,
  View,
  type VoteKind,
} from "../protocol/index.ts";
import { certificateKey } from "./recovery.ts";
import type { CastVote } from "./vote-collector.ts";

/** In `spaces.vote`, by epoch, view, kind, signer and hash; the value is the signature. */
export function writeVote(epoch: Epoch, vote: CastVote): Write {
  const { kind, view, signer, hash, signature } = vote;
  const seat = Uint8Array.of(signer >> 8, signer & 0xff);
  const key = concatBytes(certificateKey(epoch, view, kind), seat, hash);
  return { space: spaces.vote, key, value: signature };
}

/** Undefined for what is no vote of this committee. Whether its signature is good shows when it is needed. */
export function readVote(
  committee: Committee,
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
): CastVote | undefined {
  const vote = decode(key, (reader) => ({
    epoch: reader.u64(),
    view: View(reader.u64()),
    kind: votes.find((kind) => kinds[kind] === key[16]),
    number: reader.u8(),
    signer: ValidatorIndex(reader.u16()),
    hash: reader.fixed(32),
  }));
  if (vote?.kind === undefined || vote.epoch !== committee.epoch || value.length !== 96)
    return undefined;
  const { view, kind, signer, hash } = vote;
  return isMember(committee, signer) ? { view, kind, signer, hash, signature: value } : undefined;
}

/** Where the log of an epoch begins, or goes on from a view. */
export function voteLogKey(epoch: Epoch, view: View): Uint8Array {
  return certificateKey(epoch, view);
}

/**
 * Ranges of the log that may go, when this is its newest view: epochs before the previous one, and views that both epochs
 * have left far behind. A lie that is shown later than that convicts if somebody else kept it.
 */
export function forgettableVotes(
  newest: Uint8Array,
  viewsKept: number,
): { readonly from: Uint8Array; readonly to: Uint8Array }[] {
  const place = decode(newest.subarray(0, 16), (reader) => [reader.u64(), reader.u64()] as const);
  if (place === undefined) return [];
  const [epoch, view] = place;
  const ranges = [];
  if (epoch > 0) ranges.push({ from: new Uint8Array(0), to: u64Bytes(epoch - 1) });
  if (view > viewsKept)
    ranges.push({
      from: u64Bytes(epoch),
      to: concatBytes(u64Bytes(epoch), u64Bytes(view - viewsKept)),
    });
  return ranges;
}

const votes: readonly VoteKind[] = ["prepare", "commit", "skip"];
