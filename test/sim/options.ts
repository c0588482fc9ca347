// What the simulator's commands are told, checked before anything runs.

import { parseArgs, type ParseArgsConfig } from "node:util";
import { type AdversaryName, adversaryNames } from "./adversaries/index.ts";

/** What a caller asked for cannot be done; the message says what can. */
export class UsageError extends Error {
  override name = "UsageError";
}

export interface RunOptions {
  readonly harness: "whole" | "replicas" | "epochs";
  /** The first seed, and how many from there on. */
  readonly seed: number;
  readonly count: number;
  /** Validators. */
  readonly n: number;
  readonly views: number;
  readonly adversaries: readonly AdversaryName[] | undefined;
  /** With the true sealing, slowly. */
  readonly isSealed: boolean;
  /** Runs each seed in a second process as well, and compares. */
  readonly isTwice: boolean;
  /** Prints what every process says and suffers. */
  readonly hasTrace: boolean;
}

export const usage: string = `npm run sim -- [options]: runs seeds, says what they did, and how to see a failure again.

  --seed N           the first seed (1)
  --count N          how many seeds from there on (1)
  --n N              validators, 4 to 32 (4)
  --views N          views under faults, before the calm in which all must recover (100)
  --whole            whole cores, with all that they promise (default)
  --epochs           whole cores whose committee changes; --n and --views mean nothing then
  --replicas         the voting core alone, with a toy application: many more views a second
  --adversaries A,B  only these may be among the Byzantine seats; "none" for none
                     ${adversaryNames.join(" ")}
  --sealed           with the true sealing, which is slow; whole cores only
  --twice            each seed in a second process as well, which must come to the same trace
  --trace            print what every process says and suffers
  --help             this text
`;

const known = {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "1" },
  n: { type: "string", default: "4" },
  views: { type: "string", default: "100" },
  whole: { type: "boolean", default: false },
  replicas: { type: "boolean", default: false },
  epochs: { type: "boolean", default: false },
  adversaries: { type: "string" },
  sealed: { type: "boolean", default: false },
  twice: { type: "boolean", default: false },
  trace: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

/** `"help"` when that is what was asked for. Throws a `UsageError`. */
export function parseRunOptions(argv: readonly string[]): RunOptions | "help" {
  const values = parse(argv);
  if (values.help) return "help";
  const { whole, replicas, epochs, sealed } = values;
  if ([whole, replicas, epochs].filter(Boolean).length > 1)
    throw new UsageError("--whole, --replicas and --epochs exclude each other");
  if ((replicas || epochs) && sealed)
    throw new UsageError("only whole cores have the true sealing");
  if (epochs && values.adversaries !== undefined)
    throw new UsageError("where committees change all are honest");
  return {
    harness: replicas ? "replicas" : epochs ? "epochs" : "whole",
    seed: toInteger("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    count: toInteger("--count", values.count, 1, 1e9),
    n: toInteger("--n", values.n, 4, 32),
    views: toInteger("--views", values.views, 1, 1e9),
    adversaries: toAdversaries(values.adversaries),
    isSealed: sealed,
    isTwice: values.twice,
    hasTrace: values.trace,
  };
}

/** The arguments that replay one seed of such a run. */
export function replayOf(
  options: Pick<RunOptions, "harness" | "n" | "views" | "adversaries" | "isSealed">,
  seed: number,
): string[] {
  const { harness, n, views, adversaries, isSealed } = options;
  const named = adversaries?.length === 0 ? "none" : adversaries?.join(",");
  return [
    `--${harness}`,
    "--seed",
    String(seed),
    "--n",
    String(n),
    "--views",
    String(views),
    ...(named === undefined ? [] : ["--adversaries", named]),
    ...(isSealed ? ["--sealed"] : []),
  ];
}

export function toInteger(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`${name} is an integer from ${min} to ${max}, not "${text}"`);
  return value;
}

function toAdversaries(text: string | undefined): readonly AdversaryName[] | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  return text.split(",").map((name) => {
    const found = adversaryNames.find((each) => each === name);
    if (found !== undefined) return found;
    throw new UsageError(`there is no adversary "${name}": ${adversaryNames.join(", ")}`);
  });
}

function parse(argv: readonly string[]): ReturnType<typeof parseKnown> {
  try {
    return parseKnown(argv);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseKnown(argv: readonly string[]): {
  seed: string;
  count: string;
  n: string;
  views: string;
  whole: boolean;
  replicas: boolean;
  epochs: boolean;
  adversaries?: string | undefined;
  sealed: boolean;
  twice: boolean;
  trace: boolean;
  help: boolean;
} {
  return parseArgs({ args: [...argv], options: known, allowPositionals: false }).values;
}
