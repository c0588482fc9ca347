// How a node that is new, or was away for long, comes to the state that the others have (docs/protocol.md). From a
// certificate that this node has verified, headers lead down by their hashes to one that names a state; the state comes
// in chunks, each proven to belong to that name. So certificates and hashes alone are believed, whoever sends them.
//
// Nothing of it counts before all is on disk: chunks are kept as they come, in a space of their own, and one synced
// write by the node puts the snapshot in force with its headers and certificate. Until then a crash costs nothing but
// what was not synced; afterwards the node begins from it as after any restart.

import { decode, encode, equalBytes, type Gauge, utf8, type Write } from "../base/index.ts";
import {
  type Blocks,
  type CommonEffect,
  type GetSnapshot,
  Height,
  limits,
  type Micros,
  type QC,
  snapshotChunkKey,
  type SnapshotChunk,
  spaces,
  ValidatorIndex,
  type View,
} from "../protocol/index.ts";
import { type Destination, HeaderWalk } from "./header-walk.ts";
import { Ration } from "./ration.ts";
import { type FetchedChunks, SnapshotFetch } from "./snapshot-fetch.ts";

export type StateSyncEvent =
  | {
      readonly type: "tick";
      readonly now: Micros;
      /** The highest CommitQC that this node has verified, and how far it is itself. */
      readonly commit: QC | undefined;
      readonly final: { readonly height: Height; readonly view: View };
      /** A verified CommitQC of a later epoch, and whom to ask for what leads to it: not empty. */
      readonly later?: { readonly commit: QC; readonly peers: readonly ValidatorIndex[] };
    }
  | {
      readonly type: "message";
      readonly now: Micros;
      readonly from: ValidatorIndex;
      readonly message: Blocks | GetSnapshot | SnapshotChunk;
    };

export type StateSyncEffect =
  | CommonEffect
  /** Send `to` this chunk of the snapshot at this height, if it is on disk. */
  | {
      readonly type: "load-snapshot";
      readonly to: ValidatorIndex;
      readonly height: Height;
      readonly index: number;
    }
  /** All chunks are written, and make up what the destination names: put it in force, and begin from it. */
  | {
      readonly type: "state-fetched";
      readonly destination: Destination;
      readonly bytes: number;
      readonly hashes: readonly Uint8Array[];
    };

export interface StateSyncOptions {
  readonly self: ValidatorIndex;
  /** Who is asked: the seats of the committee. */
  readonly seats: number;
  /** One view's timeout, µs. */
  readonly viewTimeout: number;
  /** How far behind the last final height may be before a snapshot is fetched. */
  readonly behindMax: number;
}

/** Undefined for the signers of a certificate of this node's own epoch. */
type StateSyncPeers = readonly ValidatorIndex[] | undefined;

/** Views that a certificate must be above one that led nowhere, before it is tried. */
const retryViews = limits.snapshotHeights / 2;
const pace = { burstMax: limits.chunksBurstMax, interval: limits.chunkInterval };

/** In `spaces.meta`: which snapshot is being fetched. */
export const stateSyncKey: Uint8Array = utf8("state-sync");

export class StateSync {
  readonly #options: StateSyncOptions;
  readonly #ration: Ration;
  readonly #everyone: readonly ValidatorIndex[];
  /** What an earlier walk led to and is on disk in part. */
  #fetched: FetchedChunks | undefined;
  #walk: HeaderWalk | undefined;
  #destination: Destination | undefined;
  /** Who is asked for the chunks. */
  #peers: readonly ValidatorIndex[];
  #fetch: SnapshotFetch | undefined;
  /** Certificates below led nowhere, or not far enough. Views count from the beginning of their epoch. */
  #tryFrom = { epoch: 0, view: 0 };
  #effects: StateSyncEffect[] = [];

  constructor(options: StateSyncOptions, fetched: FetchedChunks | undefined, now: Micros) {
    this.#options = options;
    this.#ration = new Ration(options.seats, now, pace);
    this.#everyone = Array.from({ length: options.seats }, (_, seat) => ValidatorIndex(seat));
    this.#peers = this.#everyone;
    this.#fetched = fetched;
  }

