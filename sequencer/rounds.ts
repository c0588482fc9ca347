// This node's part in who validates next: the rounds that make the next committee's key stand in the chain (epoch/), and
// what this node says in them is a transaction like any other.

import {
  Participant,
  type ParticipantEffect,
  type ParticipantEvent,
  Succession,
} from "../epoch/index.ts";
import {
  type Candidate,
  type Committee,
  fromControlTransaction,
  type Height,
  type Micros,
  nextCommitteeHash,
  type Parameters,
  type SealedTransaction,
  toControlTransaction,
} from "../protocol/index.ts";
import type { FinalBlock } from "./executed-block.ts";
import type { Handover } from "./handover.ts";

export interface RoundsParts {
  readonly handover: Handover;
  readonly committee: Committee;
  readonly parameters: Parameters;
  readonly chainId: number;
  /** Of this node, 32 bytes; `sign` signs with it. */
  readonly networkKey: Uint8Array;
  readonly sign: (digest: Uint8Array) => Uint8Array;
}

/** Jobs for the keeper of the secrets, and what is to be ordered. */
export type RoundsEffect =
  | Extract<ParticipantEffect, { type: "round-job" }>
  | { readonly type: "say"; readonly transaction: SealedTransaction };

export class Rounds {
  readonly #parts: RoundsParts;
  readonly #succession: Succession;
  readonly #participant: Participant;
  readonly #hasRounds: boolean;
  /** The epoch has closed with the key of a round, of which this node may have a share. */
  #mustJudge = false;

  /** `state.height`: of the last block before the first that it will hear of. Throws `CodedError` BAD_SNAPSHOT. */
  constructor(
    parts: RoundsParts,
    state: { readonly height: Height; readonly snapshot: Uint8Array | undefined },
  ) {
    const { committee, parameters } = parts;
    this.#parts = parts;
    this.#hasRounds = parameters.dkgWindow > 0;
    this.#succession = new Succession({ committee, parameters }, state.height, state.snapshot);
    this.#participant = new Participant(this.#succession, parts.networkKey);
  }

  step(event: ParticipantEvent): RoundsEffect[] {
    return this.#participant.step(event).map((effect) => {
      if (effect.type === "round-job") return effect;
      const { chainId, sign } = this.#parts;
      const place = { chainId, expiry: effect.expiry, sign };
      return { type: "say", transaction: toControlTransaction(effect.control, place) };
    });
  }

  /** A final block, with the state after it; the closing one of an epoch is not among them. */
  onFinal(
    { header, payload, ordered }: FinalBlock,
    state: {
      readonly epochStart: Micros;
      readonly candidates: readonly Candidate[] | undefined;
    },
  ): void {
    const controls = ordered.flatMap(
      ({ transaction }) => fromControlTransaction(transaction) ?? [],
    );
    const { epochStart, candidates } = state;
    const { height } = header;
    this.#succession.onFinal({ height, time: payload.time, epochStart, candidates, controls });
  }

  /** The closing block of the epoch, which leaves all as it is: who comes next, if that is known here. */
  onClosed(height: Height): void {
    this.#mustJudge = this.#succession.attempts.length > 0;
    const next = this.#succession.nextCommittee(height);
    if (next !== undefined && next !== "unknown") this.#parts.handover.learn(next);
  }

  /** Whether this node has its share of the key with which the epoch closed, if it has one. */
  get isDone(): boolean {
    return !this.#mustJudge || this.#succession.isJudged;
  }

  /** With whom a block may close the epoch: the word of a quorum, or what follows from the chain. */
  nextCommittee(height: Height): Uint8Array | "unknown" | undefined {
    const { certified, nextHash } = this.#parts.handover;
    if (certified !== undefined) return nextHash;
    // Without rounds whoever hosts this node says who comes next, and no block is wrong before it has.
    if (!this.#hasRounds) return nextHash ?? "unknown";
    const next = this.#succession.nextCommittee(height);
    return next === undefined || next === "unknown" ? next : nextCommitteeHash(next);
  }

  /** For `StatePieces`. */
  snapshot(): Uint8Array {
    return this.#succession.snapshot();
  }
}
