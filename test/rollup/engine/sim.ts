// npm run sim:derivatives: market days from seeds, as many as one likes, with everything that looks at them; or the search
// for planted bugs by the same days.

import { parseArgs } from "node:util";
import { Violation } from "../../sim/observation.ts";
import { huntEngine } from "./mutants/hunt.ts";
import { mutants } from "./mutants/mutants.ts";
import { runDerivativesSeed } from "./seeds.ts";

const usage = `npm run sim:derivatives -- [options]: one market day a seed, every rule checked in every batch.

  --seeds N      how many (20)
  --from SEED    the first of them (1): to go on where a run ended, or to see one again
  --batches N    batches a day (200)
  --mutants      look for the planted bugs instead, and fail when one is not found
  --name TEXT    only those whose name contains it
  --known        begin each with the seed that once found it, as the gate does
  --help         this text
`;

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly batches: number;
  readonly mutants: boolean;
  readonly name: string;
  readonly known: boolean;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const options = parse();
  if (typeof options === "number") return options;
  return options.mutants ? hunt(options) : campaign(options);
}

function campaign({ from, seeds, batches }: Options): number {
  const started = performance.now();
  const total = { fills: 0, liquidations: 0, takeovers: 0, deleveraged: 0 };
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      const tally = runDerivativesSeed({ seed, batches });
      for (const name of ["fills", "liquidations", "takeovers", "deleveraged"] as const)
        total[name] += tally[name];
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      say(`seed ${seed}: ${error.message}`);
      say(
        `again: npm run sim:derivatives -- --from ${seed} --seeds 1 --batches ${batches}; on: --from ${seed + 1}`,
      );
      return 1;
    }
    if ((seed - from + 1) % 10 === 0)
      process.stderr.write(
        `${seed - from + 1} of ${seeds} seeds, ${secondsSince(started)} s, next --from ${seed + 1}\n`,
      );
  }
  const { fills, liquidations, takeovers, deleveraged } = total;
  say(
    `${seeds} seeds from ${from} on, ${seeds * batches} batches, ${fills} fills, ${liquidations} liquidations, ` +
      `${takeovers} takeovers, ${deleveraged} deleveraged: every rule held; ${secondsSince(started)} s`,
  );
  return 0;
}

async function hunt({ name, known, batches }: Options): Promise<number> {
  const started = performance.now();
  const chosen = mutants.filter((mutant) => mutant.name.includes(name));
  let missed = 0;
  say("seed  tried  checker                       mutant");
  for (const mutant of chosen) {
    const first = known ? mutant.knownSeed : 1;
    const { checker, seed, tried } = await huntEngine(mutant, { first, batches });
    if (checker === undefined) missed++;
    const columns = [
      (checker === undefined ? "-" : String(seed)).padStart(4),
      String(tried).padStart(6),
      ` ${(checker ?? "NOT FOUND").padEnd(29)}`,
    ];
    say(`${columns.join(" ")} ${mutant.name}`);
  }
  say(`${chosen.length - missed} of ${chosen.length} found, ${secondsSince(started)} s`);
  return missed === 0 && chosen.length > 0 ? 0 : 1;
}

/** What to do, or the exit code of a call that asks for nothing of the kind. */
function parse(): Options | number {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: "20" },
        from: { type: "string", default: "1" },
        batches: { type: "string", default: "200" },
        mutants: { type: "boolean", default: false },
        name: { type: "string", default: "" },
        known: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      say(usage);
      return 0;
    }
    const [seeds = 0, from = 0, batches = 0] = [values.seeds, values.from, values.batches].map(
      Number,
    );
    if (![seeds, from, batches].every((each) => Number.isSafeInteger(each) && each > 0))
      throw new Error("--seeds, --from and --batches are whole numbers above 0");
    const { mutants: isHunt, name, known } = values;
    return { seeds, from, batches, mutants: isHunt, name, known };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
}

function secondsSince(started: number): number {
  return Math.round((performance.now() - started) / 1_000);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
