import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../base/index.ts";
import { addressOf, keccak256, nobleSenderSignatures } from "../../crypto/index.ts";
import { isNative, nativeSenderSignatures } from "../../sequencer/crypto/index.ts";

const backends = [
  ["noble", nobleSenderSignatures],
  ["native", nativeSenderSignatures],
] as const;

/** The first account of every development chain. */
const secretKey =
  fromHex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80") ?? new Uint8Array();
const address = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const digest = keccak256(utf8("a sealed transaction"));
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

test("this machine has the compiled module", () => {
  expect(isNative).toBe(true);
});

test.each(backends)("%s recovers the address that signed", (_, signatures) => {
  const signature = signatures.sign(secretKey, digest);
  expect(toHex(signatures.recover(digest, signature) ?? digest)).toBe(address);
  expect(toHex(addressOf(secretKey))).toBe(address);
  const other = signatures.recover(keccak256(utf8("another")), signature);
  expect(other === undefined || toHex(other) !== address).toBe(true);
});

test.each(backends)("%s refuses the other spellings of a signature", (_, signatures) => {
  const signature = signatures.sign(secretKey, digest);
  const withV = (v: number): Uint8Array => Uint8Array.of(...signature.subarray(0, 64), v);
  const parity = signature[64] ?? 0;
  const s = BigInt(`0x${toHex(signature.subarray(32, 64))}`);
  expect(signatures.recover(digest, withHighS(signature, s, parity ^ 1))).toBeUndefined();
  for (const v of [2, 3, 27, 28, 255]) expect(signatures.recover(digest, withV(v))).toBeUndefined();
  expect(signatures.recover(digest, signature.subarray(0, 64))).toBeUndefined();
  expect(signatures.recover(digest, Uint8Array.of(...signature, 0))).toBeUndefined();
  expect(signatures.recover(digest, new Uint8Array(65))).toBeUndefined();
  expect(signatures.recover(digest, new Uint8Array(65).fill(0xff))).toBeUndefined();
});

test("both back-ends sign alike", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const secret = keccak256(Uint8Array.of(seed));
    const signed = keccak256(secret);
    const signature = nativeSenderSignatures.sign(secret, signed);
    expect(toHex(nobleSenderSignatures.sign(secret, signed))).toBe(toHex(signature));
  }
});

test("both back-ends say the same of anything, near a valid signature or far from one", () => {
  const valid = nativeSenderSignatures.sign(secretKey, digest);
  const words = [0n, 1n, order >> 1n, (order >> 1n) + 1n, order - 1n, order, order + 1n];
  const edge = fc.constantFrom(...words).map(toWord);
  const word = fc.oneof(
    edge,
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.constantFrom(valid.subarray(0, 32), valid.subarray(32, 64)),
  );
  const parity = fc.oneof(fc.constantFrom(0, 1), fc.nat(255));
  const hash = fc.oneof(fc.constant(digest), edge, fc.uint8Array({ minLength: 32, maxLength: 32 }));
  fc.assert(
    fc.property(word, word, parity, hash, (r, s, v, signed) => {
      const signature = Uint8Array.of(...r, ...s, v);
      const [noble, native] = backends.map(([, signatures]) =>
        signatures.recover(signed, signature),
      );
      expect(noble && toHex(noble)).toBe(native && toHex(native));
    }),
    { numRuns: 400, seed: 1 },
  );
});

function withHighS(signature: Uint8Array, s: bigint, parity: number): Uint8Array {
  return Uint8Array.of(...signature.subarray(0, 32), ...toWord(order - s), parity);
}

function toWord(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0")) ?? new Uint8Array();
}
