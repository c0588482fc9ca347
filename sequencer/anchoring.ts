// Certified checkpoints on their way to L1, and what of them L1 was seen to take.

import { BoundedMap, equalBytes, fromHex, type Metrics } from "../base/index.ts";
import {
  type CertifiedCheckpoint,
  type Committee,
  Height,
  type Micros,
  type RollupLeaf,
  zeroHash,
} from "../protocol/index.ts";
import type { Archive } from "./archive.ts";
import type { Committees } from "./committees.ts";
import type { CoreEffect } from "./core-events.ts";
import type { NodeGateway } from "./gateway.ts";
import type { StatusBook } from "./status.ts";

export type CertifiedEffect = Extract<CoreEffect, { type: "certified" | "completed" }>;

/** A checkpoint with all that its root commits to. */
export interface Anchorable {
  readonly certified: CertifiedCheckpoint;
  /** By rollup id. */
  readonly leaves: readonly RollupLeaf[];
  /** Whose it is. */
  readonly committee: Committee;
  /** With the last checkpoint of an epoch: who signs after it. */
  readonly next?: Committee;
}

/** A checkpoint that the Hub took, or one that a rollup settled from: `count` is the Hub's name for it. */
export type Carried =
  | {
      readonly type: "anchored";
      readonly count: number;
      readonly number: number;
      readonly height: number;
      readonly transaction: string;
    }
  | {
      readonly type: "settled";
      readonly count: number;
      readonly rollup: number;
      readonly transaction: string;
    };

/** L1 as it was last seen; the same object while nothing happens there. */
export interface SeenL1 {
  readonly carried: readonly Carried[];
}

export interface AnchoringPorts {
  readonly gateway: Pick<NodeGateway, "certified">;
  readonly statuses: StatusBook;
  readonly archive: Pick<Archive, "epochEnd">;
  readonly committees: Committees;
  readonly metrics: Metrics;
  readonly now: () => Micros;
  /** Hands it to the poster of the epoch that lasts. */
  readonly anchor: (anchorable: Anchorable) => void;
}

const certifiedKept = 64;
const anchorsKept = 1_024;
/** How long the rest of the committee has to sign a checkpoint that a quorum has signed, ms. */
const signingPatienceMs = 1_000;

export class Anchoring {
  readonly #ports: AnchoringPorts;
  /** Certified checkpoints by number, so that what L1 holds can be told by height. */
  readonly #certified = new Map<number, CertifiedEffect>();
  /** What the Hub took, by its count. */
  readonly #anchors = new BoundedMap<number, { number: number; height: Height }>(anchorsKept);
  #anchored = Height(0);
  #seen: SeenL1 | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: AnchoringPorts) {
    this.#ports = ports;
  }

  /** Of the last checkpoint that L1 was seen to have. */
  get anchored(): Height {
    return this.#anchored;
  }

  /** Anchoring waits a moment for those who have not signed yet: every absent one costs gas. */
  onCertified(effect: CertifiedEffect, committee: Committee): void {
    const { gateway, metrics, anchor } = this.#ports;
    const { certified, leaves } = effect;
    const { number, height, next } = certified.checkpoint;
    this.#certified.set(number, effect);
    for (const old of this.#certified.keys()) {
      if (this.#certified.size <= certifiedKept) break;
      this.#certified.delete(old);
    }
    gateway.certified(certified, undefined);
    metrics.gauge("checkpoint_height", height);
    // The last one of an epoch is carried to L1 by the next committee, once it has begun.
    if (!equalBytes(next, zeroHash)) return;
    clearTimeout(this.#timer);
    const delay = effect.type === "completed" ? 0 : signingPatienceMs;
    this.#timer = setTimeout(() => anchor({ certified, leaves, committee }), delay);
  }

  /** The checkpoint with which this committee's epoch began goes to L1 before all others of it, unless L1 has it. */
  async handOver(committee: Committee): Promise<void> {
    const { archive, committees, anchor } = this.#ports;
    const signer = await committees.before(committee);
    const end = signer === undefined ? undefined : await archive.epochEnd(signer.epoch);
    if (end === undefined || signer === undefined) return;
    const { certified } = end;
    const leaves = this.#certified.get(certified.checkpoint.number)?.leaves ?? [];
    anchor({ certified, leaves, committee: signer, next: committee });
  }

  onL1(seen: SeenL1): void {
    if (seen === this.#seen) return;
    this.#seen = seen;
    const { gateway, statuses, now } = this.#ports;
    const at = now();
    for (const carried of seen.carried) {
      const transaction = fromHex(carried.transaction);
      if (carried.type === "anchored") {
        const anchor = { number: carried.number, height: Height(carried.height) };
        if (anchor.height > this.#anchored) this.#anchored = anchor.height;
        this.#anchors.set(carried.count, anchor);
        statuses.anchored({ ...anchor, transaction, at });
        const certified = this.#certified.get(carried.number)?.certified;
        if (certified !== undefined) gateway.certified(certified, transaction);
      } else {
        const anchor = this.#anchors.get(carried.count);
        if (anchor !== undefined) statuses.settled(carried.rollup, { ...anchor, transaction, at });
      }
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
