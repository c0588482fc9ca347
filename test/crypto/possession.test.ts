import { expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
import { nobleBls, provePossession, verifyPossession } from "../../crypto/index.ts";

const secretKey = new Uint8Array(32).fill(5);
const publicKey = nobleBls.publicKey(secretKey);
const message = utf8("this key, at this registry");

test("a proof verifies for its key and message alone", () => {
  const proof = provePossession(secretKey, message);
  expect(verifyPossession(publicKey, message, proof)).toBe(true);
  expect(verifyPossession(publicKey, utf8("another registry"), proof)).toBe(false);
  const otherKey = nobleBls.publicKey(new Uint8Array(32).fill(6));
  expect(verifyPossession(otherKey, message, proof)).toBe(false);
});

test("a vote is no proof, and a proof is no vote", () => {
  expect(verifyPossession(publicKey, message, nobleBls.sign(secretKey, message))).toBe(false);
  expect(nobleBls.verify(publicKey, message, provePossession(secretKey, message))).toBe(false);
});

test("malformed proofs and keys are refused", () => {
  const proof = provePossession(secretKey, message);
  expect(verifyPossession(publicKey, message, new Uint8Array(96))).toBe(false);
  expect(verifyPossession(publicKey, message, proof.subarray(1))).toBe(false);
  expect(verifyPossession(new Uint8Array(48), message, proof)).toBe(false);
});
