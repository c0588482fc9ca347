import { equalBytes } from "../base/index.ts";
import { keyedPoint } from "../crypto/index.ts";
import type { Height, Opened } from "../protocol/index.ts";
import type { FinalBatch } from "./opening-events.ts";
import { OpeningSlice } from "./opening-slice.ts";
import { joinSlices, sliceOf, slicingOf } from "./slicing.ts";

/** One final height on its way to being opened, slice by slice. */
export class OpeningBatch {
  readonly height: Height;
  readonly blockHash: Uint8Array;
  /** The ciphertexts' points under their keys' ids, 52 bytes each, in block order. */
  readonly points: readonly Uint8Array[];
  readonly slices: readonly OpeningSlice[];
  /** Final long ago: others have opened it. */
  readonly isOld: boolean;
  /** When to ask others, and how often they were asked. */
  askAt: number;
  asked = 0;
  /** Shares of this validator were asked of a worker. */
  isComputing = false;
  /** This validator's own row over all slices, once it is computed. */
  own: readonly Uint8Array[] | undefined;

  static pointsOf(transactions: FinalBatch["transactions"]): Uint8Array[] {
    return transactions.map(({ body }) => keyedPoint(body));
  }

  constructor(
    batch: FinalBatch,
    options: { readonly seats: number; readonly isOld: boolean; readonly askAt: number },
  ) {
    const { height, blockHash, transactions } = batch;
    this.height = height;
    this.blockHash = blockHash;
    this.points = OpeningBatch.pointsOf(transactions);
    this.isOld = options.isOld;
    this.askAt = options.askAt;
    const { slices } = slicingOf(options.seats, this.points.length);
    this.slices = Array.from({ length: slices }, (_, number) => {
      const points = sliceOf(this.points, number, slices);
      return new OpeningSlice({ height, number, points });
    });
  }

  /** Whether something said about a block is about this one. */
  matches(blockHash: Uint8Array): boolean {
    return equalBytes(blockHash, this.blockHash);
  }

  /** This validator's shares of one slice; undefined until they are computed. */
  ownOf(slice: OpeningSlice): readonly Uint8Array[] | undefined {
    return this.own && sliceOf(this.own, slice.number, this.slices.length);
  }

  /**
   * What a peer told, by slice; from its disk it tells all at once, as one slice of the whole length. Undefined when it
   * cannot be about this block.
   */
  partsOf(
    told: Opened["slices"],
  ): { readonly slice: OpeningSlice; readonly openings: readonly Uint8Array[] }[] | undefined {
    const [first] = told;
    const isWhole =
      told.length === 1 && first?.slice === 0 && first.openings.length === this.points.length;
    if (isWhole)
      return this.slices.map((slice) => ({
        slice,
        openings: sliceOf(first.openings, slice.number, this.slices.length),
      }));
    const parts = told.flatMap(({ slice: number, openings }) => {
      const slice = this.slices[number];
      return slice?.points.length === openings.length ? [{ slice, openings }] : [];
    });
    return parts.length === told.length ? parts : undefined;
  }

  get missing(): OpeningSlice[] {
    return this.slices.filter(({ openings }) => openings === undefined);
  }

  /** All of them in block order; undefined while one is missing. */
  get openings(): readonly Uint8Array[] | undefined {
    const parts = this.slices.map(({ openings }) => openings).filter((part) => part !== undefined);
    return parts.length === this.slices.length ? joinSlices(parts) : undefined;
  }
}
