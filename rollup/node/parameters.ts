// The parameters of a rollup as the JSON of its spec file.

import { type JsonRecord, strictJson } from "../../sdk/index.ts";
import type { RollupParameters } from "../engine/index.ts";
import { type Kind, rollupFields } from "../parameter-codec.ts";

/** Amounts are strings of decimal digits, as JSON has no numbers of their size. */
export function rollupParametersToJson(parameters: RollupParameters): JsonRecord {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]: [string, number | bigint]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}

/** Throws `CodedError` BAD_SPEC. */
export function rollupParametersFromJson(json: unknown, path: string): RollupParameters {
  const strict = strictJson("BAD_SPEC");
  const record = strict.record(json, path, Object.keys(rollupFields));
  const read = ([name, kind]: readonly [string, Kind]): readonly [string, number | bigint] => {
    const value = record[name];
    if (kind !== "quanta") return [name, strict.integer(value, `${path}.${name}`)];
    if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,37})$/.test(value))
      throw strict.wrong(`${path}.${name}`, "a string of at most 38 decimal digits");
    return [name, BigInt(value)];
  };
  return Object.fromEntries(Object.entries(rollupFields).map(read)) as unknown as RollupParameters;
}
