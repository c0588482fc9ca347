// npm run coverage:branches: which branches of the contracts their Solidity tests take, by forge; Hardhat counts lines and
// statements alone. Fails when a contract is below the bound. Lines are Hardhat's business, for forge has to compile through
// the IR here, whose source maps lose some; and what is written in assembly has none at all.

import { Stage } from "./support/forge.ts";

const boundPercent = 95;
/** Enough for the rare side of a fuzzed condition; bugs are found by the tests themselves. */
const fuzzRuns = "32";

/** What executes a rollup's steps again is held to its engine from TypeScript, which forge does not run. */
const isHeldElsewhere = /^contracts\/derivatives\/(?!Vault)/;

interface Branch {
  readonly line: number;
  readonly isTaken: boolean;
}

const stage = new Stage("branches");
const { status, output } = stage.run(
  // What is not optimized has another gas, and no bound on it.
  ["coverage", "--ir-minimum", "--report", "lcov", "--no-match-contract", "Gas"],
  { FOUNDRY_FUZZ_RUNS: fuzzRuns },
);
if (status !== 0) fail(`forge coverage ended with ${status}\n${output.slice(-4000)}`);
report(branchesIn(stage.read("lcov.info")));

/** By contract, without what belongs to assembly. */
function branchesIn(lcov: string): ReadonlyMap<string, readonly Branch[]> {
  const found = new Map<string, readonly Branch[]>();
  for (const record of lcov.split("end_of_record\n")) {
    const path = /^SF:(contracts\/.*)$/m.exec(record)?.[1];
    if (path === undefined || isHeldElsewhere.test(path)) continue;
    const source = stage.read(path);
    const assembly = assemblyLines(source);
    const reached = new Set(
      [...record.matchAll(/^DA:(\d+),[1-9]\d*$/gm)].map(([, line]) => Number(line)),
    );
    const branches = [...record.matchAll(/^BRDA:(\d+),\d+,(\d+),(\d+|-)$/gm)]
      .map(([, line, side, hits]) => ({ line: Number(line), side, isTaken: Number(hits) > 0 }))
      // An `else` is often not found where it begins; then what stands in it tells.
      .map(({ line, side, isTaken }) => ({
        line,
        isTaken: isTaken || (side === "1" && reached.has(elseOf(source, line) + 1)),
      }))
      .filter(({ line }) => !assembly.has(line));
    if (branches.length > 0) found.set(path, branches);
  }
  return found;
}

/** The line of the `else` that belongs to the `if` of another; both are formatted. */
function elseOf(source: string, line: number): number {
  const lines = source.split("\n");
  const indent = /^ */.exec(lines[line - 1] ?? "")?.[0] ?? "";
  const end = lines.findIndex((each, i) => i >= line && each.startsWith(`${indent}}`));
  return lines[end]?.startsWith(`${indent}} else {`) === true ? end + 1 : -1;
}

function assemblyLines(source: string): ReadonlySet<number> {
  const lines = new Set<number>();
  let depth = 0;
  for (const [index, line] of source.split("\n").entries()) {
    if (depth === 0 && !/^\s*assembly\b/.test(line)) continue;
    lines.add(index + 1);
    depth += line.split("{").length - line.split("}").length;
  }
  return lines;
}

function report(contracts: ReadonlyMap<string, readonly Branch[]>): void {
  let isBelow = false;
  for (const [path, branches] of contracts) {
    const missed = branches.filter(({ isTaken }) => !isTaken).map(({ line }) => line);
    const taken = branches.length - missed.length;
    const percent = (100 * taken) / branches.length;
    if (percent < boundPercent) isBelow = true;
    const where = missed.length === 0 ? "" : `  not taken: line ${missed.join(", ")}`;
    const figures = `${percent.toFixed(1).padStart(5)} %  ${taken} of ${branches.length}`;
    process.stdout.write(`${path.padEnd(44)} ${figures}${where}\n`);
  }
  if (isBelow) fail(`a contract is below ${boundPercent} % of its branches`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
