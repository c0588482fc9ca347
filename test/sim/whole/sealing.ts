// The committee's key in the simulator: what workers and senders do with it, and what an all-seeing observer knows.

import type { Committee, Envelope, Micros, SealedTransaction } from "../../../protocol/index.ts";
import type { JobResult } from "../../../sequencer/core-events.ts";
import type { Job } from "../../../sequencer/jobs.ts";

/** Whose decryption share of what some bytes are. */
export interface Secret {
  /** From 1. */
  readonly seat: number;
  /** The ciphertext's point, in hex. */
  readonly point: string;
}

/** What a client wants to say. */
export interface Draft {
  /** Distinct for each. */
  readonly number: number;
  /** Of the key that it seals to. */
  readonly keyId: number;
  /** Its sender is filled in. */
  readonly envelope: Envelope;
  readonly message: Uint8Array;
  readonly isClear: boolean;
  /** Sealed so that nobody can open it. */
  readonly isVoid: boolean;
  /** With a signature that is none. */
  readonly isForged: boolean;
}

export interface Written {
  readonly transaction: SealedTransaction;
  /** What everyone must find inside; undefined when it is void. */
  readonly payload: Uint8Array | undefined;
}

export interface Sealing {
  readonly committee: Committee;
  /** Seats whose shares open. */
  readonly threshold: number;
  write(draft: Draft): Written;
  /** What a worker of this seat answers. */
  answer(job: Job, seat: number, now: Micros): JobResult;
  /** Undefined for bytes that are no share which anybody ever computed. */
  whatIs(share: Uint8Array): Secret | undefined;
}
