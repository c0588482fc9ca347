// Final blocks as the API hands them out, read from the disk: headers, order, openings, and each namespace's part
// with its proof.

import {
  concatBytes,
  decode,
  equalBytes,
  type Store,
  u64Bytes,
  unreachable,
} from "../base/index.ts";
import {
  type CertifiedHeaders,
  decodeEpochEnd,
  decodeEvidence,
  decodeHeader,
  decodeTransaction,
  type DeliveredBlock,
  type DeliveredPage,
  type Epoch,
  type EpochEnd,
  type Evidence,
  type Header,
  Height,
  type Lane,
  limits,
  type Message,
  type Namespace,
  namespaceLeaf,
  proveNamespace,
  proveSnapshotPart,
  type QC,
  readLane,
  type SealedTransaction,
  snapshotChunkKey,
  type SnapshotPart,
  spaces,
} from "../protocol/index.ts";
import type { CoreEffect } from "./core-events.ts";
import {
  decodeDeliveredRecord,
  decodeFinalRecord,
  decodeSnapshotRecord,
  type DeliveredRecord,
  type FinalRecord,
} from "./records.ts";

/** What a peer asks for that only the disk has. */
export type DiskRequest = Extract<
  CoreEffect,
  {
    type:
      | "serve-blocks"
      | "load-lanes"
      | "load-transactions"
      | "load-openings"
      | "load-snapshot"
      | "load-epoch-end";
  }
>;

/** A final height with what was delivered there. */
interface Archived {
  readonly header: Header;
  readonly final: FinalRecord;
  readonly delivered: DeliveredRecord;
}

/** Blocks read beyond a page's limit to find one that has its own certificate. */
const certificateSearchMax = limits.headersPerAnswerMax;

export class Archive {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async header(hash: Uint8Array): Promise<Header | undefined> {
    const value = await this.#store.get(spaces.block, hash);
    return value === undefined ? undefined : decodeHeader(value);
  }

  async final(height: Height): Promise<{ header: Header; record: FinalRecord } | undefined> {
    const value = await this.#store.get(spaces.ordered, u64Bytes(height));
    const record = value === undefined ? undefined : decodeFinalRecord(value);
    const header = record === undefined ? undefined : await this.header(record.hash);
    return record === undefined || header === undefined ? undefined : { header, record };
  }

  async transaction(id: Uint8Array): Promise<SealedTransaction | undefined> {
    const value = await this.#store.get(spaces.transaction, id);
    return value === undefined ? undefined : decodeTransaction(value);
  }

  /** The message that answers a peer, or undefined when what it asks for is not here. */
  async answer(request: DiskRequest): Promise<Message | undefined> {
    switch (request.type) {
      case "serve-blocks": {
        const headers = await this.#portion(request.hash, request.count);
        const [first] = headers;
        if (first === undefined) return undefined;
        const final = await this.final(first.height);
        const isFinal = final !== undefined && equalBytes(final.record.hash, request.hash);
        return {
          type: "blocks",
          headers,
          certificate: isFinal ? final.record.certificate : undefined,
        };
      }
      case "load-lanes": {
        const lanes = await this.lanes(request.hash, request.count);
        return lanes.length === 0 ? undefined : { type: "lanes", lanes };
      }
      case "load-transactions": {
        const found = await Promise.all(request.ids.map((id) => this.transaction(id)));
        const transactions = found.filter((each) => each !== undefined);
        return transactions.length === 0 ? undefined : { type: "transactions", transactions };
      }
      case "load-openings": {
        const { height } = request;
        const found = await this.openings(height);
        if (found === undefined) return undefined;
        const { blockHash, openings } = found;
        return { type: "opened", height, blockHash, slices: [{ slice: 0, openings }] };
      }
      case "load-snapshot": {
        const { height, index } = request;
        const part = await this.snapshotPart(height, index);
        return part === undefined ? undefined : { type: "snapshot-chunk", height, part };
      }
      case "load-epoch-end": {
        const end = await this.epochEnd(request.epoch);
        return end === undefined ? undefined : { type: "epoch-end", ...end };
      }
      default:
        return unreachable(request);
    }
  }

