// Who comes next, and with which keys. A function of the final blocks: once the epoch has lasted long enough and L1 has
// named who follows, attempts at the next committee's keys follow each other, until one has made them and a block closes
// the epoch with them. A committee therefore stays in office for as long as nobody can take over from it. One without a
// key waits for nothing but for being followed.
//
// The next committee is handed the key of this one, and in some epochs makes another beside it, which is the newest from
// then on: whoever collected old shares of the one has nothing of the other. Both are made in the same windows, and one
// without the other is no committee, so that what is sealed to either is opened.

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
  type RetiringKey,
} from "../protocol/index.ts";
import {
  type Attempt,
  beginAttempt,
  closingFrom,
  endOf,
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
  readonly parameters: Pick<Parameters, "epochTime" | "dkgWindow" | "keyEpochs" | "keyOverlap">;
}

/** The id of the first key that a committee makes. */
const firstKeyId = 1;
const keyIdMax = 0xffff_ffff;
/** That a committee may have: the newest, and the one before. */
const keysMax = 2;

export class Succession {
  readonly #options: SuccessionOptions;
  #height: Height;
  /** One for each key of the next committee, the newest key first, all of one number and start; none before the first. */
  #attempts: readonly Attempt[] = [];
  /**
   * By key id, of the attempts that are being made. Worked out elsewhere from the attempt alone, so it is no part of the
   * state; undefined is no key. As many as there are keys.
   */
  readonly #judged = new Map<number, Verdict | undefined>();

  /** `height`: of the last block before the first that it will hear of. Throws `CodedError` BAD_SNAPSHOT. */
  constructor(options: SuccessionOptions, height: Height, snapshot?: Uint8Array) {
    this.#options = options;
    this.#height = height;
    if (snapshot !== undefined) this.#attempts = attemptsOf(snapshot);
  }

  /** Of the last block that it has heard of. */
  get height(): Height {
    return this.#height;
  }

  /** The attempts that are being made side by side, if there are any: one for each key. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** What the next block may hold of the attempts. */
  get phase(): { readonly phase: Phase; readonly last: Height } | undefined {
    return this.#phaseAt(this.#height + 1);
  }

  /** The next block is final. */
  onFinal(block: SuccessionBlock): void {
    const { height, controls } = block;
    const { dkgWindow } = this.#options.parameters;
    this.#height = height;
    for (const control of controls)
      this.#attempts = this.#attempts.map((each) => hear(each, control, height, dkgWindow));
    const number = this.#numberAfter(block);
    if (number === undefined || number === this.#attempts[0]?.number) return;
    const { committee } = this.#options;
    const { candidates = [] } = block;
    const members = areUsable(candidates) ? candidates : (this.#attempts[0]?.members ?? []);
    const start = Height(height + 1);
    this.#attempts = this.#keysFrom(start).map(({ keyId, isNew }) => {
      const dealers = (isNew ? members : committee.members).map(({ networkKey }) => networkKey);
      const epoch = Epoch(committee.epoch + 1);
      return beginAttempt({ epoch, number, keyId, start, members, dealers });
    });
    this.#judged.clear();
  }

  /** Whether it is known here what came of the attempts. */
  get isJudged(): boolean {
    return this.#attempts.every(({ keyId }) => this.#judged.has(keyId));
  }

