// Arguments that several commands read in the same way. What is wrong here is misuse, and ends with exit code 2.

import { InvalidArgumentError } from "commander";
import type { SecretSource } from "../config.ts";

/** An integer from `min` to `max`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && min <= value && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}

/** `file:PATH` or `env:NAME`: a secret itself on the command line would be seen by every user of the machine. */
export function secretSource(text: string): SecretSource {
  const [, scheme, place = ""] = /^(file|env):(.+)$/.exec(text) ?? [];
  if (scheme === "file") return { file: place };
  if (scheme === "env") return { variable: place };
  throw new InvalidArgumentError("It must be file:PATH or env:NAME.");
}

export const secretSourceHelp = "(file:PATH or env:NAME)";

/** `name=value` pairs, collected over the repetitions of an option. */
export function namedIntegers(
  names: readonly string[],
): (text: string, before?: Readonly<Record<string, number>>) => Record<string, number> {
  return (text, before = {}) => {
    const [, name = "", value = ""] = /^(\w+)=(\d+)$/.exec(text) ?? [];
    if (!names.includes(name) || !Number.isSafeInteger(Number(value)))
      throw new InvalidArgumentError(`It must be NAME=INTEGER with a name of ${names.join(", ")}.`);
    return { ...before, [name]: Number(value) };
  };
}
