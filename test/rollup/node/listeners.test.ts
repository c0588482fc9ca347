import { expect, test } from "vitest";
import { type ExecutedBatch, Listeners } from "../../../rollup/node/index.ts";

test("everyone who listens hears of a batch once, until they stop", () => {
  const listeners = new Listeners();
  const heard: string[] = [];
  const stop = listeners.subscribe(({ height }) => void heard.push(`a${height}`));
  listeners.subscribe(({ height }) => void heard.push(`b${height}`));
  listeners.tell(executedAt(1));
  stop();
  stop();
  listeners.tell(executedAt(2));
  expect(heard).toEqual(["a1", "b1", "b2"]);
});

test("one function that is given twice hears twice, and is let go once", () => {
  const listeners = new Listeners();
  let heard = 0;
  const listen = (): void => void heard++;
  const stop = listeners.subscribe(listen);
  listeners.subscribe(listen);
  stop();
  listeners.tell(executedAt(1));
  expect(heard).toBe(1);
});

function executedAt(height: number): ExecutedBatch {
  return {
    batch: { number: 1, timeMs: 0, seed: new Uint8Array(32), system: [], lists: [] },
    outcome: { events: [], withdrawals: [], dirty: { accounts: [], orders: [], markets: [] } },
    root: new Uint8Array(32),
    height,
    blockHash: new Uint8Array(32),
    l1Block: 0,
    transactions: [],
  };
}
