// Writes hash-to-g2.json: messages of 32 bytes and suites of every length that is allowed, hashed to G2 by noble, for the
// contracts' own hash to be held to. Run: node test/vectors/make-hash-to-g2.ts

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { writeFileSync } from "node:fs";
import { toHex, utf8 } from "../../base/index.ts";
import { g2ToEip2537, keccak256 } from "../../crypto/index.ts";

const suites = [
  utf8("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"),
  utf8("BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"),
  ...[1, 2, 31, 32, 33, 63, 64, 65, 128, 254, 255].map(bytesOf),
];

const cases = Array.from({ length: 39 }, (_, i) => {
  const message = i === 0 ? new Uint8Array(32) : keccak256(utf8(`message ${i}`));
  const suite = suites[i % suites.length] ?? new Uint8Array();
  const point = bls12_381.G2.hashToCurve(message, { DST: suite });
  return {
    message: `0x${toHex(message)}`,
    suite: `0x${toHex(suite)}`,
    point: `0x${toHex(g2ToEip2537(point.toBytes(true)) ?? new Uint8Array())}`,
  };
});

writeFileSync(
  new URL("hash-to-g2.json", import.meta.url),
  `${JSON.stringify({ cases }, undefined, 1)}\n`,
);

/** Bytes of every kind, zeros among them. */
function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 89) & 0xff);
}
