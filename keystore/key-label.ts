import type { IKeystore } from "@chainsafe/bls-keystore";
import { CodedError, fromHex, toHex } from "../base/index.ts";

/** What a keystore says about its secret in the clear. */
export type KeyLabel =
  | { readonly type: "validator" | "network"; readonly publicKey: Uint8Array }
  | { readonly type: "keyShare"; readonly keyId: number; readonly seat: number };

/** The description of a keystore of ours. */
export function describeKey(label: KeyLabel): string {
  if (label.type === "keyShare")
    return `conclave key share of key ${label.keyId}, seat ${label.seat}`;
  return label.type === "network"
    ? `conclave network key ${toHex(label.publicKey)}`
    : "conclave validator key";
}

/** Reads it back. A keystore that says none of this was made by another tool, and is a validator's. */
export function toKeyLabel({ description = "", pubkey }: IKeystore): KeyLabel {
  const network = /^conclave network key ([0-9a-f]{64})$/.exec(description);
  if (network !== null) return { type: "network", publicKey: hexOf(network[1]) };
  const share = /^conclave key share of key (\d{1,10}), seat (\d{1,5})$/.exec(description);
  if (share !== null) return { type: "keyShare", keyId: Number(share[1]), seat: Number(share[2]) };
  return { type: "validator", publicKey: hexOf(pubkey) };
}

function hexOf(text: string | undefined): Uint8Array {
  const bytes = fromHex(text ?? "");
  if (bytes !== undefined && bytes.length > 0) return bytes;
  throw new CodedError("KEYSTORE_INVALID", "the keystore does not name its public key");
}
