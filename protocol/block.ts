import { decode, encode, type Reader, type Writer } from "../base/index.ts";
import { sha256 } from "../crypto/index.ts";
import { domains } from "./domains.ts";
import { type Cut, readCut, writeCut } from "./lane.ts";
import { blockTransactionsMax, payloadBytesMax } from "./limits.ts";
import { Epoch, Height, Micros, View } from "./numbers.ts";
import type { SnapshotName } from "./snapshot.ts";

/** A block is its header: what it orders follows from the lanes that its payload's cut names. */
export interface Header {
  readonly version: 1;
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  /** Hash of the parent's header, or the genesis hash. 32 bytes. */
  readonly parent: Uint8Array;
  readonly parentView: View;
  /** Opaque to consensus; an encoded `Payload`. */
  readonly payload: Uint8Array;
}

/** What consensus orders without understanding it (docs/protocol.md, Order). */
export interface Payload {
  readonly cut: Cut;
  /** M of the fair-order rule: what a quorum of lanes has reported everything up to. Monotone. */
  readonly time: Micros;
  /** Transactions emitted and not dropped; inbox messages are not among them. */
  readonly count: number;
  /** `namespacesRoot` over the emitted transactions and the inbox messages read. 32 bytes. */
  readonly ordered: Uint8Array;
  /** The finalized L1 block up to which deposits and forced messages are read. Monotone. */
  readonly l1: { readonly number: number; readonly hash: Uint8Array };
  /** Hash of the next committee in the closing block of an epoch, zeros otherwise. */
  readonly nextCommittee: Uint8Array;
  /** The state after an earlier height, by which others can join; each is named once, most blocks name none. */
  readonly snapshot: SnapshotName | undefined;
  /**
   * An earlier height of which nothing sealed could be opened. Once this block is final, all sealed there is void: the
   * quorum that voted for it has not opened it. Most blocks name none.
   */
  readonly voided: Height | undefined;
}

export function writeHeader(writer: Writer, header: Header): void {
  writer
    .u8(header.version)
    .u64(header.epoch)
    .u64(header.view)
    .u64(header.height)
    .fixed(header.parent, 32)
    .u64(header.parentView)
    .bytes(header.payload, payloadBytesMax);
}

export function readHeader(reader: Reader): Header {
  const version = reader.u8();
  reader.require(version === 1, "UNKNOWN_VERSION");
  return {
    version: 1,
    epoch: Epoch(reader.u64()),
    view: View(reader.u64()),
    height: Height(reader.u64()),
    parent: reader.fixed(32),
    parentView: View(reader.u64()),
    payload: reader.bytes(payloadBytesMax),
  };
}

export function encodeHeader(header: Header): Uint8Array {
  return encode(header, writeHeader);
}

export function decodeHeader(bytes: Uint8Array): Header | undefined {
  return decode(bytes, readHeader);
}

/** The block's name, 32 bytes. */
export function blockHash(header: Header): Uint8Array {
  return sha256(domains.header, encodeHeader(header));
}

export function encodePayload(payload: Payload): Uint8Array {
  return encode(payload, (writer, value) => {
    writeCut(writer, value.cut);
    writer
      .u64(value.time)
      .u32(value.count)
      .fixed(value.ordered, 32)
      .u64(value.l1.number)
      .fixed(value.l1.hash, 32)
      .fixed(value.nextCommittee, 32)
      .optional(value.snapshot, (w, { height, root }) => w.u64(height).fixed(root, 32))
      .optional(value.voided, (w, height) => w.u64(height));
  });
}

export function decodePayload(bytes: Uint8Array): Payload | undefined {
  return decode(bytes, (reader) => {
    const cut = readCut(reader);
    const time = Micros(reader.u64());
    const count = reader.u32();
    reader.require(count <= blockTransactionsMax, "TOO_MANY");
    return {
      cut,
      time,
      count,
      ordered: reader.fixed(32),
      l1: { number: reader.u64(), hash: reader.fixed(32) },
      nextCommittee: reader.fixed(32),
      snapshot: reader.optional((r) => ({ height: Height(r.u64()), root: r.fixed(32) })),
      voided: reader.optional((r) => Height(r.u64())),
    };
  });
}