  get gauges(): Gauge[] {
    const headers = this.#walk?.size ?? this.#destination?.headers.length ?? 0;
    return [
      { name: "headers", size: headers, max: limits.stateSyncHeadersMax },
      { name: "questions", size: this.#fetch?.size ?? 0, max: limits.chunksInFlightMax },
    ];
  }

  /** While a state is looked for or fetched: its height, and the chunks of it that are here. */
  get progress():
    | { readonly height: Height; readonly chunks: number; readonly of: number | undefined }
    | undefined {
    if (this.#fetch !== undefined)
      return { height: this.#fetch.name.height, ...this.#fetch.progress };
    return this.#walk === undefined ? undefined : { height: Height(0), chunks: 0, of: undefined };
  }

  step(event: StateSyncEvent): StateSyncEffect[] {
    if (event.type === "tick") this.#onTick(event);
    else this.#onMessage(event);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #onMessage({ from, message, now }: Extract<StateSyncEvent, { type: "message" }>): void {
    switch (message.type) {
      case "get-snapshot":
        if (this.#ration.take(from, now)) {
          const { height, index } = message;
          this.#effects.push({ type: "load-snapshot", to: from, height, index });
        }
        return;
      case "blocks":
        return this.#walk?.take(from, message.headers);
      case "snapshot-chunk":
        return this.#onChunk(from, message, now);
    }
  }

  #onTick({ now, commit, final, later }: Extract<StateSyncEvent, { type: "tick" }>): void {
    const { behindMax } = this.#options;
    // Final by now in the other way: block after block.
    const fetching = this.#fetch?.name.height;
    if (fetching !== undefined && fetching <= final.height) this.#forget();
    if (this.#fetch?.isStalled(now) === true) {
      // The others have newer ones by now. What is here stays, in case that it is the newest after all.
      this.#fetched = this.#fetch.fetched;
      this.#fetch = undefined;
    }
    // How far a certificate of a later epoch is ahead only its block can tell. Within one epoch heights are no more than
    // views, so that one that is not so far ahead is not worth a question.
    const isFar = commit !== undefined && commit.view > final.view + behindMax;
    const goal = later?.commit ?? (isFar ? commit : undefined);
    this.#peers = later?.peers ?? this.#everyone;
    if (this.#walk !== undefined && goal !== undefined && this.#isInVain(this.#walk, goal))
      this.#walk = undefined;
    if (this.#fetch === undefined && this.#walk === undefined) {
      if (goal === undefined || this.#isTried(goal)) return;
      const { self, viewTimeout } = this.#options;
      this.#walk = new HeaderWalk(goal, { self, patience: viewTimeout });
    }
    if (this.#walk !== undefined)
      this.#followWalk(this.#walk, { final: final.height, peers: later?.peers }, now);
    for (const { to, message } of this.#fetch?.ask(now) ?? [])
      this.#effects.push({ type: "send", to, message });
  }

  #isTried({ epoch, view }: QC): boolean {
    const from = this.#tryFrom;
    return epoch < from.epoch || (epoch === from.epoch && view < from.view);
  }

  /** Nobody may have the blocks any more that lead to an old certificate, and there is a newer one. */
  #isInVain(walk: HeaderWalk, { epoch, view }: QC): boolean {
    if (walk.epoch < epoch) return true;
    return walk.epoch === epoch && walk.view < view && walk.isStalled(this.#peers.length);
  }

  #followWalk(
    walk: HeaderWalk,
    { final, peers }: { readonly final: Height; readonly peers: StateSyncPeers },
    now: Micros,
  ): void {
    const { top, destination } = walk;
    const isNear = top !== undefined && top.height <= final + this.#options.behindMax;
    if (isNear || walk.isLost || (destination !== undefined && destination.name.height <= final)) {
      this.#walk = undefined;
      this.#tryFrom = { epoch: walk.epoch, view: walk.view + retryViews };
    } else if (destination !== undefined) this.#begin(destination, now);
    else {
      const question = walk.ask(now, peers);
      if (question !== undefined) this.#effects.push({ type: "send", ...question });
    }
  }

  #begin(destination: Destination, now: Micros): void {
    const { self, viewTimeout } = this.#options;
    const { name } = destination;
    this.#walk = undefined;
    this.#destination = destination;
    const held = this.#fetched?.name;
    const isSame = held?.height === name.height && equalBytes(held.root, name.root);
    if (!isSame) this.#forget();
    const peers = this.#peers.filter((peer) => peer !== self);
    const options = { peers, patience: 2 * viewTimeout, fetched: this.#fetched };
    this.#fetch = new SnapshotFetch(name, options, now);
    this.#advance(now);
  }

  #onChunk(from: ValidatorIndex, message: SnapshotChunk, now: Micros): void {
    const fetch = this.#fetch;
    const outcome = fetch?.take(from, message, now) ?? "passed";
    if (outcome === "lie")
      this.#effects.push({ type: "fault", peer: from, code: "BAD_SNAPSHOT_CHUNK" });
    if (outcome !== "kept" || fetch === undefined) return;
    const { index, chunk, bytes } = message.part;
    const { name } = fetch;
    const writes: Write[] = [
      { space: spaces.snapshotChunk, key: snapshotChunkKey(name.height, index), value: chunk },
      { space: spaces.meta, key: stateSyncKey, value: encodePlan({ name, bytes }) },
    ];
    this.#effects.push({ type: "persist", writes, sync: false });
    this.#advance(now);
  }

  #advance(now: Micros): void {
    const { whole } = this.#fetch ?? {};
    const destination = this.#destination;
    if (whole === undefined || destination === undefined) return;
    if (this.#fetch?.isSound === true) {
      const writes = [{ space: spaces.meta, key: stateSyncKey, value: undefined }];
      this.#effects.push({ type: "persist", writes, sync: false });
      this.#effects.push({ type: "state-fetched", destination, ...whole });
      this.#fetch = undefined;
      this.#tryFrom = { epoch: Infinity, view: 0 };
      return;
    }
    // Each was proven when it came, so the disk has not kept them as they were.
    this.#forget();
    this.#begin(destination, now);
  }

  /** Chunks of a snapshot that nobody has any more, or that is not needed. */
  #forget(): void {
    const fetched = this.#fetch?.fetched ?? this.#fetched;
    this.#fetch = undefined;
    this.#fetched = undefined;
    if (fetched === undefined) return;
    const { name, hashes } = fetched;
    const writes: Write[] = [...hashes.keys()].map((index) => ({
      space: spaces.snapshotChunk,
      key: snapshotChunkKey(name.height, index),
      value: undefined,
    }));
    writes.push({ space: spaces.meta, key: stateSyncKey, value: undefined });
    this.#effects.push({ type: "persist", writes, sync: false });
  }
}

type Plan = Omit<FetchedChunks, "hashes">;

function encodePlan(plan: Plan): Uint8Array {
  return encode(plan, (writer, { name, bytes }) =>
    writer.u64(name.height).fixed(name.root, 32).u32(bytes),
  );
}

export function decodePlan(bytes: Uint8Array): Plan | undefined {
  return decode(bytes, (reader) => ({
    name: { height: Height(reader.u64()), root: reader.fixed(32) },
    bytes: reader.u32(),
  }));
}
