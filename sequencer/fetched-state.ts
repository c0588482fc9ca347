// A snapshot that was fetched from peers becomes what the next start begins from.

import { assert, u64Bytes, type Write } from "../base/index.ts";
import { certificateKey, type StateSyncEffect } from "../consensus/index.ts";
import { blockHash, encodeHeader, encodeQC, spaces } from "../protocol/index.ts";
import { encodeSnapshotRecord, oldestKeys } from "./records.ts";

export type StateFetched = Extract<StateSyncEffect, { type: "state-fetched" }>;

/** To go down in one batch, after all its chunks: whatever comes between, there is a whole state to begin from. */
export function toFetchedState({ destination, bytes, hashes }: StateFetched): Write[] {
  const { name, headers, certificate } = destination;
  const block = headers.at(-1);
  assert(block?.height === name.height, "a walk ends at the block of the state");
  const { height } = name;
  const record = encodeSnapshotRecord({ height, hash: blockHash(block), bytes, hashes });
  const key = certificateKey(certificate.epoch, certificate.view, certificate.kind);
  return [
    ...headers.map((header) => ({
      space: spaces.block,
      key: blockHash(header),
      value: encodeHeader(header),
    })),
    { space: spaces.certificate, key, value: encodeQC(certificate) },
    { space: spaces.meta, key: oldestKeys.fetched, value: u64Bytes(height + 1) },
    { space: spaces.snapshot, key: u64Bytes(height), value: record },
  ];
}
