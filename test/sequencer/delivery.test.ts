import { expect, test } from "vitest";
import type { Ledger } from "../../ledger/index.ts";
import {
  Height,
  limits,
  Micros,
  type OpenedTransaction,
  type SealedTransaction,
} from "../../protocol/index.ts";
import { Delivery } from "../../sequencer/delivery.ts";
import type { FinalBlock } from "../../sequencer/executed-block.ts";
import { header, payload as examplePayload, transaction } from "../protocol/examples.ts";

const now = Micros(1_000);
const opening = (name: number): Uint8Array => new Uint8Array(48).fill(name);
const payload = (name: number): Uint8Array => Uint8Array.of(name);

/** A block of these transactions, of which "sealed" has to be opened. */
function block(height: number, ...kinds: readonly ("sealed" | "clear")[]): FinalBlock {
  return {
    header: { ...header, height: Height(height) },
    hash: payload(height),
    payload: examplePayload,
    ordered: kinds.map((kind, i) => ({
      id: Uint8Array.of(i),
      transaction: { ...transaction, version: kind === "sealed" ? 1 : 0, body: payload(99) },
    })),
    dropped: [],
    named: Height(0),
    isClosed: false,
    certificate: undefined,
  };
}

function setUp(openings: ReadonlyMap<number, readonly Uint8Array[]> = new Map()): {
  delivery: Delivery;
  counted: { height: number; transactions: readonly OpenedTransaction[] }[];
} {
  const counted: { height: number; transactions: readonly OpenedTransaction[] }[] = [];
  const ledger: Pick<Ledger, "applyOpened"> = {
    applyOpened({ height, transactions }) {
      counted.push({ height, transactions });
      return { batches: [], checkpoint: undefined, leaves: [] };
    },
  };
  return { delivery: new Delivery(ledger, { delivered: Height(0), openings }), counted };
}

function deliverAll(delivery: Delivery): number[] {
  const heights: number[] = [];
  for (let next = delivery.next(); next !== undefined; next = delivery.next())
    heights.push(next.height);
  return heights;
}

test("blocks are opened in any order, and counted in theirs", () => {
  const { delivery } = setUp();
  for (const height of [1, 2]) expect(delivery.add(block(height, "sealed"), now)).toBeUndefined();
  expect(delivery.onOpened(Height(2), [opening(2)])).toHaveLength(1);
  expect(delivery.onUnsealed(Height(2), [payload(2)])).toBe(true);
  expect(deliverAll(delivery)).toEqual([]);
  delivery.onOpened(Height(1), [opening(1)]);
  delivery.onUnsealed(Height(1), [payload(1)]);
  expect(deliverAll(delivery)).toEqual([1, 2]);
  expect(delivery.delivered).toBe(2);
});

test("each sealed transaction gets its own payload, and a clear one its body", () => {
  const { delivery, counted } = setUp();
  delivery.add(block(1, "sealed", "clear", "sealed"), now);
  delivery.onOpened(Height(1), [opening(1), opening(2)]);
  delivery.onUnsealed(Height(1), [payload(1), undefined]);
  deliverAll(delivery);
  expect(counted[0]?.transactions.map((each) => each.payload)).toEqual([
    payload(1),
    payload(99),
    undefined,
  ]);
});

test("a block that seals nothing needs no opening, nor does one that was opened before a restart", () => {
  const { delivery } = setUp(new Map([[2, [opening(2)]]]));
  expect(delivery.add(block(1, "clear"), now)).toEqual([]);
  expect(delivery.add(block(2, "sealed"), now)).toEqual([opening(2)]);
  expect(delivery.add(block(3, "sealed"), now)).toBeUndefined();
});

test("openings are taken once, and payloads only of a block that is opened", () => {
  const { delivery } = setUp();
  delivery.add(block(1, "sealed"), now);
  expect(delivery.onUnsealed(Height(1), [payload(1)])).toBe(false);
  const transactions = delivery.onOpened(Height(1), [opening(1)])?.map((each) => each.transaction);
  expect(transactions).toEqual(
    block(1, "sealed").ordered.map((each): SealedTransaction => each.transaction),
  );
  expect(delivery.onOpened(Height(1), [opening(1)])).toBeUndefined();
  expect(delivery.onOpened(Height(5), [])).toBeUndefined();
});

test("opening is behind when too many blocks wait for it, or one for too long", () => {
  const { delivery } = setUp();
  expect(delivery.isBehind(now)).toBe(false);
  delivery.add(block(1, "sealed"), now);
  expect(delivery.isBehind(Micros(now + limits.unopenedTimeMax))).toBe(false);
  expect(delivery.isBehind(Micros(now + limits.unopenedTimeMax + 1))).toBe(true);
  for (let height = 2; height <= limits.unopenedMax; height++)
    delivery.add(block(height, "sealed"), now);
  expect(delivery.isBehind(now)).toBe(false);
  delivery.add(block(limits.unopenedMax + 1, "sealed"), now);
  expect(delivery.isBehind(now)).toBe(true);
  expect(delivery.waitingSince).toBe(now);
});