  /** What came of an attempt; forgotten with it. */
  onJudged(
    { attempt, keyId }: { readonly attempt: number; readonly keyId: number },
    verdict: Verdict | undefined,
  ): void {
    if (this.#attempts.some((each) => each.number === attempt && each.keyId === keyId))
      this.#judged.set(keyId, verdict);
  }

  /**
   * With whom a block of this height may close the epoch, a function of the blocks before it: undefined when it may
   * not, "unknown" when what that follows from is not final or not worked out here.
   */
  nextCommittee(height: Height): Committee | "unknown" | undefined {
    const place = this.#phaseAt(height);
    if (place?.phase !== "close") return undefined;
    if (place.attempt !== this.#attempts[0]?.number || this.phase?.phase !== "close")
      return "unknown";
    if (!this.isJudged) return "unknown";
    const verdicts = this.#attempts.flatMap(({ keyId }) => this.#judged.get(keyId) ?? []);
    return verdicts.length === this.#attempts.length ? this.#toCommittee(verdicts) : undefined;
  }

  /** The state in bytes, canonical. */
  snapshot(): Uint8Array {
    return encode(this.#attempts, (writer, attempts) =>
      writer.list(attempts, keysMax, writeAttempt),
    );
  }

  /** Of the attempts that are to be made after this block: undefined for none yet. */
  #numberAfter({ height, time, epochStart, candidates }: SuccessionBlock): number | undefined {
    const { epochTime, dkgWindow } = this.#options.parameters;
    if (this.#attempts.length > 0) return this.#phaseAt(height + 1)?.attempt;
    if (dkgWindow === 0 || candidates === undefined || !areUsable(candidates)) return undefined;
    const isOver = epochTime > 0 && epochStart > 0 && time >= epochStart + epochTime;
    return isOver || this.#options.committee.sealing === undefined ? 0 : undefined;
  }

  /**
   * The keys that attempts from this height on are for, the newest first. A key that retires before the next committee
   * can begin is not handed on, since who deals it may have erased its share by then. While the key before the newest is
   * in use there is no third: a node would have to give shares of three, and clients gain nothing from it.
   */
  #keysFrom(start: Height): readonly { readonly keyId: number; readonly isNew: boolean }[] {
    const { committee, parameters } = this.#options;
    const { epoch, sealing, retiring } = committee;
    if (sealing === undefined) return [{ keyId: firstKeyId, isNew: true }];
    const newest = { keyId: sealing.keyId, isNew: false };
    if (retiring !== undefined && closingFrom(start, parameters.dkgWindow) <= retiring.until)
      return [newest, { keyId: retiring.keyId, isNew: false }];
    const { keyEpochs } = parameters;
    const isDue = keyEpochs > 0 && (epoch + 1) % keyEpochs === 0 && sealing.keyId < keyIdMax;
    return isDue ? [{ keyId: sealing.keyId + 1, isNew: true }, newest] : [newest];
  }

  /** The committee that the attempts have made; verdicts in their order. */
  #toCommittee([newest, other]: readonly Verdict[]): Committee | undefined {
    const [attempt] = this.#attempts;
    if (attempt === undefined || newest === undefined) return undefined;
    const { epoch, members } = attempt;
    const { keyId, key } = newest;
    const committee = {
      epoch,
      members: members.map(({ publicKey, networkKey }, index) => {
        const verificationKey = key.verificationKeys[index] ?? new Uint8Array(96);
        return { publicKey, networkKey, verificationKey };
      }),
      sealing: { keyId, pk1: key.pk1, pk2: key.pk2 },
    };
    return other === undefined
      ? committee
      : { ...committee, retiring: this.#toRetiring(other, attempt) };
  }

  /**
   * An end that was set stays. A new one counts from the last height at which this attempt can close the epoch, so that
   * it is the same for all blocks that may, and no transaction has less time than the overlap.
   */
  #toRetiring({ keyId, key }: Verdict, attempt: Attempt): RetiringKey {
    const { committee, parameters } = this.#options;
    const { retiring } = committee;
    const { pk1, pk2, verificationKeys } = key;
    const end = endOf(attempt, parameters.dkgWindow) + parameters.keyOverlap;
    const until = retiring?.keyId === keyId ? retiring.until : Height(end);
    return { keyId, pk1, pk2, verificationKeys, until };
  }

  #phaseAt(height: number): ReturnType<typeof phaseAt> {
    const [attempt] = this.#attempts;
    return attempt && phaseAt(attempt, height, this.#options.parameters.dkgWindow);
  }
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

function attemptsOf(snapshot: Uint8Array): readonly Attempt[] {
  const decoded = decode(snapshot, (reader) => reader.list(keysMax, readAttempt));
  if (decoded !== undefined) return decoded;
  throw new CodedError(
    "BAD_SNAPSHOT",
    "the snapshot of the succession does not decode: delete it and sync again",
  );
}
