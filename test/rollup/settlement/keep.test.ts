import { expect, test } from "vitest";
import { keep, type SettlementEvent } from "../../../rollup/settlement/index.ts";
import { CodedError } from "../../../sdk/index.ts";

test("what fails for the world's sake is told and tried again, until it is told to stop", async () => {
  const stop = new AbortController();
  const events: SettlementEvent[] = [];
  let rounds = 0;
  const round = async (): Promise<void> => {
    if (++rounds === 3) stop.abort();
    if (rounds === 1) throw new CodedError("L1_FAILED", "the L1 did not do it");
  };
  const report = (event: SettlementEvent): void => void events.push(event);
  await keep(round, { everyMs: 1, signal: stop.signal, report });
  expect(rounds).toBe(3);
  expect(events).toEqual([{ type: "failed", code: "L1_FAILED", message: "the L1 did not do it" }]);
});

test("what fails for our own sake ends it", async () => {
  const { signal } = new AbortController();
  const round = (): Promise<void> => Promise.reject(new Error("an invariant"));
  await expect(keep(round, { everyMs: 1, signal, report: () => {} })).rejects.toThrow(
    "an invariant",
  );
});
