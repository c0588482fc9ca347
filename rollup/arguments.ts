// How the programs of the rollup read their options. Each throws `CodedError` BAD_OPTION, which names the option.

import { readFileSync } from "node:fs";
import { CodedError, fromGenesisJson, type Genesis } from "../sdk/index.ts";

export function required(name: string, value: string | undefined): string {
  if (value === undefined) throw badOption(name, "given");
  return value;
}

export function natural(name: string, value: string | undefined, max: number): number {
  const text = required(name, value);
  const number = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || number > max)
    throw badOption(name, `a number from 0 to ${max}`);
  return number;
}

/** Also throws `CodedError` BAD_GENESIS. */
export function readGenesis(path: string): Genesis {
  return fromGenesisJson(readJson("--genesis", path));
}

export function readJson(name: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CodedError("BAD_OPTION", `${name}: cannot read JSON from ${path}`, { cause });
  }
}

export function badOption(name: string, expected: string): CodedError {
  return new CodedError("BAD_OPTION", `${name} must be ${expected}`);
}
