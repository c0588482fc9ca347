// What the command lines of the devnet and of the tests with its processes may say, and what is answered to what they may not.

import { type Command, CommanderError, InvalidArgumentError } from "commander";

/** Undefined when all is well, or the exit code when there is nothing more to do: help was shown, or the question was
 * wrong. */
export function parseOptions(program: Command, args: readonly string[]): number | undefined {
  try {
    program.exitOverride().parse([...args], { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

export function integer(min: number, max: number): (text: string) => number {
  return numberOf(/^\d+$/, `an integer from ${min} to ${max}`, { min, max });
}

export function decimal(min: number, max: number): (text: string) => number {
  return numberOf(/^\d+(?:\.\d+)?$/, `a number from ${min} to ${max}`, { min, max });
}

function numberOf(
  pattern: RegExp,
  what: string,
  { min, max }: { readonly min: number; readonly max: number },
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (pattern.test(text) && min <= value && value <= max) return value;
    throw new InvalidArgumentError(`It must be ${what}.`);
  };
}
