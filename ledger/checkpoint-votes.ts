import { equalBytes } from "../base/index.ts";
import {
  type CertifiedCheckpoint,
  type Checkpoint,
  checkpointDigest,
  checkpointHash,
  type CheckpointVote,
  quorum,
  type Statement,
  type ValidatorIndex,
} from "../protocol/index.ts";

/** BLS by the epoch's committee; the shape that consensus asks for as well. Nothing that is verified can throw. */
export interface CheckpointSignatures {
  /** 96 bytes over its digest. */
  sign(statement: Statement): Uint8Array;
  verify(signer: ValidatorIndex, digest: Uint8Array, signature: Uint8Array): boolean;
  /** Undefined when one of them is malformed. */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array | undefined;
  /** One aggregate of all these signers over one digest. */
  verifyAggregate(
    signers: readonly ValidatorIndex[],
    digest: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}

/** What one more vote led to. */
export interface VoteOutcome {
  readonly certified?: CertifiedCheckpoint;
  /** Certified before, and now signed by everyone: nobody is absent, which L1 takes for less gas. */
  readonly completed?: CertifiedCheckpoint;
  /** Signers whose signature does not verify; they count no more for this checkpoint. */
  readonly forgers: readonly ValidatorIndex[];
}

/**
 * The votes on one checkpoint of this node. Signatures are verified when a quorum is there, as one aggregate; only
 * when that fails one by one, and each of those at most once.
 */
export class CheckpointVotes {
  readonly checkpoint: Checkpoint;
  readonly digest: Uint8Array;
  isCertified: boolean;
  readonly #hash: Uint8Array;
  readonly #quorum: number;
  readonly #seats: number;
  readonly #signatures: CheckpointSignatures;
  readonly #votes = new Map<ValidatorIndex, { signature: Uint8Array; isVerified: boolean }>();
  readonly #refused = new Set<ValidatorIndex>();
  /** Certified here, not in an earlier life, and so worth completing. */
  #isGathering = false;

  constructor(
    checkpoint: Checkpoint,
    options: { domain: Uint8Array; seats: number; isCertified: boolean },
    signatures: CheckpointSignatures,
  ) {
    this.checkpoint = checkpoint;
    this.digest = checkpointDigest(options.domain, checkpoint);
    this.isCertified = options.isCertified;
    this.#hash = checkpointHash(checkpoint);
    this.#quorum = quorum(options.seats);
    this.#seats = options.seats;
    this.#signatures = signatures;
  }

  matches(checkpoint: Checkpoint): boolean {
    return equalBytes(checkpointHash(checkpoint), this.#hash);
  }

  isRefused(signer: ValidatorIndex): boolean {
    return this.#refused.has(signer);
  }

  signatureOf(signer: ValidatorIndex): Uint8Array | undefined {
    return this.#votes.get(signer)?.signature;
  }

  /** Its votes are not looked at any more. */
  refuse(signer: ValidatorIndex): void {
    this.#refused.add(signer);
    this.#votes.delete(signer);
  }

  /** A vote on this very checkpoint. */
  add(signer: ValidatorIndex, signature: Uint8Array, isVerified: boolean): VoteOutcome {
    if (this.#votes.has(signer) || this.#refused.has(signer)) return { forgers: [] };
    this.#votes.set(signer, { signature, isVerified });
    if (this.isCertified) {
      const isLast = this.#isGathering && this.#votes.size === this.#seats;
      return isLast ? this.#complete() : { forgers: [] };
    }
    return this.#votes.size < this.#quorum ? { forgers: [] } : this.#certify();
  }

  /** The last ones to sign are as free to lie as the first; then what is certified stays as it is. */
  #complete(): VoteOutcome {
    const completed = this.#aggregate();
    return completed === undefined ? { forgers: [] } : { completed, forgers: [] };
  }

  #certify(): VoteOutcome {
    const certified = this.#aggregate();
    this.#isGathering = certified !== undefined;
    if (certified !== undefined) return { certified, forgers: [] };
    const forgers = this.#forgers();
    for (const forger of forgers) this.refuse(forger);
    return { forgers };
  }

  #aggregate(): CertifiedCheckpoint | undefined {
    const votes = [...this.#votes].sort(([a], [b]) => a - b);
    const signers = votes.map(([signer]) => signer);
    const signature = this.#signatures.aggregate(votes.map(([, vote]) => vote.signature));
    if (signature === undefined) return undefined;
    if (!this.#signatures.verifyAggregate(signers, this.digest, signature)) return undefined;
    this.isCertified = true;
    return { checkpoint: this.checkpoint, signers, signature };
  }

  #forgers(): ValidatorIndex[] {
    const forgers: ValidatorIndex[] = [];
    for (const [signer, vote] of this.#votes) {
      vote.isVerified ||= this.#signatures.verify(signer, this.digest, vote.signature);
      if (!vote.isVerified) forgers.push(signer);
    }
    return forgers;
  }
}

/** Votes on heights that this node has not reached, a few for each validator. */
export class EarlyVotes {
  readonly #votesMax: number;
  readonly #bySigner = new Map<ValidatorIndex, Map<number, CheckpointVote>>();

  constructor(votesMax: number) {
    this.#votesMax = votesMax;
  }

  /** Of the validator that has most. */
  get size(): number {
    return Math.max(0, ...[...this.#bySigner.values()].map((votes) => votes.size));
  }

  /** Keeps the vote and makes room by the lowest height; answers an earlier one of that height that differs. */
  put(signer: ValidatorIndex, vote: CheckpointVote): CheckpointVote | undefined {
    const votes = this.#bySigner.get(signer) ?? new Map<number, CheckpointVote>();
    const { height } = vote.checkpoint;
    const held = votes.get(height);
    if (held !== undefined) return isSameVote(held, vote) ? undefined : held;
    this.#bySigner.set(signer, votes.set(height, vote));
    if (votes.size > this.#votesMax) votes.delete(Math.min(...votes.keys()));
    return undefined;
  }

  /** The votes on this height; they and all below it are kept no longer. */
  takeUpTo(height: number): (readonly [ValidatorIndex, CheckpointVote])[] {
    const taken: (readonly [ValidatorIndex, CheckpointVote])[] = [];
    for (const [signer, votes] of this.#bySigner) {
      const vote = votes.get(height);
      if (vote !== undefined) taken.push([signer, vote]);
      for (const other of votes.keys()) if (other <= height) votes.delete(other);
    }
    return taken.sort(([a], [b]) => a - b);
  }
}

function isSameVote(a: CheckpointVote, b: CheckpointVote): boolean {
  return equalBytes(checkpointHash(a.checkpoint), checkpointHash(b.checkpoint));
}
