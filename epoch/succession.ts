// Who comes next, and with which key. A function of the final blocks: once the epoch has lasted long enough and L1 has
// named who follows, attempts at the next committee's key follow each other, until one has made a key and a block closes
// the epoch with it. A committee therefore stays in office for as long as nobody can take over from it. One without a key
// waits for nothing but for being followed.

import { CodedError, decode, encode, toHex } from "../base/index.ts";
import {
  type Candidate,
  type Committee,
  type Control,
  Epoch,
  Height,
  limits,
  type Micros,
  type Parameters,
} from "../protocol/index.ts";
import {
  type Attempt,
  beginAttempt,
  hear,
  type Phase,
  phaseAt,
  readAttempt,
  writeAttempt,
} from "./attempt.ts";
import type { Verdict } from "./round.ts";

/** What a final block says of it. */
export interface SuccessionBlock {
  readonly height: Height;
  readonly time: Micros;
  /** Since when the epoch lasts, or 0 before it has a time. */
  readonly epochStart: Micros;
  /** Whom L1 has named for the next committee, as of this block; undefined when it has named nobody. */
  readonly candidates: readonly Candidate[] | undefined;
  /** In the order of the block. */
  readonly controls: readonly Control[];
}

export interface SuccessionOptions {
  /** Of the epoch that lasts. */
  readonly committee: Committee;
  readonly parameters: Pick<Parameters, "epochTime" | "dkgWindow">;
}

export class Succession {
  readonly #options: SuccessionOptions;
  #height: Height;
  #attempt: Attempt | undefined;
  /** Worked out elsewhere from the attempt alone, so it is no part of the state; undefined is no key. */
  #judged: { readonly attempt: number; readonly verdict: Verdict | undefined } | undefined;

  /** `height`: of the last block before the first that it will hear of. Throws `CodedError` BAD_SNAPSHOT. */
  constructor(options: SuccessionOptions, height: Height, snapshot?: Uint8Array) {
    this.#options = options;
    this.#height = height;
    if (snapshot !== undefined) this.#attempt = attemptOf(snapshot);
  }

  /** Of the last block that it has heard of. */
  get height(): Height {
    return this.#height;
  }

  /** The attempt that is being made, if there is one. */
  get attempt(): Attempt | undefined {
    return this.#attempt;
  }

  /** What the next block may hold of the attempt. */
  get phase(): { readonly phase: Phase; readonly last: Height } | undefined {
    return this.#attempt && this.#phaseAt(this.#attempt, this.#height + 1);
  }

  /** The next block is final. */
  onFinal(block: SuccessionBlock): void {
    const { height, controls } = block;
    const { dkgWindow } = this.#options.parameters;
    this.#height = height;
    for (const control of controls)
      this.#attempt &&= hear(this.#attempt, control, height, dkgWindow);
    const number = this.#numberAfter(block);
    if (number === undefined || number === this.#attempt?.number) return;
    const { epoch, sealing, members: outgoing } = this.#options.committee;
    const { candidates = [] } = block;
    const members = areUsable(candidates) ? candidates : (this.#attempt?.members ?? []);
    const dealers = sealing === undefined ? members : outgoing;
    this.#attempt = beginAttempt({
      epoch: Epoch(epoch + 1),
      number,
      start: Height(height + 1),
      members,
      dealers: dealers.map(({ networkKey }) => networkKey),
    });
    this.#judged = undefined;
  }

  /** Whether it is known here what came of the attempt. */
  get isJudged(): boolean {
    return this.#judged !== undefined;
  }

  /** What came of an attempt; forgotten with it. */
  onJudged(attempt: number, verdict: Verdict | undefined): void {
    if (attempt === this.#attempt?.number) this.#judged = { attempt, verdict };
  }

  /**
   * With whom a block of this height may close the epoch, a function of the blocks before it: undefined when it may
   * not, "unknown" when what that follows from is not final or not worked out here.
   */
  nextCommittee(height: Height): Committee | "unknown" | undefined {
    const attempt = this.#attempt;
    const place = attempt && this.#phaseAt(attempt, height);
    if (attempt === undefined || place?.phase !== "close") return undefined;
    if (place.attempt !== attempt.number || this.phase?.phase !== "close") return "unknown";
    if (this.#judged === undefined) return "unknown";
    const { verdict } = this.#judged;
    return verdict && toCommittee(attempt, verdict);
  }

  /** The state in bytes, canonical. */
  snapshot(): Uint8Array {
    return encode(this.#attempt, (writer, attempt) => writer.optional(attempt, writeAttempt));
  }

  /** Of the attempt that is to be made after this block: undefined for none yet. */
  #numberAfter({ height, time, epochStart, candidates }: SuccessionBlock): number | undefined {
    const { epochTime, dkgWindow } = this.#options.parameters;
    if (this.#attempt !== undefined) return this.#phaseAt(this.#attempt, height + 1)?.attempt;
    if (dkgWindow === 0 || candidates === undefined || !areUsable(candidates)) return undefined;
    const isOver = epochTime > 0 && epochStart > 0 && time >= epochStart + epochTime;
    return isOver || this.#options.committee.sealing === undefined ? 0 : undefined;
  }

  #phaseAt(attempt: Attempt, height: number): ReturnType<typeof phaseAt> {
    return phaseAt(attempt, height, this.#options.parameters.dkgWindow);
  }
}

/** The committee that an attempt has made. */
function toCommittee(attempt: Attempt, { keyId, key }: Verdict): Committee {
  const { epoch, members } = attempt;
  return {
    epoch,
    members: members.map(({ publicKey, networkKey }, index) => {
      const verificationKey = key.verificationKeys[index] ?? new Uint8Array(96);
      return { publicKey, networkKey, verificationKey };
    }),
    sealing: { keyId, pk1: key.pk1, pk2: key.pk2 },
  };
}

/** L1 sees to all of this; whom nobody could follow, nobody follows. */
function areUsable(candidates: readonly Candidate[]): boolean {
  if (candidates.length === 0 || candidates.length > limits.committeeMax) return false;
  const count = (keys: readonly Uint8Array[]): number => new Set(keys.map(toHex)).size;
  return (
    count(candidates.map(({ publicKey }) => publicKey)) === candidates.length &&
    count(candidates.map(({ networkKey }) => networkKey)) === candidates.length
  );
}

function attemptOf(snapshot: Uint8Array): Attempt | undefined {
  const decoded = decode(snapshot, (reader) => ({ attempt: reader.optional(readAttempt) }));
  if (decoded !== undefined) return decoded.attempt;
  throw new CodedError(
    "BAD_SNAPSHOT",
    "the snapshot of the succession does not decode: delete it and sync again",
  );
}
