import { expect, test, vi } from "vitest";
import { runSeed } from "./campaign.ts";
import { consensusRarities } from "../coverage.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

const seen = new Set<string>();

// Long campaigns are run by hand with `npm run sim`; these seeds are the ones every change has to pass.
test.each([
  { n: 4, first: 1, count: 24, views: 80 },
  { n: 4, first: 258, count: 1, views: 80 },
  { n: 5, first: 1_000, count: 8, views: 60 },
  { n: 7, first: 2_000, count: 6, views: 60 },
])("$count seeds of $n validators keep agreement, and recover when the faults end", async (run) => {
  const failures: string[] = [];
  for (let seed = run.first; seed < run.first + run.count; seed++)
    try {
      const { coverage } = await runSeed({ seed, n: run.n, views: run.views });
      for (const rarity of coverage.keys()) seen.add(rarity);
    } catch (error) {
      const again = `npm run sim -- --seed ${seed} --n ${run.n} --views ${run.views}`;
      failures.push(`${String(error)}\n  again: ${again}`);
    }
  expect(failures).toEqual([]);
});

test("every rare thing happened in one of them", () => {
  expect(consensusRarities.filter((rarity) => !seen.has(rarity))).toEqual([]);
});

test("the same seed is the same history, and another one is another", async () => {
  const [first, again, other] = await Promise.all(
    [7, 7, 8].map((seed) => runSeed({ seed, n: 4, views: 40 })),
  );
  expect(again).toEqual(first);
  expect(other?.traceHash).not.toBe(first?.traceHash);
});
