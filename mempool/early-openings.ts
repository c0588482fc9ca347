import {
  limits,
  type Height,
  type Opened,
  type Shares,
  type ValidatorIndex,
} from "../protocol/index.ts";
import { isCombiner, sliceLengthMax, slicingOf } from "./slicing.ts";

type Early = Shares | Opened;

interface Kept {
  readonly from: ValidatorIndex;
  /** About one slice. */
  readonly message: Early;
}

/**
 * What others sent about heights that are not final here yet: they have seen it earlier, and do not say it twice.
 * Nothing can be checked against the block, so only what an honest peer would send is kept: shares of the slices that
 * this seat combines, openings of those that the sender combines. That bounds it: for each height within
 * `unopenedMax`, peer and kind two slices, none longer than a block allows.
 */
export class EarlyOpenings {
  readonly #index: ValidatorIndex;
  readonly #seats: number;
  /** By height, then by kind, peer and slice. */
  readonly #kept = new Map<Height, Map<string, Kept>>();

  constructor(index: ValidatorIndex, seats: number) {
    this.#index = index;
    this.#seats = seats;
  }

  /** Heights. */
  get size(): number {
    return this.#kept.size;
  }

  keep(from: ValidatorIndex, message: Early, final: Height): void {
    const { height, type } = message;
    if (height <= final || height > final + limits.unopenedMax || from >= this.#seats) return;
    const kept = this.#kept.get(height) ?? new Map<string, Kept>();
    for (const part of this.#partsOf(from, message)) {
      const key = `${type} ${from} ${part.slices[0]?.slice}`;
      if (!kept.has(key)) kept.set(key, { from, message: part });
    }
    if (kept.size > 0) this.#kept.set(height, kept);
  }

  take(height: Height): Kept[] {
    const kept = [...(this.#kept.get(height)?.values() ?? [])];
    this.#kept.delete(height);
    return kept;
  }

  /** One message for each slice that may be kept. */
  #partsOf(from: ValidatorIndex, message: Early): Early[] {
    const { height, blockHash } = message;
    const [seats, lengthMax] = [this.#seats, sliceLengthMax(this.#seats)];
    const combiner = message.type === "shares" ? this.#index : from;
    const isFit = (slice: number, items: readonly unknown[]): boolean =>
      items.length <= lengthMax && slice < seats && isCombiner(combiner, { seats, height, slice });
    if (message.type === "shares")
      return message.slices.flatMap((slice) =>
        isFit(slice.slice, slice.shares) ? [{ ...message, slices: [slice] }] : [],
      );
    // Where all combine, nobody is told what they find anyway.
    if (slicingOf(seats, 0).combiners === seats) return [];
    return message.slices.flatMap((slice) =>
      isFit(slice.slice, slice.openings)
        ? [{ type: "opened" as const, height, blockHash, slices: [slice] }]
        : [],
    );
  }
}
