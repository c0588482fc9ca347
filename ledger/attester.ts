// Signs the checkpoints that are due, and gathers a quorum's signatures for L1. A validator that signs two payloads for
// one height is slashed (`Hub.convict`), so what it signed is on disk before anyone sees it and ascends over all lives.

import { type Gauge, u64Bytes, unreachable, type Write } from "../base/index.ts";
import {
  type CertifiedCheckpoint,
  type Checkpoint,
  checkpointDigest,
  checkpointHash,
  checkpointStatement,
  type CheckpointVote,
  type Committee,
  type CommonEffect,
  contradiction,
  encodeCheckpoint,
  type Evidence,
  isMember,
  type Micros,
  type SignedPayload,
  spaces,
  type ValidatorIndex,
} from "../protocol/index.ts";
import {
  type CheckpointSignatures,
  CheckpointVotes,
  EarlyVotes,
  type VoteOutcome,
} from "./checkpoint-votes.ts";

export type AttesterEvent =
  /** The ledger's totals have reached a height at which a checkpoint is due. */
  | { readonly type: "due"; readonly now: Micros; readonly checkpoint: Checkpoint }
  | {
      readonly type: "message";
      readonly now: Micros;
      /** Known from the connection. */
      readonly from: ValidatorIndex;
      readonly message: CheckpointVote;
    }
  | { readonly type: "tick"; readonly now: Micros };

export type AttesterEffect =
  | CommonEffect
  /** A quorum has signed a checkpoint that this node has reached as well. Once for each, ascending in height. */
  | { readonly type: "certified"; readonly certified: CertifiedCheckpoint }
  /** One that was certified before, now with everyone's signature; never comes when somebody is away. */
  | { readonly type: "completed"; readonly certified: CertifiedCheckpoint };

export interface AttesterOptions {
  readonly committee: Committee;
  /** Undefined for a node that only follows: it signs nothing. */
  readonly self: ValidatorIndex | undefined;
  /** `settlementDomain`, 32 bytes. */
  readonly domain: Uint8Array;
}

/** What the node finds on its disk. */
export interface AttestedBefore {
  /** All records of `spaces.attested`, by `decodeCheckpoint`, ascending. A damaged one must stop the node. */
  readonly attested: readonly Checkpoint[];
  /** Height of the last certified checkpoint, 0 before the first. */
  readonly certifiedHeight: number;
}

/** Checkpoints that are gathered for at a time. They are cumulative: the newest makes up for all before it. */
const openMax = 4;
const earlyVotesMax = 8;
/** Records kept on disk. Only the last decides what may be signed; the others tell an operator what was. */
const recordsMax = 64;
/** How often own votes are said again, µs. */
const repeatInterval = 3_000_000;

export class Attester {
  readonly #signatures: CheckpointSignatures;
  readonly #options: AttesterOptions;
  /** What this validator signed, ascending in height; on disk as well. */
  readonly #attested: Checkpoint[];
  /** Checkpoints that this node has reached, by height, ascending. */
  readonly #open = new Map<number, CheckpointVotes>();
  /** This validator's votes on them. */
  readonly #own = new Map<number, CheckpointVote>();
  readonly #early = new EarlyVotes(earlyVotesMax);
  #certifiedHeight: number;
  #repeatedAt = -repeatInterval;

  constructor(
    ports: { readonly signatures: CheckpointSignatures },
    options: AttesterOptions,
    before: AttestedBefore,
  ) {
    this.#signatures = ports.signatures;
    this.#options = options;
    this.#attested = [...before.attested];
    this.#certifiedHeight = before.certifiedHeight;
    // Taken up again; the first tick counts these votes and says them once more.
    for (const checkpoint of before.attested.slice(-openMax))
      if (checkpoint.epoch === options.committee.epoch) this.#vote(this.#begin(checkpoint));
  }