  async snapshotPart(height: Height, index: number): Promise<SnapshotPart | undefined> {
    const value = await this.#store.get(spaces.snapshot, u64Bytes(height));
    const record = value === undefined ? undefined : decodeSnapshotRecord(value);
    if (record === undefined || index >= record.hashes.length) return undefined;
    const key = snapshotChunkKey(height, index);
    const chunk = await this.#store.get(spaces.snapshotChunk, key);
    return chunk === undefined ? undefined : proveSnapshotPart(record, index, chunk);
  }

  /** How an epoch ended; undefined while it lasts, and for one that is to come. */
  async epochEnd(epoch: Epoch): Promise<EpochEnd | undefined> {
    const value = await this.#store.get(spaces.epoch, u64Bytes(epoch));
    return value === undefined ? undefined : decodeEpochEnd(value);
  }

  /** What proves that validators lied, by epoch and offender; `after` the key of the last one seen. */
  async evidence(
    after: Uint8Array,
    limit: number,
  ): Promise<{ readonly key: Uint8Array; readonly evidence: Evidence }[]> {
    const from = concatBytes(after, new Uint8Array(1));
    const records = await this.#store.range(spaces.evidence, { from, limit });
    return records.flatMap(({ key, value }) => {
      const evidence = decodeEvidence(value);
      return evidence === undefined ? [] : [{ key, evidence }];
    });
  }

  /** Newest first, at most `count`. */
  async headers(hash: Uint8Array, count: number): Promise<Header[]> {
    const headers: Header[] = [];
    let next = hash;
    while (headers.length < Math.min(count, limits.headersPerAnswerMax)) {
      const header = await this.header(next);
      if (header === undefined) break;
      headers.push(header);
      next = header.parent;
    }
    return headers;
  }

