import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { dealKeyShares } from "../../crypto/index.ts";
import { bytes, groups, mclSealingGroup, vectors } from "./sealing-fixture.ts";

const entropy = bytes(vectors.entropy);

test.each(groups)("%s deals the key of the vectors", (_, group) => {
  const { seats, threshold } = vectors;
  const dealt = dealKeyShares(group, { seats, threshold, entropy });
  expect(toHex(dealt.pk1)).toBe(vectors.pk1);
  expect(toHex(dealt.pk2)).toBe(vectors.pk2);
  expect(dealt.verificationKeys.map(toHex)).toEqual(vectors.verificationKeys);
  expect(dealt.keyShares.map(toHex)).toEqual(vectors.keyShares);
});

test("with a threshold of one every share is the secret itself", () => {
  const dealt = dealKeyShares(mclSealingGroup, { seats: 3, threshold: 1, entropy });
  expect(new Set(dealt.keyShares.map(toHex)).size).toBe(1);
  expect(toHex(dealt.verificationKeys[0] ?? entropy)).toBe(toHex(dealt.pk2));
});

test("a threshold out of range or too little entropy stops us", () => {
  for (const threshold of [0, 5, 1.5])
    expect(() => dealKeyShares(mclSealingGroup, { seats: 4, threshold, entropy })).toThrow(
      "a threshold is between",
    );
  const little = { seats: 4, threshold: 3, entropy: entropy.subarray(1) };
  expect(() => dealKeyShares(mclSealingGroup, little)).toThrow("32 bytes of entropy");
});