  get gauges(): Gauge[] {
    return [
      { name: "open-checkpoints", size: this.#open.size, max: openMax },
      { name: "own-votes", size: this.#own.size, max: openMax },
      { name: "early-votes", size: this.#early.size, max: earlyVotesMax },
      { name: "attested", size: this.#attested.length, max: recordsMax },
    ];
  }

  step(event: AttesterEvent): AttesterEffect[] {
    switch (event.type) {
      case "due":
        return this.#onDue(event.checkpoint);
      case "message":
        return this.#onVote(event.from, event.message);
      case "tick":
        return this.#onTick(event.now);
      default:
        return unreachable(event);
    }
  }

  #onDue(checkpoint: Checkpoint): AttesterEffect[] {
    const { height } = checkpoint;
    // After a restart the chain is gone through again, and most of it is done with.
    const reached = Math.max(this.#certifiedHeight, ...this.#open.keys());
    const isOpen = this.#open.get(height)?.matches(checkpoint) === true;
    if (isOpen || (height <= reached && !this.#open.has(height))) return [];
    const votes = this.#begin(checkpoint);
    const effects = this.#maySign(checkpoint) ? this.#sign(votes) : [];
    for (const [signer, vote] of this.#early.takeUpTo(height))
      effects.push(...this.#count(votes, signer, vote));
    return effects;
  }

  #onVote(from: ValidatorIndex, vote: CheckpointVote): AttesterEffect[] {
    const { committee, self } = this.#options;
    const { epoch, height } = vote.checkpoint;
    if (from === self || !isMember(committee, from) || epoch !== committee.epoch) return [];
    const votes = this.#open.get(height);
    if (votes !== undefined) return this.#count(votes, from, vote);
    if (height <= Math.max(this.#certifiedHeight, ...this.#open.keys())) return [];
    const other = this.#early.put(from, vote);
    return other === undefined ? [] : [this.#contradiction(from, other, vote)];
  }

  /** The newest vote is said again even when it is certified here: others may have been away. */
  #onTick(now: Micros): AttesterEffect[] {
    if (now - this.#repeatedAt < repeatInterval) return [];
    this.#repeatedAt = now;
    const newest = Math.max(...this.#own.keys());
    const effects: AttesterEffect[] = [];
    for (const [height, message] of this.#own) {
      const votes = this.#open.get(height);
      if (votes === undefined || (votes.isCertified && height < newest)) continue;
      effects.push({ type: "broadcast", message }, ...this.#countOwn(votes));
    }
    return effects;
  }

  /** Heights ascend, so that the last one alone decides. */
  #maySign(checkpoint: Checkpoint): boolean {
    const last = this.#attested.at(-1)?.height ?? 0;
    return this.#options.self !== undefined && checkpoint.height > last;
  }

  #sign(votes: CheckpointVotes): AttesterEffect[] {
    const writes = this.#record(votes.checkpoint);
    return [
      // On disk before anyone sees it: a validator that forgot it could sign another for this height.
      { type: "persist", writes, sync: true },
      { type: "broadcast", message: this.#vote(votes) },
      ...this.#countOwn(votes),
    ];
  }

  #record(checkpoint: Checkpoint): Write[] {
    this.#attested.push(checkpoint);
    const dropped = this.#attested.splice(0, this.#attested.length - recordsMax);
    const write = (height: number, value: Uint8Array | undefined): Write => ({
      space: spaces.attested,
      key: u64Bytes(height),
      value,
    });
    return [
      write(checkpoint.height, encodeCheckpoint(checkpoint)),
      ...dropped.map(({ height }) => write(height, undefined)),
    ];
  }

  #vote({ checkpoint }: CheckpointVotes): CheckpointVote {
    const statement = checkpointStatement(this.#options.domain, checkpoint);
    const signature = this.#signatures.sign(statement);
    const vote: CheckpointVote = { type: "checkpoint-vote", checkpoint, signature };
    this.#own.set(checkpoint.height, vote);
    return vote;
  }

  #countOwn(votes: CheckpointVotes): AttesterEffect[] {
    const { self } = this.#options;
    const own = this.#own.get(votes.checkpoint.height);
    if (self === undefined || own === undefined) return [];
    return this.#outcome(votes, votes.add(self, own.signature, true));
  }

  #count(votes: CheckpointVotes, from: ValidatorIndex, vote: CheckpointVote): AttesterEffect[] {
    if (votes.isRefused(from)) return [];
    if (votes.matches(vote.checkpoint))
      return this.#outcome(votes, votes.add(from, vote.signature, false));
    const signature = votes.signatureOf(from);
    votes.refuse(from);
    if (signature !== undefined) {
      const before = { type: "checkpoint-vote", checkpoint: votes.checkpoint, signature } as const;
      return [this.#contradiction(from, before, vote)];
    }
    if (!this.#isSigned(from, vote)) return [fault(from, "BAD_CHECKPOINT_SIGNATURE")];
    return [fault(from, "WRONG_CHECKPOINT")];
  }

  #outcome(votes: CheckpointVotes, outcome: VoteOutcome): AttesterEffect[] {
    const { certified, completed, forgers } = outcome;
    const faults = forgers.map((forger) => fault(forger, "BAD_CHECKPOINT_SIGNATURE"));
    if (completed !== undefined) return [{ type: "completed", certified: completed }];
    if (certified === undefined) return faults;
    this.#certifiedHeight = votes.checkpoint.height;
    for (const height of this.#open.keys()) if (height < this.#certifiedHeight) this.#drop(height);
    return [...faults, { type: "certified", certified }];
  }

  /** Two votes on one height that differ: a slashable lie, if both are signed. */
  #contradiction(from: ValidatorIndex, a: CheckpointVote, b: CheckpointVote): AttesterEffect {
    if (!this.#isSigned(from, a) || !this.#isSigned(from, b))
      return fault(from, "BAD_CHECKPOINT_SIGNATURE");
    const { epoch, height } = a.checkpoint;
    const place = { epoch, offender: from, slot: height };
    const evidence = contradiction(place, [sideOf(a), sideOf(b)]);
    return fault(from, "CHECKPOINT_EQUIVOCATION", evidence);
  }

  #isSigned(from: ValidatorIndex, vote: CheckpointVote): boolean {
    const digest = checkpointDigest(this.#options.domain, vote.checkpoint);
    return this.#signatures.verify(from, digest, vote.signature);
  }

  #begin(checkpoint: Checkpoint): CheckpointVotes {
    const { domain, committee } = this.#options;
    const isCertified = checkpoint.height <= this.#certifiedHeight;
    const options = { domain, seats: committee.members.length, isCertified };
    const votes = new CheckpointVotes(checkpoint, options, this.#signatures);
    this.#drop(checkpoint.height);
    this.#open.set(checkpoint.height, votes);
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > openMax && oldest !== undefined) this.#drop(oldest);
    return votes;
  }

  #drop(height: number): void {
    this.#open.delete(height);
    this.#own.delete(height);
  }
}

function sideOf({ checkpoint, signature }: CheckpointVote): SignedPayload {
  return { kind: "checkpoint", payload: checkpointHash(checkpoint), signature };
}

function fault(peer: ValidatorIndex, code: string, evidence?: Evidence): AttesterEffect {
  return { type: "fault", peer, code, ...(evidence === undefined ? {} : { evidence }) };
}
