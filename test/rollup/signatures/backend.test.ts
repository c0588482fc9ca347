// The compiled library against the plain one, which is the judge, on what is signed and on what is not.

import fc from "fast-check";
import { expect, test } from "vitest";
import { signatureBackend } from "../../../rollup/signatures/index.ts";
import { addressOf, fromHex, nobleSenderSignatures } from "../../../sdk/index.ts";

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const native = signatureBackend();

test("this machine has the compiled library, so that it is what is tested here", () => {
  expect(native.isNative).toBe(true);
});

test("whose a signature is, both say", () => {
  fc.assert(
    fc.property(anyKey, anyDigest, (key, digest) => {
      const signature = nobleSenderSignatures.sign(key, digest);
      expect(native.recover(digest, signature)).toEqual(addressOf(key));
    }),
    { numRuns: 40 },
  );
});

test("of a signature with any byte changed both say the same", () => {
  const flips = fc.record({ at: fc.nat(64), mask: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(anyKey, anyDigest, flips, (key, digest, { at, mask }) => {
      const signature = nobleSenderSignatures.sign(key, digest);
      signature[at] = (signature[at] ?? 0) ^ mask;
      expect(native.recover(digest, signature)).toEqual(
        nobleSenderSignatures.recover(digest, signature),
      );
    }),
    { numRuns: 80 },
  );
});

test("of any bytes at all both say the same", () => {
  fc.assert(fc.property(anyDigest, fc.uint8Array({ minLength: 0, maxLength: 70 }), same), {
    numRuns: 60,
  });
  fc.assert(
    fc.property(anyDigest, anyScalar, anyScalar, fc.nat(4), (digest, r, s, v) => {
      same(digest, Uint8Array.from([...wordOf(r), ...wordOf(s), v]));
    }),
    { numRuns: 150 },
  );
});

test("the other spelling of a valid signature is none, nor is one with parity 27", () => {
  const digest = new Uint8Array(32).fill(3);
  const signature = nobleSenderSignatures.sign(new Uint8Array(32).fill(5), digest);
  const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}`);
  const high = Uint8Array.from([
    ...signature.subarray(0, 32),
    ...wordOf(order - s),
    1 - (signature[64] ?? 0),
  ]);
  const ethereum = signature.with(64, 27 + (signature[64] ?? 0));
  for (const spelling of [high, ethereum, signature.subarray(0, 64)]) {
    expect(native.recover(digest, spelling)).toBeUndefined();
    expect(nobleSenderSignatures.recover(digest, spelling)).toBeUndefined();
  }
  expect(native.recover(digest, signature)).toBeDefined();
});

function same(digest: Uint8Array, signature: Uint8Array): void {
  expect(native.recover(digest, signature)).toEqual(
    nobleSenderSignatures.recover(digest, signature),
  );
}

function wordOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0")) ?? new Uint8Array(32);
}

const anyDigest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyKey = fc.bigInt({ min: 1n, max: order - 1n }).map(wordOf);
/** Also at the edges, where libraries differ if they ever do. */
const anyScalar = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    order / 2n,
    order / 2n + 1n,
    order - 1n,
    order,
    order + 1n,
    2n ** 256n - 1n,
  ),
  fc.bigInt({ min: 0n, max: order }),
);
