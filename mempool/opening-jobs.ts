import type { Claim, OpeningEffect, Row } from "./opening-events.ts";
import type { OpeningSlice } from "./opening-slice.ts";

/** Points in one job at most, unless one slice has more: as long as the next height may have to wait. */
const pointsPerJobMax = 256;

type JobEffect = Extract<OpeningEffect, { type: "open-batches" | "check-openings" }>;

/**
 * Slices that are ready for a worker. One job of each kind runs at a time, and what becomes ready meanwhile goes
 * together into the next: the busier the node, the more slices share two pairings.
 */
export class OpeningJobs {
  /** Slices of heights that are not open: as many as the node lets wait. */
  readonly #combining = new Set<OpeningSlice>();
  readonly #checking = new Set<OpeningSlice>();
  /** With a worker, in the order in which it will answer. */
  #combined: readonly OpeningSlice[] = [];
  #checked: readonly Checked[] = [];

  /** Rows have come for it. */
  combine(slice: OpeningSlice): void {
    this.#combining.add(slice);
  }

  /** It has a claim. */
  check(slice: OpeningSlice): void {
    this.#checking.add(slice);
  }

  /** The next jobs; `rowsOf` answers undefined for a slice whose rows do not suffice yet. */
  start(rowsOf: (slice: OpeningSlice) => readonly Row[] | undefined): JobEffect[] {
    const effects: JobEffect[] = [];
    if (this.#combined.length === 0) {
      const ready = take(this.#combining, rowsOf);
      this.#combined = ready.map(({ slice }) => slice);
      const batches = ready.map(({ slice, value }) => ({ points: slice.points, rows: value }));
      if (batches.length > 0) effects.push({ type: "open-batches", batches });
    }
    if (this.#checked.length === 0) {
      const ready = take(this.#checking, (slice) => slice.claim);
      this.#checked = ready.map(({ slice, value }) => ({ slice, claim: value }));
      const claims = ready.map(({ slice: { points }, value: { openings } }) => ({
        points,
        openings,
      }));
      if (claims.length > 0) effects.push({ type: "check-openings", claims });
    }
    return effects;
  }

  /** What the answer to `open-batches` is about, in its order. */
  endCombining(): readonly OpeningSlice[] {
    const slices = this.#combined;
    this.#combined = [];
    return slices;
  }

  /** The same for `check-openings`. */
  endChecking(): readonly Checked[] {
    const checked = this.#checked;
    this.#checked = [];
    return checked;
  }
}

interface Checked {
  readonly slice: OpeningSlice;
  readonly claim: Claim;
}

/** Takes what is ready out of the set, oldest first, up to the size of a job; what is not ready leaves it as well. */
function take<T>(
  waiting: Set<OpeningSlice>,
  read: (slice: OpeningSlice) => T | undefined,
): { readonly slice: OpeningSlice; readonly value: T }[] {
  const taken: { slice: OpeningSlice; value: T }[] = [];
  let points = 0;
  for (const slice of waiting) {
    if (points > 0 && points + slice.points.length > pointsPerJobMax) break;
    waiting.delete(slice);
    const value = slice.openings === undefined ? read(slice) : undefined;
    if (value === undefined) continue;
    taken.push({ slice, value });
    points += slice.points.length;
  }
  return taken;
}
