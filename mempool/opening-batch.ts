import { equalBytes } from "../base/index.ts";
import type { Height, ValidatorIndex } from "../protocol/index.ts";
import type { Row } from "./opening-events.ts";

/** One final height on its way to being opened: the rows of decryption shares that have come for it. */
export class OpeningBatch {
  readonly height: Height;
  readonly blockHash: Uint8Array;
  /** The ciphertexts' ephemeral points, 48 bytes each, in block order. */
  readonly points: readonly Uint8Array[];
  /** When to ask others, and how often they were asked. */
  askAt: number;
  asked = 0;
  /** Shares of this validator were asked of a worker. */
  isComputing = false;
  /** This validator's own row, once it is computed. */
  own: readonly Uint8Array[] | undefined;
  /** Rows are with a worker. */
  isCombining = false;
  /** Openings from a peer that are with a worker. */
  claim: { readonly from: ValidatorIndex; readonly openings: readonly Uint8Array[] } | undefined;
  readonly #rows = new Map<number, readonly Uint8Array[]>();
  /** Seats whose row was wrong, and peers whose openings were: they are not asked to the end of this height. */
  readonly #badSeats = new Set<number>();
  readonly #liars = new Set<ValidatorIndex>();

  constructor(batch: {
    readonly height: Height;
    readonly blockHash: Uint8Array;
    readonly points: readonly Uint8Array[];
    readonly askAt: number;
  }) {
    this.height = batch.height;
    this.blockHash = batch.blockHash;
    this.points = batch.points;
    this.askAt = batch.askAt;
  }

  /** Whether something said about a block with so many ciphertexts can be about this one. */
  matches(claim: { readonly blockHash: Uint8Array; readonly count: number }): boolean {
    return equalBytes(claim.blockHash, this.blockHash) && claim.count === this.points.length;
  }

  /** The first row of a seat stands. */
  addRow(seat: number, shares: readonly Uint8Array[]): void {
    if (!this.#rows.has(seat) && !this.#badSeats.has(seat)) this.#rows.set(seat, shares);
  }

  dropSeat(seat: number): void {
    this.#rows.delete(seat);
    this.#badSeats.add(seat);
  }

  rows(): Row[] {
    return [...this.#rows].map(([seat, shares]) => ({ seat, shares }));
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  distrust(peer: ValidatorIndex): void {
    this.#liars.add(peer);
  }

  isTrusted(peer: ValidatorIndex): boolean {
    return !this.#liars.has(peer);
  }
}
