// Reads off the disk what a node knew when it stopped, whether it was told to or not. What was not synced may be
// missing in parts, so nothing is concluded from one record about another: the chain is followed hash by hash.

import {
  CodedError,
  concatBytes,
  decode,
  equalBytes,
  type Store,
  toHex,
  u64Bytes,
} from "../base/index.ts";
import {
  type CastVote,
  certificateKey,
  decodePlan,
  decodeSafety,
  type FetchedChunks,
  hashesToLoad,
  readVote,
  type Recovered,
  stateSyncKey,
  safetyKey,
  voteLogKey,
} from "../consensus/index.ts";
import type { AttestedBefore } from "../ledger/index.ts";
import {
  blockHash,
  type Committee,
  decodeCheckpoint,
  decodeEpochEnd,
  decodeHeader,
  decodePayload,
  decodeQC,
  decodeTransaction,
  Epoch,
  type Genesis,
  genesisHash,
  type Header,
  Height,
  type L1Block,
  type Lane,
  type LaneEntry,
  limits,
  Micros,
  type QC,
  readLane,
  type SealedTransaction,
  snapshotChunkCount,
  snapshotChunkHash,
  snapshotChunkKey,
  snapshotRoot,
  spaces,
  View,
} from "../protocol/index.ts";
import { epochTip, type Tip, tipOf } from "./chain.ts";
import { decodeL1Block } from "./l1-log.ts";
import { decodeIncarnation, incarnationKey } from "./promises.ts";
import {
  decodeDeliveredRecord,
  decodeFinalRecord,
  decodeSnapshotRecord,
  type EpochStart,
  oldestKeys,
  type Recovery,
  type SnapshotRecord,
} from "./records.ts";
import { decodeState, type ReplicatedState } from "./state.ts";
import { decodeVoidPromise, type VoidPromise, voidPromiseKey } from "./voiding.ts";

const rangeLimit = 1_000;
const evidencePerRead = 64;
/** Of one view: two statements of each kind. */
const votesPerSeatMax = 6;
/** Lane messages between the cuts of two blocks, far more than there can be. */
const laneWalkMax = 10_000;

/**
 * Counts this start, durably. Lanes and receipts carry the number, so that nothing said after a crash contradicts
 * what was said before it.
 */
export async function nextIncarnation(store: Store): Promise<number> {
  const stored = await store.get(spaces.signer, incarnationKey);
  const last = stored === undefined ? 0 : decodeIncarnation(stored);
  const value = u64Bytes(last + 1);
  await store.write([{ space: spaces.signer, key: incarnationKey, value }], { sync: true });
  return last + 1;
}

/** All of it; empty for a node that has never run. */
export async function loadRecovery(store: Store, genesis: Genesis): Promise<Recovery> {
  const reader = new RecoveryReader(store);
  const newest = await reader.snapshot();
  const epoch = await reader.epoch(genesis, newest?.state.height ?? Height(0));
  const snapshot = newest === undefined ? undefined : { ...newest, tip: tipIn(epoch, newest.tip) };
  const base = snapshot?.state.height ?? Height(0);
  const headers = await reader.finalBlocks(base + 1);
  const openings = await reader.openings(base + 1, headers.length);
  const lanes = await reader.lanes(headers.map(({ header }) => header));
  const stamps = await reader.stamps();
  const ids = [...lanes.flatMap((lane) => lane.entries), ...stamps].map(({ id }) => id);
  const named = new Map(ids.map((id) => [toHex(id), id]));
  return {
    epoch,
    replica: await reader.replica(epoch, headers.at(-1) ?? snapshot?.block),
    attester: await reader.attester(),
    evidence: await reader.evidence(),
    snapshot,
    snapshots: await reader.snapshots(snapshot?.state),
    oldest: await readOldest(store),
    fetched: await reader.fetched(),
    headers,
    openings,
    voidPromise: await reader.voidPromise(),
    l1: await reader.l1(snapshot?.tip.l1.number ?? genesis.l1Start),
    lanes,
    transactions: await reader.transactions([...named.values()]),
    stamps,
  };
}

