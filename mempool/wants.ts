import { ValidatorIndex } from "../protocol/index.ts";
import { keyOf } from "./keys.ts";

/** Questions about one thing: if a block waits for it, and if only a lane mentions it. Then it is forgotten. */
const attemptsMax = { demanded: 64, mentioned: 4 };
const backoffMax = 8;

interface Want {
  readonly id: Uint8Array;
  /** Whose lane it is of: who should have it. */
  readonly owner: ValidatorIndex;
  /** Asked first, in turn; then everyone is. */
  sources: readonly ValidatorIndex[];
  /** Of a lane: so many messages are missing, it included. */
  readonly count: number;
  isDemanded: boolean;
  /** A message that its owner signed names it: its name says all about it. */
  isNamed: boolean;
  dueAt: number;
  attempts: number;
}

/** A question that is due now. */
export interface Question {
  readonly id: Uint8Array;
  readonly owner: ValidatorIndex;
  readonly count: number;
  readonly to: ValidatorIndex;
}

/**
 * What is missing, and when to ask whom for it. What a block demands is asked for much longer than what
 * only a lane mentions. Refuses to remember more than its bound: whoever needs it comes again.
 */
export class Wants {
  readonly #wants = new Map<string, Want>();
  readonly #byOwner: number[];
  readonly #others: readonly ValidatorIndex[];
  readonly #perOwnerMax: number;
  /** Between two questions for one thing at first, µs. */
  readonly #patience: number;

  constructor(options: {
    readonly self: ValidatorIndex;
    readonly seats: number;
    readonly perOwnerMax: number;
    readonly patience: number;
  }) {
    const everyone = Array.from({ length: options.seats }, (_, index) => ValidatorIndex(index));
    this.#others = everyone.filter((each) => each !== options.self);
    this.#byOwner = everyone.map(() => 0);
    this.#perOwnerMax = options.perOwnerMax;
    this.#patience = options.patience;
  }

  get size(): number {
    return this.#wants.size;
  }

  get max(): number {
    return this.#byOwner.length * this.#perOwnerMax;
  }

  has(key: string): boolean {
    return this.#wants.has(key);
  }

  isDemanded(key: string): boolean {
    return this.#wants.get(key)?.isDemanded ?? false;
  }

  isNamed(key: string): boolean {
    return this.#wants.get(key)?.isNamed ?? false;
  }

  note(
    id: Uint8Array,
    want: {
      readonly owner: ValidatorIndex;
      readonly sources: readonly ValidatorIndex[];
      readonly isDemanded: boolean;
      readonly isNamed?: boolean;
      readonly askAt: number;
      readonly count?: number;
    },
  ): void {
    const key = keyOf(id);
    const known = this.#wants.get(key);
    if (known !== undefined) known.isNamed ||= want.isNamed === true;
    if (known !== undefined) return demand(known, want);
    const ofOwner = this.#byOwner[want.owner] ?? 0;
    if (ofOwner >= this.#perOwnerMax) return;
    this.#byOwner[want.owner] = ofOwner + 1;
    const { owner, sources, isDemanded, isNamed = false, askAt: dueAt, count = 1 } = want;
    this.#wants.set(key, { id, owner, sources, count, isDemanded, isNamed, dueAt, attempts: 0 });
  }

  forget(key: string): void {
    const want = this.#wants.get(key);
    if (want === undefined) return;
    this.#wants.delete(key);
    this.#byOwner[want.owner] = (this.#byOwner[want.owner] ?? 0) - 1;
  }

  /** What to ask now, `limit` questions at most. */
  due(now: number, limit: number): Question[] {
    const questions: Question[] = [];
    for (const [key, want] of this.#wants) {
      if (questions.length >= limit) break;
      if (want.dueAt > now) continue;
      if (want.attempts >= attemptsMax[want.isDemanded ? "demanded" : "mentioned"]) {
        this.forget(key);
        continue;
      }
      const to = this.#nextSource(want);
      want.attempts++;
      // Everyone is asked once at this pace, and then ever more slowly.
      const rounds = Math.floor(want.attempts / this.#others.length);
      want.dueAt = now + this.#patience * Math.min(2 ** rounds, backoffMax);
      if (to !== undefined)
        questions.push({ id: want.id, owner: want.owner, count: want.count, to });
    }
    return questions;
  }

  #nextSource({ attempts, sources, owner }: Want): ValidatorIndex | undefined {
    const first = sources.filter((source) => this.#others.includes(source));
    if (attempts < first.length) return first[attempts];
    return this.#others[(owner + attempts) % this.#others.length];
  }
}

/** Turns a mention into a demand, and puts those first who have not been asked for it. */
function demand(
  want: Want,
  claim: {
    readonly sources: readonly ValidatorIndex[];
    readonly isDemanded: boolean;
    readonly askAt: number;
  },
): void {
  if (!claim.isDemanded) return;
  const fresh = claim.sources.filter((source) => !want.sources.includes(source));
  if (want.isDemanded && fresh.length === 0) return;
  want.isDemanded = true;
  want.sources = [...fresh, ...want.sources];
  want.attempts = 0;
  want.dueAt = Math.min(want.dueAt, claim.askAt);
}
