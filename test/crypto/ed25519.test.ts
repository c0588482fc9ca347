import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../base/index.ts";
import { isValidNetworkKey, nobleNetworkSignatures, sha256 } from "../../crypto/index.ts";
import { nodeNetworkSignatures } from "../../sequencer/crypto/index.ts";

const { Point } = ed25519;

const backends = [
  ["noble", nobleNetworkSignatures],
  ["node", nodeNetworkSignatures],
] as const;

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const secretKey = sha256(utf8("a node"));
const publicKey = nodeNetworkSignatures.publicKey(secretKey);
const message = utf8("hello");
const signature = nodeNetworkSignatures.sign(secretKey, message);

test.each(backends)("%s signs as RFC 8032 says", (_, signatures) => {
  const secret = bytes("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
  const key = bytes("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const expected =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
  expect(toHex(signatures.publicKey(secret))).toBe(toHex(key));
  expect(toHex(signatures.sign(secret, bytes("af82")))).toBe(expected);
  expect(signatures.verify(key, bytes("af82"), bytes(expected))).toBe(true);
});

test.each(backends)("%s refuses what was changed, cut or lengthened", (_, signatures) => {
  expect(signatures.verify(publicKey, message, signature)).toBe(true);
  expect(signatures.verify(publicKey, utf8("hallo"), signature)).toBe(false);
  expect(signatures.verify(publicKey, message, signature.subarray(1))).toBe(false);
  expect(signatures.verify(publicKey, message, Uint8Array.of(...signature, 0))).toBe(false);
  expect(signatures.verify(publicKey.subarray(1), message, signature)).toBe(false);
  expect(signatures.verify(new Uint8Array(), message, signature)).toBe(false);
});

test.each(backends)("%s refuses s beyond the group order", (_, signatures) => {
  const s = BigInt(`0x${toHex(signature.subarray(32).toReversed())}`) + Point.Fn.ORDER;
  const shifted = bytes(s.toString(16).padStart(64, "0")).reverse();
  const malleable = Uint8Array.of(...signature.subarray(0, 32), ...shifted);
  expect(signatures.verify(publicKey, message, malleable)).toBe(false);
});

test.each(backends)(
  "%s refuses keys of small order, under which anything verifies",
  (_, signatures) => {
    // With s = 0 and R the identity, the equation holds for every message that hashes to a multiple of the key's order.
    const forged = Uint8Array.of(...Point.ZERO.toBytes(), ...new Uint8Array(32));
    for (const key of smallOrderKeys()) {
      expect(isValidNetworkKey(key)).toBe(false);
      for (let i = 0; i < 16; i++)
        expect(signatures.verify(key, Uint8Array.of(i), forged)).toBe(false);
    }
  },
);

test("a key with a part of small order is judged alike, by the equation without the cofactor", () => {
  const torsion = Point.fromBytes(smallOrderKeys()[3] ?? new Uint8Array());
  const scalar = 12345n;
  const key = Point.BASE.multiply(scalar).add(torsion).toBytes();
  const answers = Array.from({ length: 24 }, (_, i) => {
    const text = Uint8Array.of(i);
    const forged = signWith(scalar, key, text);
    const [noble, node] = backends.map(([, signatures]) => signatures.verify(key, text, forged));
    expect(noble).toBe(node);
    return noble;
  });
  // One in eight hashes to a multiple of the torsion's order; with the cofactor all of them would verify.
  expect(answers).toContain(false);
});

test("both back-ends sign alike and say the same of anything", () => {
  const torsion = Point.fromBytes(smallOrderKeys()[3] ?? new Uint8Array());
  const mixedR = Point.fromBytes(signature.subarray(0, 32)).add(torsion).toBytes();
  const word = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.constantFrom(mixedR, signature.subarray(0, 32), signature.subarray(32), publicKey),
    fc.constantFrom(...smallOrderKeys(), new Uint8Array(32), new Uint8Array(32).fill(0xff)),
  );
  fc.assert(
    fc.property(word, word, word, word, (secret, key, r, s) => {
      const own = nodeNetworkSignatures.sign(secret, message);
      expect(toHex(nobleNetworkSignatures.sign(secret, message))).toBe(toHex(own));
      for (const [k, sig] of [
        [key, Uint8Array.of(...r, ...s)],
        [publicKey, Uint8Array.of(...r, ...s)],
        [key, signature],
      ] as const)
        expect(nobleNetworkSignatures.verify(k, message, sig)).toBe(
          nodeNetworkSignatures.verify(k, message, sig),
        );
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("a key that has left the memory of the back-end still verifies", () => {
  for (let i = 0; i < 1100; i++)
    nodeNetworkSignatures.verify(
      nodeNetworkSignatures.publicKey(sha256(Uint8Array.of(i >> 8, i))),
      message,
      signature,
    );
  expect(nodeNetworkSignatures.verify(publicKey, message, signature)).toBe(true);
});

/** The eight points whose order divides the cofactor, and other spellings of them. */
function smallOrderKeys(): readonly Uint8Array[] {
  const generator = bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  const point = Point.fromBytes(generator);
  const points = [1n, 2n, 3n, 4n, 5n, 6n, 7n].map((k) => point.multiplyUnsafe(k).toBytes());
  const spellings = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ];
  return [Point.ZERO.toBytes(), ...points, ...spellings.map(bytes)];
}

/** Signs with a scalar instead of a seed, for a key that no seed has. */
function signWith(scalar: bigint, key: Uint8Array, text: Uint8Array): Uint8Array {
  const nonce = 999n;
  const r = Point.BASE.multiply(nonce).toBytes();
  const hash = toHex(sha512(Uint8Array.of(...r, ...key, ...text)).toReversed());
  const s = Point.Fn.create(nonce + BigInt(`0x${hash}`) * scalar);
  return Uint8Array.of(...r, ...Point.Fn.toBytes(s));
}