/** On the block with which the epoch begins no lane of its own is read. */
function tipIn(epoch: EpochStart, tip: Tip): Tip {
  return tip.height === epoch.height ? epochTip(tip, epoch.committee) : tip;
}

/** The lowest height whose block, order and openings are on disk. */
export async function readOldest(store: Store): Promise<Height> {
  const values = await Promise.all(
    Object.values(oldestKeys).map((key) => store.get(spaces.meta, key)),
  );
  const heights = values.map((value) => value && decode(value, (reader) => reader.u64()));
  return Height(Math.max(1, ...heights.map((height) => height ?? 1)));
}

/** One final height as it stands on disk. */
interface Stored {
  readonly header: Header;
  readonly certificate: QC | undefined;
}

class RecoveryReader {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The newest snapshot that is whole, and whose block is here as well. */
  async snapshot(): Promise<(NonNullable<Recovery["snapshot"]> & { block: Stored }) | undefined> {
    const records = await this.#store.range(spaces.snapshot, { reverse: true });
    for (const { value } of records) {
      const record = decodeSnapshotRecord(value);
      const state = record === undefined ? undefined : await this.#state(record);
      const header = record === undefined ? undefined : await this.#header(record.hash);
      const payload = header === undefined ? undefined : decodePayload(header.payload);
      if (state === undefined || header === undefined || payload === undefined) continue;
      const final = await this.#final(state.height);
      const block = { header, certificate: final?.certificate };
      const { hash, named } = state;
      // The state of a closing block is written only with the end of its epoch.
      return { state, block, tip: tipOf({ header, hash, payload, named, isClosed: false }) };
    }
    return undefined;
  }

  /** The epoch of the blocks above this height. */
  async epoch(genesis: Genesis, height: Height): Promise<EpochStart> {
    const records = await this.#store.range(spaces.epoch, { reverse: true });
    for (const { value } of records) {
      const end = decodeEpochEnd(value);
      const checkpoint = end?.certified.checkpoint;
      if (end === undefined || checkpoint === undefined || checkpoint.height > height) continue;
      const { committee } = end;
      return { committee, height: checkpoint.height, hash: checkpoint.blockHash };
    }
    return { committee: genesis.committee, height: Height(0), hash: genesisHash(genesis) };
  }

  /** The names of the snapshots up to this state, and which of them are on disk. */
  async snapshots(state: ReplicatedState | undefined): Promise<Recovery["snapshots"]> {
    if (state === undefined) return { roots: [], kept: [] };
    const records = await this.#store.range(spaces.snapshot);
    const whole = records
      .flatMap(({ value }) => decodeSnapshotRecord(value) ?? [])
      .filter(({ height }) => height <= state.height);
    const roots = new Map(state.recent.map((name) => [name.height, name]));
    for (const { height, bytes, hashes } of whole)
      if (height % limits.snapshotHeights === 0)
        roots.set(height, { height, root: snapshotRoot(bytes, hashes) });
    return {
      roots: [...roots.values()].sort((a, b) => a.height - b.height),
      kept: whole.map(({ height, hashes }) => ({ height, chunks: hashes.length })),
    };
  }

  /** Every chunk was proven before it was written, so what is here is taken for what it says. */
  async fetched(): Promise<FetchedChunks | undefined> {
    const value = await this.#store.get(spaces.meta, stateSyncKey);
    const plan = value === undefined ? undefined : decodePlan(value);
    if (plan === undefined) return undefined;
    const hashes = new Map<number, Uint8Array>();
    for (let index = 0; index < snapshotChunkCount(plan.bytes); index++) {
      const key = snapshotChunkKey(plan.name.height, index);
      const chunk = await this.#store.get(spaces.snapshotChunk, key);
      if (chunk !== undefined) hashes.set(index, snapshotChunkHash(chunk));
    }
    return { ...plan, hashes };
  }

