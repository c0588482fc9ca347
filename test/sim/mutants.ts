// npm run sim:mutants: plants one bug after the other, looks for each from seed 1 on, and fails when one is not found
// within its budget of seeds.

import { parseArgs } from "node:util";
import { type Quarry, quarries } from "./hunt.ts";

const usage = `npm run sim:mutants -- [options]: finds the planted bugs, and says how soon.

  --harness H   replicas, whole or epochs; all by default
  --name TEXT   only those whose name contains it
  --known       begin with the seed that once found it, as the gate does
  --help        this text
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = parse();
  if (typeof chosen === "number") return chosen;
  const started = performance.now();
  let missed = 0;
  say("harness   seed  tried  budget  checker            mutant");
  for (const quarry of chosen.quarries) {
    const { mutant, harness } = quarry;
    const { checker, seed, tried } = await quarry.hunt(chosen.isKnown ? mutant.knownSeed : 1);
    if (checker === undefined) missed += 1;
    const found = checker === undefined ? "-" : String(seed);
    const columns = [harness.padEnd(8), found.padStart(5), String(tried).padStart(6)];
    columns.push(String(mutant.budget).padStart(7), (checker ?? "NOT FOUND").padEnd(18));
    say(`${columns.join(" ")} ${mutant.name}`);
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  say(`${chosen.quarries.length - missed} of ${chosen.quarries.length} found, ${seconds} s`);
  return missed === 0 ? 0 : 1;
}

/** What to look for, or the exit code of a call that asks for nothing of the kind. */
function parse(): { readonly quarries: readonly Quarry[]; readonly isKnown: boolean } | number {
  try {
    const { values } = parseArgs({
      options: {
        harness: { type: "string" },
        name: { type: "string", default: "" },
        known: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      say(usage);
      return 0;
    }
    const chosen = quarries.filter(
      ({ harness, mutant }) =>
        (values.harness === undefined || values.harness === harness) &&
        mutant.name.includes(values.name),
    );
    if (chosen.length === 0) throw new Error("no planted bug is called so");
    return { quarries: chosen, isKnown: values.known };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
