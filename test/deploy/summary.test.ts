import { expect, test } from "vitest";
import { describe as describeSummary, type Summary } from "../../deploy/devnet/summary.ts";

const gas = { transactions: 2, mean: 200_000, max: 210_000 };
const latency = { p50: 12.3, p99: 456.7 };

const passed: Summary = {
  ok: true,
  findings: [{ check: "all is well", found: [] }],
  missing: [],
  failures: [],
  counts: { submitted: 4, settled: 4 },
  latencyMs: { ordered: latency, opened: latency, settled: { p50: undefined, p99: undefined } },
  eventLoopDelayMs: [{ validator: 2, p99: 9, max: 30 }],
  gas: { checkpoints: gas, settlements: gas },
  loadAverage: 1.25,
  cores: 2,
};

test("a smoke that passed shows its figures with their units", () => {
  const text = describeSummary(passed).join("\n");
  expect(text).toContain("ok     all is well");
  expect(text).toContain("4 submitted, 4 settled");
  expect(text).toContain("p50 12.3 ms   p99 457 ms");
  expect(text).toContain("p50 -   p99 -");
  expect(text).toContain("validator 2  p99 9.0 ms, most 30.0 ms");
  expect(text).toContain("1.3 on 2 cores");
  expect(text).toMatch(/the smoke passed$/);
});

test("a smoke that failed says what is wrong, and counts what is too much to show", () => {
  const found = Array.from({ length: 8 }, (_, i) => `wrong ${i}`);
  const lines = describeSummary({
    ...passed,
    ok: false,
    findings: [{ check: "all is well", found }],
    missing: ["the moon"],
    failures: ["0 of 2 receipts, OVERLOADED"],
  });
  const text = lines.join("\n");
  expect(text).toContain("FAILED all is well");
  expect(text).toContain("wrong 4");
  expect(text).not.toContain("wrong 5");
  expect(text).toContain("and 3 more");
  expect(text).toMatch(/MISSING[^\n]*\n *the moon/);
  expect(text).toMatch(/REFUSED[^\n]*\n *0 of 2 receipts, OVERLOADED/);
  expect(lines.at(-1)).toContain("FAILED");
});
