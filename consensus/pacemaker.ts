// How long to wait for a leader. The pacemaker never moves a node to another view: only certificates do.

import {
  limits,
  type Micros,
  type Parameters,
  quorum,
  type ValidatorIndex,
  View,
} from "../protocol/index.ts";

/** A leader is silent after this, or three times the first timeout if that is longer, µs. */
const silenceMin = 2_000_000;
/** The timeout doubles at most this often. */
const doublingsMax = 4;

export class Pacemaker {
  readonly #parameters: Parameters;
  readonly #seats: number;
  readonly #index: ValidatorIndex;
  readonly #leaderOf: (view: View) => ValidatorIndex;
  readonly #heardAt: Micros[];
  #view: View = View(0);
  #entered: Micros;
  /** Views in a row that this node gave up, or that were skipped. */
  #skipRun = 0;
  #workSince: Micros | undefined;
  #proposalSince: Micros | undefined;
  #skipSentAt: Micros | undefined;

  constructor(
    options: {
      readonly parameters: Parameters;
      readonly seats: number;
      readonly index: ValidatorIndex;
      readonly leaderOf: (view: View) => ValidatorIndex;
    },
    now: Micros,
  ) {
    this.#parameters = options.parameters;
    this.#seats = options.seats;
    this.#index = options.index;
    this.#leaderOf = options.leaderOf;
    this.#entered = now;
    this.#heardAt = Array.from({ length: options.seats }, () => now);
  }

  get view(): View {
    return this.#view;
  }

  get leader(): ValidatorIndex {
    return this.#leaderOf(this.#view);
  }

  /** Δ: how long one message may take, and how long an answer is waited for. */
  get delay(): number {
    return this.#parameters.viewTimeout / 4;
  }

  /** Moves on to a view. `isAfterFailure`: the one before was skipped, or its certificate came after our SKIP. */
  enter(view: View, isAfterFailure: boolean, now: Micros): void {
    this.#skipRun = isAfterFailure ? this.#skipRun + 1 : 0;
    this.#view = view;
    this.#entered = now;
    this.#workSince = undefined;
    this.#proposalSince = undefined;
    this.#skipSentAt = undefined;
  }

  heard(peer: ValidatorIndex, now: Micros): void {
    this.#heardAt[peer] = now;
  }

  sawProposal(now: Micros): void {
    this.#proposalSince ??= now;
  }

  /** The leader may rest only while this node itself knows of nothing to order. */
  sawWork(now: Micros): void {
    this.#workSince ??= now;
  }

  get hasSeenWork(): boolean {
    return this.#workSince !== undefined;
  }

  sentSkip(now: Micros): void {
    this.#skipSentAt = now;
  }

  /** Whether the leader has waited long enough to propose without need, if only to show that it is there. */
  mayBeIdle(now: Micros): boolean {
    return now >= this.#entered + this.#parameters.idleTime;
  }

  /** Time to SKIP; and to say it again, since the first may have been lost. */
  isSkipDue(now: Micros): boolean {
    if (this.#skipSentAt !== undefined)
      return now >= this.#skipSentAt + this.#parameters.viewTimeout;
    const timeout = this.#isSilent(this.leader, now) ? 0 : this.#timeout();
    const idle = this.#entered + this.#parameters.idleTime + timeout;
    const working = this.#workSince === undefined ? idle : this.#workSince + timeout;
    const proposed = this.#proposalSince === undefined ? idle : this.#proposalSince + timeout;
    return now >= Math.min(idle, working, proposed);
  }

  /**
   * No back-off inside one rotation, which one bad leader could cause; only when a whole one failed. Certificates
   * that come too late count as failures: else a timeout that is too short would never grow, and nothing be final.
   */
  #timeout(): number {
    const doublings = Math.min(Math.max(this.#skipRun - this.#seats, 0), doublingsMax);
    return this.#parameters.viewTimeout * 2 ** doublings;
  }

  /** Not heard of although a quorum is: it is the leader that is away, not this node. */
  #isSilent(peer: ValidatorIndex, now: Micros): boolean {
    const since = now - Math.max(silenceMin, 3 * this.#parameters.viewTimeout);
    const isHeard = (seat: number): boolean =>
      seat === this.#index || (this.#heardAt[seat] ?? 0) > since;
    const heard = this.#heardAt.filter((_, seat) => isHeard(seat)).length;
    return !isHeard(peer) && heard >= quorum(this.#seats);
  }
}

/** Views whose votes and proposals are worth keeping around the current one. */
export function isInWindow(view: View, current: View): boolean {
  return view + limits.viewsAheadMax > current && view <= current + limits.viewsAheadMax;
}
