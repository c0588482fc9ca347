// What a rollup is: where on L1 it settles, who reports prices, and its first settings. Whoever holds the same file and the
// same batches has the same state.

import { type JsonRecord, hexJson, keccak256, strictJson, utf8 } from "../../sdk/index.ts";
import { isSoundRollup, type RollupParameters } from "../engine/index.ts";
import type { RollupDomain } from "../intents.ts";
import { rollupParametersFromJson, rollupParametersToJson } from "./parameters.ts";

/** Addresses have 20 bytes. */
export interface RollupSpec {
  readonly chainId: number;
  /** Also its namespace. */
  readonly rollupId: number;
  readonly settlement: Uint8Array;
  /** Its messages in the inbox are the system's; all others are forced payloads. */
  readonly vault: Uint8Array;
  readonly token: Uint8Array;
  /** Who signs prices, by place. */
  readonly reporters: readonly Uint8Array[];
  /** At genesis; later ones come from L1, as the markets do. */
  readonly parameters: RollupParameters;
}

const version = 1;
const reportersMax = 64;
const fields = ["chainId", "rollupId", "settlement", "vault", "token", "reporters", "parameters"];

export function toSpecJson(spec: RollupSpec): JsonRecord {
  const { chainId, rollupId, settlement, vault, token, reporters, parameters } = spec;
  return {
    version,
    chainId,
    rollupId,
    settlement: hexJson(settlement),
    vault: hexJson(vault),
    token: hexJson(token),
    reporters: reporters.map(hexJson),
    parameters: rollupParametersToJson(parameters),
  };
}

/** Throws `CodedError` BAD_SPEC. */
export function fromSpecJson(json: unknown): RollupSpec {
  const strict = strictJson("BAD_SPEC");
  const record = strict.record(json, "spec", ["version", ...fields]);
  if (record["version"] !== version) throw strict.wrong("version", `${version}`);
  const { reporters } = record;
  if (!Array.isArray(reporters) || reporters.length > reportersMax)
    throw strict.wrong("reporters", `a list of at most ${reportersMax} addresses`);
  const address = (name: string): Uint8Array => strict.bytes(record[name], name, 20);
  const parameters = rollupParametersFromJson(record["parameters"], "parameters");
  if (!isSoundRollup(parameters)) throw strict.wrong("parameters", "within their bounds");
  return {
    chainId: strict.integer(record["chainId"], "chainId"),
    rollupId: strict.integer(record["rollupId"], "rollupId", 0xffff_ffff),
    settlement: address("settlement"),
    vault: address("vault"),
    token: address("token"),
    reporters: reporters.map((each, i) => strict.bytes(each, `reporters[${i}]`, 20)),
    parameters,
  };
}

/** Where the rollup's signatures hold. */
export function domainOf({ chainId, settlement, rollupId }: RollupSpec): RollupDomain {
  return { chainId, settlement, rollupId };
}

/** Names the rollup, for whoever keeps something of it; 32 bytes. */
export function specHash(spec: RollupSpec): Uint8Array {
  return keccak256(utf8(JSON.stringify(toSpecJson(spec))));
}
