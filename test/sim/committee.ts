import { type Committee, Epoch } from "../../protocol/index.ts";

/** Keys do not matter where signatures are stand-ins; places do. */
export function committeeOf(n: number): Committee {
  const member = {
    publicKey: new Uint8Array(48),
    networkKey: new Uint8Array(32),
    verificationKey: new Uint8Array(96),
  };
  return {
    epoch: Epoch(0),
    members: Array.from({ length: n }, () => member),
    sealing: { keyId: 0, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
  };
}
