import { expect, test } from "vitest";
import {
  type Committee,
  decodeCommittee,
  encodeCommittee,
  isSealedTo,
  keysOf,
  type RetiringKey,
} from "../../protocol/index.ts";
import { committee } from "./examples.ts";

function withRetiring(changes: Partial<RetiringKey>): Committee {
  const { retiring } = committee;
  if (retiring === undefined) throw new Error("the example has an old key");
  return { ...committee, retiring: { ...retiring, ...changes } };
}

test("a committee's keys are the newest, and the one before while it has one", () => {
  expect(keysOf(committee).map(({ keyId }) => keyId)).toEqual([2, 1]);
  const verificationKeys = committee.members.map(({ verificationKey }) => verificationKey);
  expect(keysOf(committee)[0]?.verificationKeys).toEqual(verificationKeys);
  expect(keysOf({ ...committee, retiring: undefined }).map(({ keyId }) => keyId)).toEqual([2]);
  expect(keysOf({ ...committee, sealing: undefined, retiring: undefined })).toEqual([]);
});

test("what is sealed to the newest key may always be ordered, to the old one up to its end, and to others never", () => {
  const until = committee.retiring?.until ?? 0;
  for (const [keyId, height, isIt] of [
    [2, 1, true],
    [2, until + 1, true],
    [1, until, true],
    [1, until + 1, false],
    [3, 1, false],
    [0, 1, false],
  ] as const)
    expect(isSealedTo(committee, { keyId, height })).toBe(isIt);
});

test("a key that retires is older than the newest, and stands beside one", () => {
  expect(decodeCommittee(encodeCommittee(committee))).toEqual(committee);
  for (const keyId of [2, 3])
    expect(decodeCommittee(encodeCommittee(withRetiring({ keyId })))).toBeUndefined();
  const alone = { ...committee, sealing: undefined };
  expect(decodeCommittee(encodeCommittee(alone))).toBeUndefined();
});
