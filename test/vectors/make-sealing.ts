// Writes sealing.json: a dealt key, ciphertexts, decryption shares and openings, computed by the portable back-end from
// fixed seeds. A change in it is a change of the format. Run: node test/vectors/make-sealing.ts

import { writeFileSync } from "node:fs";
import { assert, toHex, utf8 } from "../../base/index.ts";
import {
  combineShares,
  dealKeyShares,
  decryptionShares,
  ephemeralPoint,
  nobleSealingGroup,
  seal,
  sha256,
  toSealingKey,
} from "../../crypto/index.ts";

const group = nobleSealingGroup;
const parameters = { chainId: 7_001, keyId: 3, seats: 4, threshold: 3 };
const entropy = sha256(utf8("conclave sealing vectors"));
const dealt = dealKeyShares(group, { ...parameters, entropy });
const key = toSealingKey(group, { ...parameters, pk1: dealt.pk1, pk2: dealt.pk2 });
assert(key !== undefined, "what was dealt is a key");

const cases = [
  { message: new Uint8Array(), aad: new Uint8Array() },
  { message: utf8("buy 3 contracts at 101.5"), aad: utf8("namespace 12, nonce 8") },
  { message: new Uint8Array(384).map((_, i) => i & 0xff), aad: new Uint8Array(90).fill(0xab) },
].map(({ message, aad }, index) => {
  const seed = sha256(utf8(`seed ${index}`));
  const ciphertext = seal(group, key, { message, aad, seed });
  const points = [ephemeralPoint(ciphertext)];
  const rows = dealt.keyShares.map((keyShare) => decryptionShares(group, keyShare, points));
  const openings = combineShares(group, { seats: [1, 2, 3], rows: rows.slice(0, 3) });
  assert(openings !== undefined, "honest shares combine");
  return {
    message: toHex(message),
    aad: toHex(aad),
    seed: toHex(seed),
    ciphertext: toHex(ciphertext),
    shares: rows.flat().map(toHex),
    opening: openings.map(toHex).join(""),
  };
});

const vectors = {
  ...parameters,
  entropy: toHex(entropy),
  pk1: toHex(dealt.pk1),
  pk2: toHex(dealt.pk2),
  context: toHex(key.context),
  verificationKeys: dealt.verificationKeys.map(toHex),
  keyShares: dealt.keyShares.map(toHex),
  cases,
};
writeFileSync(
  new URL("sealing.json", import.meta.url),
  `${JSON.stringify(vectors, undefined, 1)}\n`,
);
