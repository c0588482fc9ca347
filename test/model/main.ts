// npm run model: every state of the voting core within three views, and the planted faults that must be found there.

import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type Exploration, explore, type Model } from "./explore.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { boundShares, trueRules } from "./rules.ts";
import { walk } from "./walk.ts";

const usage = `npm run model -- [options]

Three honest voters and one liar, all leaders lying, nothing ever in time: looks at every state there is within some
views and holds it to agreement and privacy. Without options: the usual runs, then every mutant with its shortest trace.

  --variants 2,1,1  blocks for each parent, view by view: these views only, by the true rules
  --mutant TEXT     only the mutants whose names contain TEXT, each with its shortest trace
  --walks N         instead, N random walks of production's own replicas among the model's voters
  --states N        stops after N states
  --unreduced       keeps states apart that differ only in which voter is which
  --help            prints this
`;

const usual: readonly Model[] = [
  { variants: [2, 2], rules: trueRules },
  { variants: [1, 1, 1], rules: trueRules },
  { variants: [2, 1, 1], rules: trueRules },
  { variants: [1, 2, 1], rules: trueRules },
  { variants: [1, 1, 2], rules: trueRules },
  { variants: [1, 1, 1], rules: boundShares },
];

const { values } = parseArgs({
  options: {
    variants: { type: "string" },
    mutant: { type: "string" },
    walks: { type: "string" },
    states: { type: "string" },
    unreduced: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const variants = values.variants?.split(",").map(Number);
const statesMax = values.states === undefined ? Number.POSITIVE_INFINITY : Number(values.states);
const isUnderstood =
  statesMax > 0 &&
  Number(values.walks ?? 1) > 0 &&
  (variants ?? []).every((count) => count >= 1 && count <= 9);

if (values.help) process.stdout.write(usage);
else if (isUnderstood) process.exitCode = run() ? 0 : 1;
else {
  process.stderr.write(usage);
  process.exitCode = 2;
}

function run(): boolean {
  const load = loadavg().map((each) => each.toFixed(1));
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores`;
  say(`${machine}, Node ${process.versions.node}, load ${load.join(" ")}`);
  if (values.walks !== undefined) return walks(Number(values.walks), variants ?? [2, 1, 2]);
  if (variants !== undefined) return isClean({ variants, rules: trueRules });
  const { mutant } = values;
  const looked = mutant === undefined ? usual.map(isClean) : [];
  const found = mutants.filter(({ name }) => name.includes(mutant ?? "")).map(isFound);
  return found.length > 0 && [...looked, ...found].every(Boolean);
}

/** Seeds from 1 on; the first that parts from the model ends it, and is told. */
function walks(count: number, variants: readonly number[]): boolean {
  const started = performance.now();
  const total = { votes: 0, demanded: 0, finalized: 0, restarts: 0 };
  for (let seed = 1; seed <= count; seed++) {
    const { breach, ...counts } = walk({ seed, steps: 150, variants });
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += counts[key];
    if (breach !== undefined) say(`seed ${seed}: ${breach}`);
    if (breach !== undefined) return false;
  }
  const seconds = (performance.now() - started) / 1_000;
  say(
    `${count} walks in views ${variants.join(",")}: ${total.votes} votes, all of them the model's, ` +
      `${total.demanded} of them demanded; ${total.finalized} blocks made final, ` +
      `${total.restarts} restarts; ${figure(seconds)} s`,
  );
  return true;
}

function isClean(model: Model): boolean {
  const shares = model.rules.shares.isBound ? ", shares bound to blocks and with COMMITs" : "";
  const { violation, isExhaustive } = look(`views ${model.variants.join(",")}${shares}`, model);
  if (violation !== undefined) say(`  BROKEN: ${violation.invariant}: ${violation.what}`);
  for (const line of violation?.trace ?? []) say(`    ${line}`);
  if (!isExhaustive && violation === undefined) say("  not all of it: --states was reached");
  return violation === undefined;
}

function isFound({ name, rules, variants, breaks }: Mutant): boolean {
  say(name);
  const missed = breaks.filter((invariant) => {
    const model = { variants, rules, invariants: [invariant] };
    const { violation } = look(`  ${invariant.name}, views ${variants.join(",")}`, model);
    say(violation === undefined ? "    NOT FOUND" : `    ${violation.what}:`);
    for (const line of violation?.trace ?? []) say(`      ${line}`);
    return violation === undefined;
  });
  return missed.length === 0;
}

function look(what: string, model: Model): Exploration {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1_000;
  const onProgress = (states: number, depth: number): void =>
    void process.stderr.write(
      `  ... ${states} states, ${depth} votes deep, ${figure(seconds())} s\n`,
    );
  const limits = { statesMax, isReduced: !values.unreduced, onProgress };
  const exploration = explore(model, limits);
  const { states, statesInFull, depth, isExhaustive } = exploration;
  const pace = Math.round(states / seconds());
  const named = values.unreduced || !isExhaustive ? "" : `, ${statesInFull} with voters told apart`;
  say(
    `${what}: ${states} states${named}, up to ${depth} votes; ` +
      `${figure(seconds())} s, ${pace} states/s`,
  );
  return exploration;
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
