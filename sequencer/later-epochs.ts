// What a node that stayed behind knows of the epochs after its own. Peers may have forgotten the blocks with which it
// could end its epoch itself, but never how an epoch ended: from end to end it learns the committees, up to one whose
// certificates lead to a state that somebody still has. The rest is state sync, as within one epoch.

import { digestIn, isCertificateOf, type VoteSignatures } from "../consensus/index.ts";
import {
  type Committee,
  type Epoch,
  type EpochEnd,
  isEndOf,
  limits,
  type Micros,
  type QC,
  type ValidatorIndex,
} from "../protocol/index.ts";

export interface LaterEpochsOptions {
  /** `settlementDomain`, 32 bytes. */
  readonly domain: Uint8Array;
  /** Seats of this epoch. Places behind them are observers'. */
  readonly seats: number;
  readonly verifyAggregateOf: VerifyAggregateOf;
}

/** Whether these members of a committee, which may be of any epoch, signed the digest with one signature, 96 bytes. */
export type VerifyAggregateOf = (
  committee: Committee,
  signed: {
    readonly signers: readonly ValidatorIndex[];
    readonly digest: Uint8Array;
    readonly signature: Uint8Array;
  },
) => boolean;

/** How long a node that knows how its epoch ended has to end it by itself before it looks further, µs. */
const patience = 2_000_000;
/** Between two questions, and between two certificates of one peer that are looked at, µs. */
const interval = 500_000;

export class LaterEpochs {
  readonly #options: LaterEpochsOptions;
  /** The newest committee that is proven, and since when the first was. */
  #newest: Committee | undefined;
  #since = 0;
  /** The highest CommitQC of a later epoch that is verified. */
  #commit: QC | undefined;
  /** The latest epoch in which each peer spoke. Bounded by the peer table. */
  readonly #heard = new Map<ValidatorIndex, Epoch>();
  /** Who showed what proves nothing; bounded as well. */
  readonly #liars = new Set<ValidatorIndex>();
  #askedAt = -interval;
  /** Each peer's by itself, or one with old certificates could keep out what the others have. Bounded as well. */
  readonly #checkedAt = new Map<ValidatorIndex, Micros>();

  constructor(options: LaterEpochsOptions) {
    this.#options = options;
  }

  /** The epoch of the newest committee that is proven; undefined until that of the next epoch is. */
  get newest(): Epoch | undefined {
    return this.#newest?.epoch;
  }

  /** Where to look for a state: a certificate, and who was heard in its epoch or after it. */
  get goal(): { readonly commit: QC; readonly peers: readonly ValidatorIndex[] } | undefined {
    const commit = this.#commit;
    if (commit === undefined) return undefined;
    const peers = [...this.#heard].flatMap(([peer, epoch]) => (epoch < commit.epoch ? [] : [peer]));
    return peers.length === 0 ? undefined : { commit, peers };
  }

  /** The committee after this node's own epoch is proven. False when it was before. */
  begin(next: Committee, now: Micros): boolean {
    if (this.#newest !== undefined) return false;
    this.#newest = next;
    this.#since = now;
    return true;
  }

  /** A peer spoke in a later epoch. The epoch whose end to ask it for now, if any. */
  onHeard(from: ValidatorIndex, epoch: Epoch, now: Micros): Epoch | undefined {
    if (from >= this.#options.seats + limits.observersMax) return undefined;
    this.#heard.set(from, epoch);
    const wanted = this.#newest?.epoch;
    if (wanted === undefined || epoch <= wanted || now < this.#since + patience) return undefined;
    if (now < this.#askedAt + interval) return undefined;
    this.#askedAt = now;
    return wanted;
  }

  /** How the epoch of the newest committee ended: "new" when there is a newer one now, "false" once for a liar. */
  onShown(from: ValidatorIndex, end: EpochEnd): "new" | "known" | "false" {
    const committee = this.#newest;
    if (committee === undefined || end.certified.checkpoint.epoch !== committee.epoch)
      return "known";
    if (this.#liars.has(from)) return "known";
    const { domain } = this.#options;
    const verifyAggregate = this.#verifierOf(committee);
    if (!isEndOf(committee, end, { domain, verifyAggregate })) {
      this.#liars.add(from);
      return "false";
    }
    // Until the new epoch has a certificate of its own this is the highest that there is. It proves nothing that the
    // checkpoint does not, so without it, or with a wrong one, the end is no less of an end.
    if (end.commitQC !== undefined && this.#isCommit(end.commitQC, committee))
      this.#commit = end.commitQC;
    this.#newest = end.committee;
    return "new";
  }

  /** A CommitQC that a peer holds. False once for a peer whose certificate is none. */
  onCommit(from: ValidatorIndex, qc: QC, now: Micros): boolean {
    const committee = this.#newest;
    if (committee === undefined || qc.epoch !== committee.epoch || this.#liars.has(from))
      return true;
    const dueAt = Math.max(this.#since + patience, (this.#checkedAt.get(from) ?? 0) + interval);
    if (now < dueAt || !this.#heard.has(from)) return true;
    if (qc.epoch === this.#commit?.epoch && qc.view <= this.#commit.view) return true;
    this.#checkedAt.set(from, now);
    if (this.#isCommit(qc, committee)) this.#commit = qc;
    else this.#liars.add(from);
    return this.#commit === qc;
  }

  #isCommit(qc: QC, committee: Committee): boolean {
    const digestOf = digestIn(this.#options.domain, committee.epoch);
    const verifyAggregate = this.#verifierOf(committee);
    return qc.kind === "commit" && isCertificateOf(committee, qc, { digestOf, verifyAggregate });
  }

  #verifierOf(committee: Committee): VoteSignatures["verifyAggregate"] {
    const { verifyAggregateOf } = this.#options;
    return (signers, digest, signature) =>
      verifyAggregateOf(committee, { signers, digest, signature });
  }
}
