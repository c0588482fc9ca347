import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { decimal, integer, parseOptions } from "../../deploy/devnet/option-values.ts";
import { byzantine } from "./adversaries.ts";

export interface Options {
  readonly validators: number;
  readonly seed: number;
  /** For how long to torment the network. */
  readonly minutes: number;
  /** Names of the corrupted cores that one validator runs at times. */
  readonly adversaries: readonly string[];
  /** Transactions per second. */
  readonly rate: number;
  /** Where the folders of runs are. */
  readonly data: string;
  readonly keep: boolean;
  readonly json: boolean;
}

const everybody: readonly string[] = [...byzantine.keys()];

const help = `
Every kind of fault comes once, then several at a time for as long as there are minutes. The seed decides what comes when;
which message meets which fault is up to the machine.

Adversaries: ${everybody.join(", ")}.

Examples:
  npm run e2e:chaos -- --minutes 1                    each fault once, and short
  npm run e2e:chaos -- --validators 7 --minutes 20    several at a time, f = 2
  npm run e2e:chaos -- --seed 42 --json --keep        the summary as one line of JSON; logs and data stay

Disks fail only where this program may mount some: as root on Linux, or with user namespaces.
Exit codes: 0 all is well, 1 it failed and said why, 2 it was asked wrongly.`;

/** What was asked for, or the exit code when there is nothing more to do: help was shown, or the question was wrong. */
export function readOptions(root: string, args: readonly string[]): Options | number {
  const program = new Command("npm run e2e:chaos --")
    .description(
      "Torments a network of real processes, and checks from outside that it kept every promise.",
    )
    .option("--validators <4|7>", "how many", oneOf(4, 7), 4)
    .option("--seed <n>", "what goes wrong, and when", integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option("--minutes <n>", "for how long things go wrong, about", decimal(0.1, 600), 5)
    .addOption(
      new Option("--adversaries <names>", "who is at the corrupted seat, with commas between")
        .argParser(names)
        .default(everybody, "everybody"),
    )
    .option("--rate <n>", "transactions per second", integer(1, 100), 10)
    .option("--data <dir>", "where each run makes its folder", join(root, "devnet-data"))
    .option("--keep", "leave the run's folder; otherwise it goes when all went well", false)
    .option("--json", "print the summary as one line of JSON", false)
    .addHelpText("after", help);
  return parseOptions(program, args) ?? program.opts<Options>();
}

function names(text: string): readonly string[] {
  const chosen = text.split(",");
  const known = everybody.filter((name) => chosen.includes(name));
  if (known.length === chosen.length) return known;
  throw new InvalidArgumentError("They must be names from the list, with commas between them.");
}

function oneOf(...values: readonly number[]) {
  return (text: string): number => {
    const value = Number(text);
    if (values.includes(value)) return value;
    throw new InvalidArgumentError(`It must be one of ${values.join(", ")}.`);
  };
}
