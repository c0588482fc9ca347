import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { dealKeyShares, toSealingKey } from "../../crypto/index.ts";
import { compressG1, decompress, torsion } from "./curve.ts";
import { bytes, groups, key, keySource, vectors } from "./sealing-fixture.ts";

test.each(groups)(
  "%s accepts a key whose halves hold one secret, and names its context",
  (_, group) => {
    expect(toHex(toSealingKey(group, keySource)?.context ?? key.pk1)).toBe(vectors.context);
  },
);

test.each(groups)("%s refuses halves that do not belong together", (_, group) => {
  const entropy = new Uint8Array(32).fill(1);
  const other = dealKeyShares(group, { seats: 1, threshold: 1, entropy });
  expect(toSealingKey(group, { ...keySource, pk1: other.pk1 })).toBeUndefined();
  expect(toSealingKey(group, { ...keySource, pk2: other.pk2 })).toBeUndefined();
});

test.each(groups)(
  "%s refuses the identity, points outside the subgroup and odd lengths",
  (_, group) => {
    const identity1 = new Uint8Array(48).fill(0xc0, 0, 1);
    const identity2 = new Uint8Array(96).fill(0xc0, 0, 1);
    const tainted = compressG1(decompress(keySource.pk1).add(torsion));
    for (const pk1 of [identity1, tainted, new Uint8Array(48), bytes("")])
      expect(toSealingKey(group, { ...keySource, pk1 })).toBeUndefined();
    expect(toSealingKey(group, { ...keySource, pk1: identity1, pk2: identity2 })).toBeUndefined();
    for (const pk2 of [identity2, new Uint8Array(96), keySource.pk1])
      expect(toSealingKey(group, { ...keySource, pk2 })).toBeUndefined();
  },
);

test.each(groups)("%s: another chain, another key id, another context", (_, group) => {
  const contexts = [
    keySource,
    { ...keySource, chainId: keySource.chainId + 1 },
    { ...keySource, keyId: keySource.keyId + 1 },
  ].map((source) => toHex(toSealingKey(group, source)?.context ?? new Uint8Array()));
  expect(new Set(contexts).size).toBe(3);
  for (const keyId of [-1, 0.5, 2 ** 32, Number.NaN])
    expect(toSealingKey(group, { ...keySource, keyId })).toBeUndefined();
});