  /** From `first` on as far as the chain is unbroken. */
  async finalBlocks(first: number): Promise<Stored[]> {
    const blocks: Stored[] = [];
    for (let height = first; ; height++) {
      const block = await this.#final(Height(height));
      if (block === undefined) return blocks;
      blocks.push(block);
    }
  }

  /** By height, of those that are there. */
  async openings(first: number, count: number): Promise<Map<number, readonly Uint8Array[]>> {
    const openings = new Map<number, readonly Uint8Array[]>();
    for (let height = first; height < first + count; height++) {
      const value = await this.#store.get(spaces.opening, u64Bytes(height));
      const record = value === undefined ? undefined : decodeDeliveredRecord(value);
      if (record !== undefined) openings.set(height, record.openings);
    }
    return openings;
  }

  /** What the cuts of these blocks read, back to the messages that are gone or belong to blocks before them. */
  async lanes(headers: readonly Header[]): Promise<Lane[]> {
    const seen = new Set<string>();
    const lanes: Lane[] = [];
    for (const header of headers) {
      for (const tip of decodePayload(header.payload)?.cut ?? []) {
        const segment: Lane[] = [];
        let next: Uint8Array | undefined = tip.sequence === 0 ? undefined : tip.hash;
        while (next !== undefined && !seen.has(toHex(next)) && segment.length < laneWalkMax) {
          seen.add(toHex(next));
          const value: Uint8Array | undefined = await this.#store.get(spaces.lane, next);
          const lane = value === undefined ? undefined : decode(value, readLane);
          if (lane === undefined) break;
          segment.push(lane);
          next = lane.sequence > 1 ? lane.previous : undefined;
        }
        lanes.push(...segment.reverse());
      }
    }
    return lanes;
  }

  /** What earlier starts stamped and no final block has emitted: as much as one lane may hold. */
  async stamps(): Promise<LaneEntry[]> {
    const records = await this.#store.range(spaces.stamp);
    return records.flatMap(({ key, value }) => {
      const stamp = decode(value, (reader) => Micros(reader.u64()));
      return stamp === undefined || key.length !== 32 ? [] : [{ id: key, stamp }];
    });
  }

  async transactions(ids: readonly Uint8Array[]): Promise<SealedTransaction[]> {
    const transactions: SealedTransaction[] = [];
    for (const id of ids) {
      const value = await this.#store.get(spaces.transaction, id);
      const transaction = value === undefined ? undefined : decodeTransaction(value);
      if (transaction !== undefined) transactions.push(transaction);
    }
    return transactions;
  }

