// What the simulator's commands are told, checked before anything runs.

import { parseArgs, type ParseArgsConfig } from "node:util";
import { type AdversaryName, adversaryNames } from "./adversaries/index.ts";
import type { Mode } from "./campaign-options.ts";
import { type FaultName, faultNames } from "./faults.ts";
import { isTolerable } from "./processes.ts";

/** What a caller asked for cannot be done; the message says what can. */
export class UsageError extends Error {
  override name = "UsageError";
}

export interface RunOptions {
  readonly harness: "whole" | "replicas" | "epochs";
  readonly mode: Mode;
  /** The first seed, and how many from there on. */
  readonly seed: number;
  readonly count: number;
  /** Validators. */
  readonly n: number;
  readonly views: number;
  readonly adversaries: readonly AdversaryName[] | undefined;
  readonly wicked: ReadonlyMap<number, AdversaryName> | undefined;
  readonly without: readonly FaultName[];
  /** With the true sealing, slowly. */
  readonly isSealed: boolean;
  /** Some seats lose their shares of some blocks. */
  readonly losesShares: boolean;
  /** Runs each seed in a second process as well, and compares. */
  readonly isTwice: boolean;
  /** Prints what every process says and suffers. */
  readonly hasTrace: boolean;
  /** Looks for a smaller run that fails like the first. */
  readonly shrinks: boolean;
}

export const usage: string = `npm run sim -- [options]: runs seeds, says what they did, and how to see a failure again.

  --seed N           the first seed (1)
  --count N          how many seeds from there on (1)
  --n N              validators, 4 to 32 (4)
  --views N          views under faults (100)
  --mode MODE        liveness: after the faults comes calm, at least for a quorum, in which all must recover (default)
                     safety: the faults never stop
  --whole            whole cores, with all that they promise (default)
  --epochs           whole cores whose committee changes; --n and --views mean nothing then
  --replicas         the voting core alone, with a toy application: many more views a second
  --adversaries A,B  only these may be among the Byzantine seats; "none" for none
                     ${adversaryNames.join(" ")}
  --wicked S:A,S:A   exactly these seats are Byzantine, and what they are
  --without F,F      faults that do not happen
                     ${faultNames.join(" ")}
  --sealed           with the true sealing, which is slow; whole cores only
  --lost-shares      some seats lose their shares of some blocks, which a quorum then declares void; whole cores only
  --twice            each seed in a second process as well, which must come to the same trace
  --trace            print what every process says and suffers
  --no-shrink        do not look for a smaller run that fails in the same way
  --help             this text
`;

const known = {
  seed: { type: "string", default: "1" },
  count: { type: "string", default: "1" },
  n: { type: "string", default: "4" },
  views: { type: "string", default: "100" },
  mode: { type: "string", default: "liveness" },
  whole: { type: "boolean", default: false },
  replicas: { type: "boolean", default: false },
  epochs: { type: "boolean", default: false },
  adversaries: { type: "string" },
  wicked: { type: "string" },
  without: { type: "string" },
  sealed: { type: "boolean", default: false },
  "lost-shares": { type: "boolean", default: false },
  twice: { type: "boolean", default: false },
  trace: { type: "boolean", default: false },
  "no-shrink": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

/** `"help"` when that is what was asked for. Throws a `UsageError`. */
export function parseRunOptions(argv: readonly string[]): RunOptions | "help" {
  const values = parse(argv);
  if (values.help) return "help";
  const { whole, replicas, epochs, sealed, "lost-shares": losesShares } = values;
  if ([whole, replicas, epochs].filter(Boolean).length > 1)
    throw new UsageError("--whole, --replicas and --epochs exclude each other");
  if ((replicas || epochs) && sealed)
    throw new UsageError("only whole cores have the true sealing");
  if ((replicas || epochs) && losesShares)
    throw new UsageError("only whole cores have shares to lose");
  if (epochs && values.adversaries !== undefined)
    throw new UsageError("where committees change all are honest");
  const n = toInteger("--n", values.n, 4, 32);
  const { mode } = values;
  if (mode !== "safety" && mode !== "liveness")
    throw new UsageError(`--mode is safety or liveness, not "${mode}"`);
  return {
    mode,
    wicked: toWicked(values.wicked, n),
    without: toFaults(values.without),
    shrinks: !values["no-shrink"],
    harness: replicas ? "replicas" : epochs ? "epochs" : "whole",
    seed: toInteger("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    count: toInteger("--count", values.count, 1, 1e9),
    n,
    views: toInteger("--views", values.views, 1, 1e9),
    adversaries: toAdversaries(values.adversaries),
    isSealed: sealed,
    losesShares,
    isTwice: values.twice,
    hasTrace: values.trace,
  };
}

/** The arguments that replay one seed of such a run. */
export function replayOf(options: ReplayOptions, seed: number): string[] {
  const { harness, mode, n, views, adversaries, wicked, without, isSealed, losesShares } = options;
  const seats = [...(wicked ?? [])].map(([seat, name]) => `${seat}:${name}`);
  const some = (list: readonly string[] | undefined): string | undefined =>
    list?.length === 0 ? "none" : list?.join(",");
  const flags: readonly (readonly [string, string | undefined])[] = [
    ["--seed", String(seed)],
    ["--n", String(n)],
    ["--views", String(views)],
    ["--mode", mode === "safety" ? mode : undefined],
    ["--adversaries", wicked === undefined ? some(adversaries) : undefined],
    ["--wicked", wicked === undefined ? undefined : some(seats)],
    ["--without", without.length === 0 ? undefined : without.join(",")],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  const switches = [...(isSealed ? ["--sealed"] : []), ...(losesShares ? ["--lost-shares"] : [])];
  return [`--${harness}`, ...given, ...switches];
}

export type ReplayOptions = Omit<RunOptions, "seed" | "count" | "isTwice" | "hasTrace" | "shrinks">;

export function toInteger(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`${name} is an integer from ${min} to ${max}, not "${text}"`);
  return value;
}

function toAdversaries(text: string | undefined): readonly AdversaryName[] | undefined {
  if (text === undefined) return undefined;
  return text === "none" ? [] : text.split(",").map(toAdversary);
}

function toAdversary(name: string): AdversaryName {
  const found = adversaryNames.find((each) => each === name);
  if (found !== undefined) return found;
  throw new UsageError(`there is no adversary "${name}": ${adversaryNames.join(", ")}`);
}

function toWicked(
  text: string | undefined,
  n: number,
): ReadonlyMap<number, AdversaryName> | undefined {
  if (text === undefined) return undefined;
  const pairs = text === "none" ? [] : text.split(",").map((pair) => pair.split(":"));
  const wicked = new Map(
    pairs.map(([seat = "", name = ""]) => [
      toInteger("a seat of --wicked", seat, 0, n - 1),
      toAdversary(name),
    ]),
  );
  if (!isTolerable(n, wicked)) throw new UsageError(`${n} seats do not stand that many`);
  return wicked;
}

function toFaults(text: string | undefined): readonly FaultName[] {
  return (text?.split(",") ?? []).map((name) => {
    const found = faultNames.find((each) => each === name);
    if (found !== undefined) return found;
    throw new UsageError(`there is no fault "${name}": ${faultNames.join(", ")}`);
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
  mode: string;
  adversaries?: string | undefined;
  wicked?: string | undefined;
  without?: string | undefined;
  "no-shrink": boolean;
  sealed: boolean;
  "lost-shares": boolean;
  twice: boolean;
  trace: boolean;
  help: boolean;
} {
  return parseArgs({ args: [...argv], options: known, allowPositionals: false }).values;
}
