// What a transaction of the rollup can hold, by its first byte.

import { decodeActions, listVersion } from "./intent-codec.ts";
import { actionsDigest, type RollupDomain, type SignedActionList } from "./intents.ts";
import {
  decodeOracleUpdate,
  oracleVersion,
  reportDigest,
  type SignedOracleUpdate,
} from "./oracle-codec.ts";

export type Payload =
  | { readonly type: "list"; readonly signed: SignedActionList }
  | { readonly type: "oracle"; readonly update: SignedOracleUpdate };

/** Undefined for whatever is neither: it executes nothing. */
export function decodePayload(bytes: Uint8Array): Payload | undefined {
  if (bytes[0] === listVersion) {
    const signed = decodeActions(bytes);
    return signed && { type: "list", signed };
  }
  if (bytes[0] !== oracleVersion) return undefined;
  const update = decodeOracleUpdate(bytes);
  return update && { type: "oracle", update };
}

/** What was signed, 32 bytes, and the 65 bytes of who signed it. */
export interface SignatureToRecover {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

/** In the order in which the payload has them: one of a list, one of each report. */
export function signaturesOf(domain: RollupDomain, payload: Payload): SignatureToRecover[] {
  if (payload.type === "list") {
    const { list, signature } = payload.signed;
    return [{ digest: actionsDigest(domain, list), signature }];
  }
  const { market, publishTimeMs, reports } = payload.update;
  return reports.map(({ priceTicks, confidencePpm, signature }) => ({
    digest: reportDigest(domain, { market, priceTicks, confidencePpm, publishTimeMs }),
    signature,
  }));
}
