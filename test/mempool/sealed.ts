// A committee that has nothing but its key, and transactions that have nothing but their ciphertext: all that opening
// looks at.

import type { SealingKey } from "../../crypto/index.ts";
import {
  type Committee,
  Epoch,
  Height,
  Namespace,
  type SealedTransaction,
} from "../../protocol/index.ts";

export function committeeWith(
  { keyId, pk1, pk2 }: Pick<SealingKey, "keyId" | "pk1" | "pk2">,
  verificationKeys: readonly Uint8Array[],
): Committee {
  return {
    epoch: Epoch(0),
    members: verificationKeys.map((verificationKey) => ({
      publicKey: new Uint8Array(48),
      networkKey: new Uint8Array(32),
      verificationKey,
    })),
    sealing: { keyId, pk1, pk2 },
  };
}

export function transactionOf(body: Uint8Array, nonce: number): SealedTransaction {
  return {
    version: 1,
    envelope: {
      chainId: 1,
      namespace: Namespace(1),
      class: "normal",
      payer: "rollup",
      sender: new Uint8Array(20),
      nonce,
      expiry: Height(100),
      feeCap: 1,
    },
    body,
    signature: new Uint8Array(65),
  };
}