  async replica(start: EpochStart, last: Stored | undefined): Promise<Recovered> {
    const { epoch } = start.committee;
    const stored = await this.#store.get(spaces.safety, safetyKey(epoch));
    const safety = stored === undefined ? undefined : decodeSafety(stored);
    if (stored !== undefined && safety === undefined)
      throw new CodedError(
        "SAFETY_DAMAGED",
        "the record of what this validator signed is damaged; it must not vote with this key",
      );
    const final: Recovered["final"] =
      last === undefined || last.header.height === start.height
        ? { height: start.height, hash: start.hash, view: View(0) }
        : {
            height: last.header.height,
            hash: blockHash(last.header),
            view: last.header.view,
            ...(last.certificate === undefined ? {} : { certificate: last.certificate }),
          };
    const certificates = await this.#store.range(spaces.certificate, {
      from: certificateKey(epoch, final.view),
      to: certificateKey(Epoch(epoch + 1), View(0)),
      // The newest: they say in which view to start.
      reverse: true,
      limit: rangeLimit,
    });
    const qcs = certificates.flatMap(({ value }) => decodeQC(value) ?? []);
    const [newest] = qcs;
    const headers: Header[] = [];
    const recovered: Recovered = {
      ...(safety === undefined ? {} : { safety }),
      certificates: qcs,
      votes: await this.votes(start.committee, newest?.view ?? final.view),
      headers,
      final,
    };
    // Every round finds parents of what the last one found; headers that are nowhere end it.
    for (const asked = new Set<string>(); ;) {
      const wanted = hashesToLoad(recovered).filter((hash) => !asked.has(toHex(hash)));
      if (wanted.length === 0) return recovered;
      for (const hash of wanted) {
        asked.add(toHex(hash));
        const header = await this.#header(hash);
        if (header !== undefined && header.height > final.height) headers.push(header);
      }
    }
  }

  /** The log's, of the views in which a vote may still be taken when this one is the last that ended. */
  async votes(committee: Committee, ended: View): Promise<CastVote[]> {
    const { epoch, members } = committee;
    const records = await this.#store.range(spaces.vote, {
      from: voteLogKey(epoch, View(Math.max(0, ended - limits.viewsAheadMax))),
      to: voteLogKey(epoch, View(ended + limits.viewsAheadMax + 2)),
      limit: (2 * limits.viewsAheadMax + 2) * members.length * votesPerSeatMax,
    });
    return records.flatMap((record) => readVote(committee, record) ?? []);
  }

  /** A few at a time, for one piece may be long and only the keys are wanted. */
  async evidence(): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    for (let from = new Uint8Array(0); ;) {
      const found = await this.#store.range(spaces.evidence, { from, limit: evidencePerRead });
      keys.push(...found.map(({ key }) => key));
      const last = found.at(-1);
      if (last === undefined || found.length < evidencePerRead) return keys;
      from = Uint8Array.from(concatBytes(last.key, new Uint8Array(1)));
    }
  }

  async voidPromise(): Promise<VoidPromise | undefined> {
    const value = await this.#store.get(spaces.signer, voidPromiseKey);
    if (value === undefined) return undefined;
    const promise = decodeVoidPromise(value);
    if (promise !== undefined) return promise;
    throw new CodedError(
      "SAFETY_DAMAGED",
      "the record of what this validator agreed to declare void is damaged; it must not sign with this key",
    );
  }

  async attester(): Promise<AttestedBefore> {
    const records = await this.#store.range(spaces.attested);
    const attested = records.map(({ value }) => {
      const checkpoint = decodeCheckpoint(value);
      if (checkpoint !== undefined) return checkpoint;
      throw new CodedError(
        "SAFETY_DAMAGED",
        "the record of the checkpoints this validator signed is damaged; it must not sign with this key",
      );
    });
    return { attested, certifiedHeight: 0 };
  }

  async l1(from: number): Promise<L1Block[]> {
    const blocks: L1Block[] = [];
    for (let next = from; ;) {
      const entries = await this.#store.range(spaces.l1, {
        from: u64Bytes(next),
        limit: rangeLimit,
      });
      for (const { value } of entries) {
        const block = decodeL1Block(value);
        if (block?.number !== next) return blocks;
        blocks.push(block);
        next++;
      }
      if (entries.length < rangeLimit) return blocks;
    }
  }

  async #final(height: Height): Promise<Stored | undefined> {
    const value = await this.#store.get(spaces.ordered, u64Bytes(height));
    const record = value === undefined ? undefined : decodeFinalRecord(value);
    const header = record === undefined ? undefined : await this.#header(record.hash);
    if (record === undefined || header?.height !== height) return undefined;
    return { header, certificate: record.certificate };
  }

  /** Undefined when a part of it is missing or is not what was written. */
  async #state({ height, hashes }: SnapshotRecord): Promise<ReplicatedState | undefined> {
    const chunks: Uint8Array[] = [];
    for (const [index, hash] of hashes.entries()) {
      const chunk = await this.#store.get(spaces.snapshotChunk, snapshotChunkKey(height, index));
      if (chunk === undefined || !equalBytes(snapshotChunkHash(chunk), hash)) return undefined;
      chunks.push(chunk);
    }
    const state = decodeState(chunks);
    return state?.height === height ? state : undefined;
  }

  async #header(hash: Uint8Array): Promise<Header | undefined> {
    const value = await this.#store.get(spaces.block, hash);
    return value === undefined ? undefined : decodeHeader(value);
  }
}
