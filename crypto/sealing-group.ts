// What sealing needs of BLS12-381, in coarse operations on bytes, so that a back-end keeps its points in its own memory
// from the first decoding to the last normalization. Points of G1 are 48 bytes and of G2 96, compressed; decryption
// shares are 96 bytes, affine `x || y`, which spares a square root each; scalars are 32 bytes, big-endian.

export interface SealingGroup {
  /** Canonical, in the subgroup, and not the identity. */
  isValidG1(point: Uint8Array): boolean;
  isValidG2(point: Uint8Array): boolean;

  /** `secret * g1`, `secret * g2`; constant-time as far as the back-end can. */
  multiplyG1(secret: Uint8Array): Uint8Array;
  multiplyG2(secret: Uint8Array): Uint8Array;
  /** `secret * point`, 48 bytes. The point must be valid: another would leak the secret modulo its order. */
  multiply(secret: Uint8Array, point: Uint8Array): Uint8Array;
  /** `secret * g1`, `nonce * g1` and `secret * key`, 48 bytes each: all that sealing a message multiplies. */
  sealingPoints(input: {
    readonly secret: Uint8Array;
    readonly nonce: Uint8Array;
    /** Valid, as above; the same one again and again is cheaper. */
    readonly key: Uint8Array;
  }): { readonly point: Uint8Array; readonly commitment: Uint8Array; readonly opening: Uint8Array };
  /** `secret * point` for many, 96 bytes each. */
  multiplyAll(secret: Uint8Array, points: readonly Uint8Array[]): Uint8Array[];

  /** `response * g1 - challenge * point`, all public; undefined unless the point is valid. */
  proofCommitment(proof: {
    readonly point: Uint8Array;
    readonly challenge: Uint8Array;
    readonly response: Uint8Array;
  }): Uint8Array | undefined;

  /** Column by column `sum of coefficients[i] * rows[i]`, 48 bytes each. The rows, of equal length, hold affine points
   * that need only be on the curve: undefined when one is not, and perhaps when a sum is outside the subgroup. What they
   * add up to must be verified afterwards. */
  combine(
    coefficients: readonly Uint8Array[],
    rows: readonly (readonly Uint8Array[])[],
  ): Uint8Array[] | undefined;

  /** That every multiple is a valid point (48 or 96 bytes) and is to its point what `factor` is to g2, with one product
   * of two pairings: `e(sum w*multiple, g2) = e(sum w*point, factor)`. The points must be valid already. The pairing
   * alone would not do: it does not see a component outside the subgroup. */
  areMultiples(claim: {
    readonly factor: Uint8Array;
    readonly points: readonly Uint8Array[];
    readonly multiples: readonly Uint8Array[];
    /** 16 bytes each, unknown to whoever chose the multiples. */
    readonly weights: readonly Uint8Array[];
  }): boolean;

  /** `sum of points[k] * at^k` for each `at`, 96 bytes each: the value there of a polynomial that is known by its
   * coefficients times g2. The points must be valid, or sums of valid ones, which may be the identity. `at` is a seat. */
  evaluateG2(points: readonly Uint8Array[], at: readonly number[]): Uint8Array[];
  /** Column by column `sum of coefficients[i] * rows[i]` in G2, all public; points as above, rows of equal length. */
  combineG2(
    coefficients: readonly Uint8Array[],
    rows: readonly (readonly Uint8Array[])[],
  ): Uint8Array[];
  /** The sum of valid points of G1, 48 bytes; it may be the identity. */
  sumG1(points: readonly Uint8Array[]): Uint8Array;
}
