import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../base/index.ts";
import {
  g1ToEip2537,
  g1Uncompressed,
  g2ToEip2537,
  nobleBls,
  nobleSealingGroup,
} from "../../crypto/index.ts";
import hashVectors from "../vectors/hash-to-g2.json" with { type: "json" };

const one = new Uint8Array(32).fill(1, 31);
const g1 = nobleSealingGroup.multiplyG1(one);
const g2 = nobleSealingGroup.multiplyG2(one);

/** The generators as EIP-2537 spells them, without their padding. */
const g1X =
  "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const g1Y =
  "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
const g2X0 =
  "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";
const g2X1 =
  "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e";
const pad = "00".repeat(16);

test("the generators come out as the precompiles expect them", () => {
  expect(toHex(g1ToEip2537(g1) ?? g1)).toBe(pad + g1X + pad + g1Y);
  expect(toHex(g1Uncompressed(g1) ?? g1)).toBe(g1X + g1Y);
  expect(toHex(g2ToEip2537(g2) ?? g2).startsWith(pad + g2X0 + pad + g2X1 + pad)).toBe(true);
  expect(g2ToEip2537(g2)).toHaveLength(256);
});

test("what is no point of the group has no such form", () => {
  const identity = new Uint8Array(48);
  identity[0] = 0xc0;
  expect(g1ToEip2537(identity)).toBeUndefined();
  expect(g1Uncompressed(g1.subarray(1))).toBeUndefined();
  expect(g1ToEip2537(g1.map((byte) => byte & 0x7f))).toBeUndefined();
  expect(g2ToEip2537(nobleBls.publicKey(one))).toBeUndefined();
  expect(g2ToEip2537(new Uint8Array(96))).toBeUndefined();
});

test("the contracts' vectors of hashing to G2 are noble's", () => {
  for (const { message, suite, point } of hashVectors.cases) {
    const [bytes, DST] = [message, suite].map((hex) => fromHex(hex));
    const hash = bls12_381.G2.hashToCurve(bytes ?? new Uint8Array(), DST ? { DST } : undefined);
    expect(`0x${toHex(g2ToEip2537(hash.toBytes(true)) ?? new Uint8Array())}`).toBe(point);
  }
});
