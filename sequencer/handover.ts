// What a node knows of the epoch after its own: which committee comes, as worked out here or as shown by others, and
// which nodes it has told how earlier epochs ended.

import { equalBytes } from "../base/index.ts";
import {
  type CertifiedCheckpoint,
  type Committee,
  type EpochEnd,
  isEndOf,
  limits,
  type Micros,
  nextCommitteeHash,
  type ValidatorIndex,
} from "../protocol/index.ts";

export interface HandoverOptions {
  /** Of this epoch. */
  readonly committee: Committee;
  /** `settlementDomain`, 32 bytes. */
  readonly domain: Uint8Array;
  verifyAggregate(
    signers: readonly ValidatorIndex[],
    digest: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}

/** A committee is a hundred keys: whoever stayed behind is told once in so much time, and asks as often, µs. */
const tellInterval = 1_000_000;
const askInterval = 500_000;

export class Handover {
  readonly #options: HandoverOptions;
  #next: { readonly committee: Committee; readonly hash: Uint8Array } | undefined;
  #certified: CertifiedCheckpoint | undefined;
  /** Who showed an end that was none: checking another of theirs would only cost time. Bounded by the peer table. */
  readonly #liars = new Set<ValidatorIndex>();
  /** By place in the peer table, which is bounded. */
  readonly #toldAt = new Map<ValidatorIndex, Micros>();
  readonly #answeredAt = new Map<ValidatorIndex, Micros>();
  #askedAt = -askInterval;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** The committee of the next epoch, once it is known. */
  get next(): Committee | undefined {
    return this.#next?.committee;
  }

  get nextHash(): Uint8Array | undefined {
    return this.#next?.hash;
  }

  /** The last checkpoint of this epoch, once a quorum has signed it. */
  get certified(): CertifiedCheckpoint | undefined {
    return this.#certified;
  }

  /** Who comes next, as worked out here. The first word stands; false for what is not of the next epoch. */
  learn(committee: Committee): boolean {
    if (this.#next !== undefined || committee.epoch !== this.#options.committee.epoch + 1)
      return false;
    const hash = nextCommitteeHash(committee);
    if (hash === undefined) return false;
    this.#next = { committee, hash };
    return true;
  }

  /** The attester of this node has a quorum for the last checkpoint. */
  onCertified(certified: CertifiedCheckpoint): void {
    this.#certified ??= certified;
  }

  /**
   * How this epoch ended, as a peer shows it: "new" the first time, "false" once for a peer that cannot show it. The word
   * of a quorum goes before what was worked out here.
   */
  onShown(from: ValidatorIndex, end: EpochEnd): "new" | "known" | "false" {
    const { committee } = this.#options;
    const { checkpoint } = end.certified;
    if (checkpoint.epoch !== committee.epoch || this.#certified !== undefined) return "known";
    if (this.#liars.has(from)) return "known";
    if (!isEndOf(committee, end, this.#options)) {
      this.#liars.add(from);
      return "false";
    }
    this.#certified = end.certified;
    if (this.#next === undefined || !equalBytes(this.#next.hash, checkpoint.next))
      this.#next = { committee: end.committee, hash: checkpoint.next };
    return "new";
  }

  /** Whether this peer, which is in an earlier epoch, is to be told how that ended. */
  mayTell(peer: ValidatorIndex, now: Micros): boolean {
    return this.#isDue(this.#toldAt, peer, now);
  }

  /** Whether this peer is to be told what it asks for. Counted by itself: what it is told unasked may be another epoch. */
  mayAnswer(peer: ValidatorIndex, now: Micros): boolean {
    return this.#isDue(this.#answeredAt, peer, now);
  }

  #isDue(last: Map<ValidatorIndex, Micros>, peer: ValidatorIndex, now: Micros): boolean {
    const placesMax = this.#options.committee.members.length + limits.observersMax;
    if (peer >= placesMax || now < (last.get(peer) ?? -tellInterval) + tellInterval) return false;
    last.set(peer, now);
    return true;
  }

  /** Whether to ask a peer that is in a later epoch how this one ended. */
  mayAsk(now: Micros): boolean {
    if (this.#certified !== undefined || now < this.#askedAt + askInterval) return false;
    this.#askedAt = now;
    return true;
  }
}
