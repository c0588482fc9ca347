import { join } from "node:path";
import { Command, Option } from "commander";
import { integer, parseOptions } from "./option-values.ts";
import { type PathName, pathNames } from "./perpetuals/price-path.ts";

export interface Options {
  readonly validators: number;
  /** Transactions per second; for a smoke fewer, so that they last as long as it does. */
  readonly rate: number;
  /** Whether namespace 1 is a perpetuals rollup on which bots trade. */
  readonly perpetuals: boolean;
  /** Of the prices there. */
  readonly path: PathName;
  /** Where the folders of runs are. */
  readonly data: string;
  readonly keep: boolean;
  readonly smoke: boolean;
  /** Of a smoke. */
  readonly transactions: number;
  /** Of a smoke, in seconds, from the first transaction on. */
  readonly timeout: number;
  readonly json: boolean;
}

const help = `
Examples:
  npm run devnet                                  an L1, four validators, a follower, a perpetuals exchange with bots that
                                                  trade on it, and traffic; Ctrl-C stops it
  npm run devnet -- --rate 0                      the same without traffic but that of the bots: submit your own
  npm run devnet -- --path crash                  prices that crash at once, and again and again
  npm run devnet -- --no-perpetuals               two followers in place of the exchange, and nobody who trades
  npm run devnet -- --smoke                       500 transactions, a kill -9, two changes of the committee, then every
                                                  promise is checked
  npm run devnet -- --smoke --json --keep         the summary as one line of JSON; logs and data stay

Exit codes: 0 all is well, 1 it failed and said why, 2 it was asked wrongly.`;

/** What was asked for, or the exit code when there is nothing more to do: help was shown, or the question was wrong. */
export function readOptions(root: string, args: readonly string[]): Options | number {
  const program = new Command("npm run devnet --")
    .description(
      "Runs Conclave on this machine, in real processes: to look at, to build against, to test.",
    )
    .option("--smoke", "check all promises on a fixed number of transactions, then stop", false)
    .option("--validators <n>", "how many", integer(4, 16), 4)
    .option("--rate <n>", "transactions per second (25; of a smoke 6)", integer(0, 1_000))
    .addOption(
      new Option("--path <name>", "of the bots' prices (mixed; of a smoke crash)").choices(
        pathNames,
      ),
    )
    .option("--no-perpetuals", "no perpetuals rollup, and no bots")
    .option("--transactions <n>", "of a smoke", integer(2, 100_000), 500)
    .option("--timeout <seconds>", "of a smoke, for its transactions", integer(10, 3_600), 420)
    .option("--data <dir>", "where each run makes its folder", join(root, "devnet-data"))
    .option("--keep", "leave the run's folder; otherwise it goes when all went well", false)
    .option("--json", "print a smoke's summary as one line of JSON", false)
    .addHelpText("after", help);
  const code = parseOptions(program, args);
  if (code !== undefined) return code;
  type Given = Omit<Options, "rate" | "path"> & Partial<Pick<Options, "rate" | "path">>;
  const options = program.opts<Given>();
  const { smoke, rate = smoke ? 6 : 25, path = smoke ? "crash" : "mixed" } = options;
  return { ...options, rate, path };
}