  /**
   * Newest first, at most `count`: as many as leave a block with its own certificate to be asked for next. Whoever has more
   * blocks in a row without one than a page holds can serve none of them.
   */
  async #portion(hash: Uint8Array, count: number): Promise<Header[]> {
    const headers = await this.headers(hash, count);
    // Less than was asked for is all that there is.
    if (headers.length < count) return headers;
    for (let length = headers.length; length > 0; length--) {
      const { height = 0, parent } = headers[length - 1] ?? {};
      const below = await this.final(Height(Math.max(0, height - 1)));
      const isNext = below !== undefined && equalBytes(below.record.hash, parent ?? hash);
      if (isNext && below.record.certificate !== undefined) return headers.slice(0, length);
    }
    return headers;
  }

  /** Newest first, at most `count`. */
  async lanes(hash: Uint8Array, count: number): Promise<Lane[]> {
    const lanes: Lane[] = [];
    let next = hash;
    while (lanes.length < Math.min(count, limits.lanesPerAnswerMax)) {
      const value = await this.#store.get(spaces.lane, next);
      const lane = value === undefined ? undefined : decode(value, readLane);
      if (lane === undefined) break;
      lanes.push(lane);
      if (lane.sequence <= 1) break;
      next = lane.previous;
    }
    return lanes;
  }

  async openings(
    height: Height,
  ): Promise<{ blockHash: Uint8Array; openings: readonly Uint8Array[] } | undefined> {
    const final = await this.final(height);
    const value = await this.#store.get(spaces.opening, u64Bytes(height));
    const record = value === undefined ? undefined : decodeDeliveredRecord(value);
    if (final === undefined || record === undefined) return undefined;
    // What is void as a whole has none to tell: whoever asks finds out by the chain.
    if (record.voidedBy !== undefined) return undefined;
    return { blockHash: final.record.hash, openings: record.openings };
  }

  /**
   * Consecutive delivered blocks of one namespace from `from` on, ending with one that has its own certificate.
   * Undefined when there is none to end with yet.
   */
  async page(
    namespace: Namespace,
    from: Height,
    limit: number,
  ): Promise<DeliveredPage | undefined> {
    const archived: Archived[] = [];
    let end = 0;
    let certificate: QC | undefined;
    const most = Math.min(limit + certificateSearchMax, limits.headersPerAnswerMax);
    while (archived.length < most && (end < limit || certificate === undefined)) {
      const next = await this.#delivered(Height(from + archived.length));
      if (next === undefined) break;
      archived.push(next);
      if (next.final.certificate === undefined) continue;
      certificate = next.final.certificate;
      end = archived.length;
    }
    if (certificate === undefined) return undefined;
    const part = archived.slice(0, end);
    const blocks = await Promise.all(part.map((each) => this.#part(each, namespace)));
    const voids = await this.#voids(part);
    return voids && { blocks, certificate, voids };
  }

  /**
   * What shows of the blocks that are void as a whole that they are, as far as these do not show it themselves. Undefined
   * while the certificate of one is not here yet.
   */
  async #voids(blocks: readonly Archived[]): Promise<DeliveredPage["voids"] | undefined> {
    const last = blocks.at(-1)?.header.height ?? 0;
    const voids: CertifiedHeaders[] = [];
    for (const { delivered } of blocks) {
      const { voidedBy } = delivered;
      if (voidedBy === undefined || voidedBy <= last) continue;
      const word = await this.#certified(voidedBy);
      if (word === undefined) return undefined;
      voids.push(word);
    }
    return voids;
  }

  /** The header of a final height and those after it, up to the first that has its own certificate. */
  async #certified(height: Height): Promise<CertifiedHeaders | undefined> {
    const headers: Header[] = [];
    while (headers.length < certificateSearchMax) {
      const final = await this.final(Height(height + headers.length));
      if (final === undefined) return undefined;
      headers.push(final.header);
      const { certificate } = final.record;
      if (certificate !== undefined) return { headers, certificate };
    }
    return undefined;
  }

  async #delivered(height: Height): Promise<Archived | undefined> {
    const value = await this.#store.get(spaces.opening, u64Bytes(height));
    const delivered = value === undefined ? undefined : decodeDeliveredRecord(value);
    const final = delivered === undefined ? undefined : await this.final(height);
    if (delivered === undefined || final === undefined) return undefined;
    return { header: final.header, final: final.record, delivered };
  }

  /** What the block holds of the namespace, and the proof that this is all. */
  async #part(
    { header, final, delivered }: Archived,
    namespace: Namespace,
  ): Promise<DeliveredBlock> {
    const inboxOf = Map.groupBy(delivered.inbox, (message) => message.namespace);
    const idsOf = new Map(final.groups.map((group) => [group.namespace, group.ids]));
    const leaves = [...new Set([...inboxOf.keys(), ...idsOf.keys()])]
      .sort((a, b) => a - b)
      .map((each) =>
        namespaceLeaf(each, {
          inbox: inboxOf.get(each)?.map(({ messageHash }) => messageHash) ?? [],
          ids: idsOf.get(each) ?? [],
        }),
      );
    return {
      header,
      proof: proveNamespace(leaves, namespace),
      inbox: inboxOf.get(namespace) ?? [],
      transactions: await this.#transactions(final, delivered, namespace),
    };
  }

  /** Openings are kept for all sealed transactions of the block in its order, so those before ours are counted. */
  async #transactions(
    final: FinalRecord,
    delivered: DeliveredRecord,
    namespace: Namespace,
  ): Promise<DeliveredBlock["transactions"]> {
    let at = 0;
    for (const group of final.groups) {
      const transactions = await Promise.all(group.ids.map((id) => this.transaction(id)));
      const mine = transactions.flatMap((transaction) => {
        if (transaction === undefined) return [];
        const isOpened = transaction.version === 1 && delivered.voidedBy === undefined;
        const opening = isOpened ? delivered.openings[at++] : new Uint8Array(0);
        return opening === undefined ? [] : [{ transaction, opening }];
      });
      if (group.namespace === namespace) return mine;
    }
    return [];
  }
}
