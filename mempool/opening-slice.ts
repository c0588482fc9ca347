import type { Height, ValidatorIndex } from "../protocol/index.ts";
import type { Claim, Row } from "./opening-events.ts";

/** Claims that wait for one slice: its combiners' or, after a pull, whoever answers first. */
const claimsMax = 4;

/** A part of one height's ciphertexts on its way to being opened: rows of decryption shares, and what others claim. */
export class OpeningSlice {
  readonly height: Height;
  readonly number: number;
  /** The ciphertexts' points under their keys' ids, 52 bytes each; a slice may have both keys. */
  readonly points: readonly Uint8Array[];
  /** Verified; nothing else is kept from then on. */
  openings: readonly Uint8Array[] | undefined;
  /** At most one row a seat. */
  readonly #rows = new Map<number, readonly Uint8Array[]>();
  readonly #badSeats = new Set<number>();
  #claims: Claim[] = [];

  constructor(slice: {
    readonly height: Height;
    readonly number: number;
    readonly points: readonly Uint8Array[];
  }) {
    this.height = slice.height;
    this.number = slice.number;
    this.points = slice.points;
  }

  /** The first row of a seat stands. */
  addRow(seat: number, shares: readonly Uint8Array[]): void {
    if (this.openings === undefined && !this.#rows.has(seat) && !this.#badSeats.has(seat))
      this.#rows.set(seat, shares);
  }

  dropSeat(seat: number): void {
    this.#rows.delete(seat);
    this.#badSeats.add(seat);
  }

  rows(): Row[] {
    return [...this.#rows].map(([seat, shares]) => ({ seat, shares }));
  }

  /** One claim a peer; the others wait until the first is checked. */
  addClaim(from: ValidatorIndex, openings: readonly Uint8Array[]): void {
    const isKnown = this.#claims.some((claim) => claim.from === from);
    if (this.openings === undefined && !isKnown && this.#claims.length < claimsMax)
      this.#claims.push({ from, openings });
  }

  /** The one that is checked first. */
  get claim(): Claim | undefined {
    return this.#claims[0];
  }

  dropClaims(from: ValidatorIndex): void {
    this.#claims = this.#claims.filter((claim) => claim.from !== from);
  }

  open(openings: readonly Uint8Array[]): void {
    this.openings = openings;
    this.#rows.clear();
    this.#claims = [];
  }
}
