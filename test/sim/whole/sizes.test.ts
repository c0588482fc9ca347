import { expect, test, vi } from "vitest";
import { runCoreSeed } from "./campaign.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

test.each([
  { n: 7, first: 1_000, count: 1, views: 30 },
  // From nine seats on they open in slices.
  { n: 10, first: 2_000, count: 2, views: 25 },
  { n: 16, first: 3_000, count: 1, views: 20 },
])(
  "$count seeds of $n whole cores keep every promise, and recover when the faults end",
  async ({ n, first, count, views }) => {
    const failures: string[] = [];
    for (let seed = first; seed < first + count; seed++)
      await runCoreSeed({ seed, n, views }).catch((error: unknown) =>
        failures.push(
          `${String(error)}\n  again: npm run sim -- --whole --seed ${seed} --n ${n} --views ${views}`,
        ),
      );
    expect(failures).toEqual([]);
  },
);

test("combiners that lie, or tell only some, keep nothing closed and make nobody believe them", async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const report = await runCoreSeed({ seed, n: 10, views: 20, adversaryNames: ["combiner"] });
    expect(report.delivered).toBeGreaterThan(0);
  }
});

test("a disk that lets a part of a batch through does no harm: no record is believed because of another", async () => {
  let crashes = 0;
  for (let seed = 1; seed <= 4; seed++)
    crashes += (await runCoreSeed({ seed, n: 4, views: 40, tearsBatches: true })).crashes;
  expect(crashes).toBeGreaterThan(0);
});
