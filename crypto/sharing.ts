// Shamir's sharing over the scalars of BLS12-381. Seat j (from 1) holds f(j); the secret is f(0).

import { assert, BoundedMap } from "../base/index.ts";
import { Fr, fromScalar } from "./scalar.ts";

/** f(x) by Horner's rule; the coefficients from the constant one up. */
export function evaluatePolynomial(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight(
    (value, coefficient) => Fr.add(Fr.mul(value, x), coefficient),
    0n,
  );
}

/** What each seat's value counts for in f(0), 32 bytes each: the product over the others of `m / (m - j)`. */
export function lagrangeAtZero(seats: readonly number[]): readonly Uint8Array[] {
  const key = seats.join();
  const known = cache.get(key);
  if (known !== undefined) return known;
  assert(
    new Set(seats).size === seats.length &&
      seats.every((seat) => Number.isInteger(seat) && seat > 0),
    "seats are distinct and count from 1",
  );
  const terms = seats.map((seat) => {
    const others = seats.filter((other) => other !== seat);
    return {
      numerator: product(others.map((other) => BigInt(other))),
      denominator: product(others.map((other) => Fr.create(BigInt(other - seat)))),
    };
  });
  const inverses = Fr.invertBatch(terms.map(({ denominator }) => denominator));
  const weights = terms.map(({ numerator }, i) => fromScalar(Fr.mul(numerator, inverses[i] ?? 0n)));
  cache.set(key, weights);
  return weights;
}

// The seats that answer first are mostly the same ones, and their weights cost the square of their number.
const cache = new BoundedMap<string, readonly Uint8Array[]>(256);

function product(factors: readonly bigint[]): bigint {
  return factors.reduce((a, b) => Fr.mul(a, b), 1n);
}
