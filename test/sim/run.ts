// npm run sim: see options.ts for what it can be asked.

import { execFileSync } from "node:child_process";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import type { CommonReport } from "./campaign-options.ts";
import { type Campaign, campaignOf } from "./campaigns.ts";
import { describe, line, say } from "./telling.ts";
import { parseRunOptions, replayOf, type RunOptions, usage, UsageError } from "./options.ts";
import { Violation } from "./observation.ts";
import { shrink } from "./shrink.ts";

const summed = ["views", "height", "events", "messages", "crashes"] as const;
/** How often a long run says how far it is, ms. */
const progressEvery = 10_000;

try {
  const options = parseRunOptions(process.argv.slice(2));
  if (options === "help") say(usage);
  else process.exitCode = await runAll(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n--help says what there is\n`);
  process.exitCode = 2;
}

async function runAll(options: RunOptions): Promise<number> {
  const { seed: first, count, n } = options;
  const campaign = campaignOf(options.isSealed ? await createMclSealingGroup() : undefined, n);
  const total = Object.fromEntries(summed.map((key) => [key, 0]));
  const started = performance.now();
  let toldAt = started;
  let failures = 0;
  for (let seed = first; seed < first + count; seed++) {
    const report = await runOne(campaign, options, seed);
    if (report === undefined) failures += 1;
    else for (const key of summed) total[key] = (total[key] ?? 0) + report[key];
    if (performance.now() - toldAt < progressEvery) continue;
    toldAt = performance.now();
    process.stderr.write(`seed ${seed} of ${first + count - 1}: ${JSON.stringify(total)}\n`);
  }
  const spent = (performance.now() - started) / 1_000;
  say(
    `${count} seeds, n = ${n}, ${spent.toFixed(1)} s: ${JSON.stringify(total)}, ${failures} failures`,
  );
  return failures === 0 ? 0 : 1;
}

/** Undefined when it failed; then it has said why, and how to see it again. */
async function runOne(
  campaign: Campaign,
  options: RunOptions,
  seed: number,
): Promise<CommonReport | undefined> {
  const tell = (observation: Parameters<typeof describe>[0], now: number): void =>
    say(describe(observation, now));
  try {
    const report = await campaign(options, seed, options.hasTrace ? tell : undefined);
    if (options.count === 1) say(line(report));
    if (options.isTwice) compare(line(report), replayOf(options, seed));
    return report;
  } catch (error) {
    say(`seed ${seed}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
    say(`again: npm run sim -- ${replayOf(options, seed).join(" ")} --no-shrink`);
    if (options.shrinks && options.harness !== "epochs" && error instanceof Violation)
      await tellSmallest(campaign, options, seed);
    return undefined;
  }
}

async function tellSmallest(campaign: Campaign, options: RunOptions, seed: number): Promise<void> {
  const shrunk = await shrink(campaign, options, seed);
  if (shrunk === undefined)
    return say("it does not fail a second time: something is not repeatable");
  say(`smallest found: npm run sim -- ${replayOf(shrunk.options, seed).join(" ")} --no-shrink`);
  say(shrunk.violation.message);
  for (const { observation, now } of shrunk.last) say(`  ${describe(observation, now)}`);
}

/** Another process comes to the same, or something is not a function of the seed. */
function compare(report: string, again: readonly string[]): void {
  const output = execFileSync(process.execPath, [import.meta.filename, ...again, "--no-shrink"], {
    encoding: "utf8",
  });
  const [other = ""] = output.split("\n");
  if (other !== report)
    throw new Violation("determinism", `another process came to ${other}, and this to ${report}`);
}
