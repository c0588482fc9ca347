import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError, concatBytes } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import {
  decodeOrderingSnapshot,
  decodeTotals,
  encodeOrderingSnapshot,
  encodeTotals,
} from "../../ledger/snapshot.ts";
import {
  Chain,
  fee,
  funded,
  fundedChain,
  genesisOf,
  inbox,
  left,
  reserveSet,
  snapshotOf,
  subscribed,
  transaction,
} from "./chain.ts";

/** A chain with something in every field, all of it opened. */
function busyChain(): Chain {
  const chain = new Chain();
  const l1 = chain.l1.add(subscribed(0, { classOrder: true }), funded(0, 100 * fee));
  chain.open(chain.add({ l1 }));
  const next = chain.l1.add(inbox(0, 0), subscribed(1), reserveSet(1, 3), left(1));
  chain.open(chain.add({ l1: next, transactions: [transaction()] }));
  const last = { time: 7, nextCommittee: sha256(), transactions: [transaction({ nonce: 1 })] };
  chain.open(chain.add(last));
  return chain;
}

test("nodes with one chain write one snapshot", () => {
  expect(snapshotOf(busyChain())).toEqual(snapshotOf(busyChain()));
});

test("a snapshot says that it is of this network, or it is refused", () => {
  const snapshot = snapshotOf(busyChain());
  const genesis = genesisOf({ feePerByte: 2 });
  expect(snapshotOf(new Chain({ snapshot }))).toEqual(snapshot);
  expect(() => new Chain({ genesis, snapshot })).toThrow("another network");
});

test("the totals of another height than the order's are refused", () => {
  const chain = busyChain();
  chain.add({ time: 8 });
  expect(() => new Chain({ snapshot: snapshotOf(chain) })).toThrow("cannot be read");
});

test("what comes later does not change a snapshot that was taken", () => {
  const chain = fundedChain();
  const pieces = chain.ledger.orderingSnapshot();
  const before = concatBytes(...pieces);
  for (let nonce = 0; nonce < 20; nonce++) chain.add({ transactions: [transaction({ nonce })] });
  expect(concatBytes(...pieces)).toEqual(before);
});

test("whatever the file holds, reading it ends in a ledger or in its code", () => {
  const { ordering, totals } = snapshotOf(busyChain());
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 });
  fc.assert(
    fc.property(edits, fc.nat(ordering.length), fc.boolean(), (mutations, length, ofTotals) => {
      const whole = ofTotals ? totals : ordering;
      const bytes = whole.slice(0, length % 3 === 0 ? length : whole.length);
      for (const [at, byte] of mutations) bytes[at % whole.length] = byte;
      const order = decodeOrderingSnapshot(bytes);
      const counted = decodeTotals(bytes);
      if (order !== undefined) expect(concatBytes(...encodeOrderingSnapshot(order))).toEqual(bytes);
      if (counted !== undefined) expect(encodeTotals(counted)).toEqual(bytes);
      const snapshot = ofTotals ? { ordering, totals: bytes } : { ordering: bytes, totals };
      try {
        expect(new Chain({ snapshot }).ledger.final.height).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toMatchObject({ code: "BAD_SNAPSHOT" });
        expect(error).toBeInstanceOf(CodedError);
      }
    }),
    { numRuns: 500 },
  );
});
