import fc from "fast-check";
import { expect, test } from "vitest";
import { nextBaseFee } from "../../ledger/base-fee.ts";
import { decodeTotals } from "../../ledger/snapshot.ts";
import {
  Height,
  limits,
  Namespace,
  type RollupLeaf,
  type SealedTransaction,
} from "../../protocol/index.ts";
import {
  Chain,
  fee,
  funded,
  fundedChain,
  reserveSet,
  snapshotOf,
  subscribed,
  transaction,
} from "./chain.ts";

/** Transactions of the largest size. */
function crowdOf(count: number): SealedTransaction[] {
  const body = "x".repeat(limits.transactionBodyBytesMax);
  return Array.from({ length: count }, (_, nonce) => transaction({ nonce, feeCap: 1e9 }, { body }));
}

function totalsOf({ ledger }: Chain): readonly RollupLeaf[] {
  return decodeTotals(ledger.totalsSnapshot())?.rollups ?? [];
}

const target = limits.blockBytesTarget;
const baseFee = fc.integer({ min: 1, max: limits.baseFeeMax });

test("an idle chain costs the least, however crowded it was, and from there on nothing less", () => {
  let price = limits.baseFeeMax;
  let blocks = 0;
  for (; price > 3 && blocks < 10_000; blocks++)
    price = nextBaseFee(price, { bytes: 0, feePerByte: 3 });
  expect(price).toBe(3);
  // 2^32 at a 64th a block, and then one unit each.
  expect(blocks).toBeLessThan(1_500);
  expect(nextBaseFee(3, { bytes: 0, feePerByte: 3 })).toBe(3);
});

test("more than the target makes a byte dearer, less makes it cheaper, and just the target neither", () => {
  fc.assert(
    fc.property(baseFee, fc.nat({ max: 4 * limits.blockBytesMax }), (before, bytes) => {
      const after = nextBaseFee(before, { bytes, feePerByte: 1 });
      expect(Number.isSafeInteger(after)).toBe(true);
      expect(after).toBeGreaterThanOrEqual(1);
      expect(after).toBeLessThanOrEqual(limits.baseFeeMax);
      const wanted = before === limits.baseFeeMax && bytes > target ? 0 : Math.sign(bytes - target);
      if (before > 1 || bytes >= target) expect(Math.sign(after - before)).toBe(wanted);
      const most = Math.max(1, Math.ceil(before / limits.baseFeeStepDivisor));
      expect(Math.abs(after - before)).toBeLessThanOrEqual(most);
    }),
  );
});

test("a chain that orders more than its target charges more in the next block, and less again when idle", () => {
  const chain = fundedChain({}, 1e12);
  const crowd = crowdOf(5);
  expect(chain.ledger.final.baseFee).toBe(1);
  const full = chain.add({ transactions: crowd });
  expect(full.draft.baseFee).toBe(1);
  expect(chain.ledger.final.baseFee).toBe(2);
  const after = chain.add({
    transactions: [transaction({ feeCap: 2 * fee - 1 }), transaction({ nonce: 9 })],
  });
  expect(after.draft.baseFee).toBe(2);
  expect(after.drops).toEqual(["unpayable", undefined]);
  expect(chain.ledger.final.baseFee).toBe(1);
});

test("a reserve price holds where the base fee is lower, and what is above the base is the rollup's own", () => {
  const chain = new Chain();
  const events = [subscribed(0), subscribed(1), funded(0, 9 * fee), funded(1, 9 * fee)];
  chain.open(chain.add({ l1: chain.l1.add(...events, reserveSet(0, 3)) }));
  chain.open(
    chain.add({ transactions: [transaction(), transaction({ namespace: Namespace(1) })] }),
  );
  const [dear, cheap] = chain.ledger.namespaces();
  expect([dear?.balance, cheap?.balance]).toEqual([6 * fee, 8 * fee]);
  expect(totalsOf(chain)).toMatchObject([
    { spent: 3 * fee, earned: 2 * fee },
    { spent: fee, earned: 0 },
  ]);
  expect(chain.ledger.fees).toEqual({ baseFee: 1, reserves: [{ namespace: 0, reserve: 3 }] });
  expect(chain.ledger.check(transaction({ feeCap: 3 * fee - 1 }), Height(2))).toBe(
    "FEE_CAP_TOO_LOW",
  );
});

test("whatever is funded is a balance or spent, and what is earned is part of what is spent", () => {
  const step = fc.record({
    fund: fc.nat({ max: 5_000_000 }),
    reserve: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
    sizes: fc.array(fc.integer({ min: 1, max: limits.transactionBodyBytesMax }), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const chain = new Chain();
      chain.open(chain.add({ l1: chain.l1.add(subscribed(0), subscribed(1)) }));
      let all = 0;
      for (const [i, { fund, reserve, sizes }] of steps.entries()) {
        const namespace = i % 2;
        all += fund;
        const price = reserve === undefined ? [] : [reserveSet(namespace, reserve)];
        const transactions = sizes.map((size, place) =>
          transaction(
            { namespace: Namespace(place % 2), nonce: 100 * i + place, feeCap: 1e12 },
            { body: "x".repeat(size) },
          ),
        );
        const l1 = chain.l1.add(funded(namespace, fund), ...price);
        chain.open(chain.add({ l1, transactions }));
        const balances = chain.ledger.namespaces().reduce((sum, { balance }) => sum + balance, 0);
        const totals = totalsOf(chain);
        const spent = totals.reduce((sum, each) => sum + each.spent, 0);
        expect(balances + spent).toBe(all);
        for (const each of totals) expect(each.earned).toBeLessThanOrEqual(each.spent);
      }
    }),
    { numRuns: 60 },
  );
});

test("the price goes on after a restart where it was", () => {
  const chain = new Chain();
  chain.open(chain.add({ l1: chain.l1.add(subscribed(0), funded(0, 1e12)) }));
  chain.open(chain.add({ transactions: crowdOf(8) }));
  chain.open(chain.add({ transactions: crowdOf(16).slice(8) }));
  const again = new Chain({ l1: chain.l1, snapshot: snapshotOf(chain) });
  expect(again.ledger.final.baseFee).toBe(chain.ledger.final.baseFee);
  expect(again.ledger.final.baseFee).toBe(3);
});
