import { expect, test } from "vitest";
import { runCoreSeed } from "./campaign.ts";

// Long campaigns are run by hand with `npm run sim`; these seeds are the ones every change has to pass.
test.each([
  { n: 4, first: 1, count: 6, views: 40 },
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

test("a validator whose store is restored from old backups keeps every promise by its safety store", async () => {
  // Among them the seed at which the bug is found that the safety store is restored as well.
  for (const seed of [3, 9, 12])
    await runCoreSeed({ seed, n: 4, views: 40, adversaryNames: [], setBack: "store" });
});

test("the same seed is the same history of cores, and another one is another", async () => {
  const [first, again, other] = await Promise.all(
    [7, 7, 8].map((seed) => runCoreSeed({ seed, n: 4, views: 10 })),
  );
  expect(again).toEqual(first);
  expect(other?.traceHash).not.toBe(first?.traceHash);
});
