import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import { decodeSnapshot, encodeSnapshot } from "../../ledger/snapshot.ts";
import { Chain, fundedChain, genesisOf, inbox, subscribed, transaction } from "./chain.ts";

/** A chain with something in every field. */
function busyChain(): Chain {
  const chain = fundedChain({ classOrder: true });
  chain.add({ l1: chain.l1.add(inbox(0, 0), subscribed(1)), transactions: [transaction()] });
  chain.add({ time: 7, transactions: [transaction({ nonce: 1 })], nextCommittee: sha256() });
  return chain;
}

test("nodes with one chain write one snapshot", () => {
  expect(busyChain().ledger.snapshot()).toEqual(busyChain().ledger.snapshot());
});

test("a snapshot says that it is of this network, or it is refused", () => {
  const snapshot = busyChain().ledger.snapshot();
  const genesis = genesisOf({ feePerByte: 2 });
  expect(new Chain({ snapshot }).ledger.snapshot()).toEqual(snapshot);
  expect(() => new Chain({ genesis, snapshot })).toThrow("another network");
});

test("whatever the file holds, reading it ends in a ledger or in its code", () => {
  const snapshot = busyChain().ledger.snapshot();
  const edits = fc.array(fc.tuple(fc.nat(snapshot.length - 1), fc.nat(255)), { minLength: 1 });
  fc.assert(
    fc.property(edits, fc.nat(snapshot.length), (mutations, length) => {
      const bytes = snapshot.slice(0, length % 3 === 0 ? length : snapshot.length);
      for (const [at, byte] of mutations) if (at < bytes.length) bytes[at] = byte;
      const value = decodeSnapshot(bytes);
      if (value !== undefined) expect(encodeSnapshot(value)).toEqual(bytes);
      try {
        expect(new Chain({ snapshot: bytes }).ledger.final.height).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toMatchObject({ code: "BAD_SNAPSHOT" });
        expect(error).toBeInstanceOf(CodedError);
      }
    }),
    { numRuns: 500 },
  );
});
