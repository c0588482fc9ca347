import { expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
import { Epoch, type L1Event, limits, Namespace } from "../../protocol/index.ts";
import {
  bytes,
  Chain,
  fee,
  funded,
  inbox,
  left,
  openPolicy,
  policySet,
  reserveSet,
  subscribed,
  transaction,
} from "./chain.ts";

/** The namespaces after one block that has read these events. */
function namespacesAfter(...events: L1Event[]): ReturnType<Chain["ledger"]["namespaces"]> {
  const chain = new Chain();
  chain.add({ l1: chain.l1.add(...events) });
  return chain.ledger.namespaces();
}

test("a subscribed rollup has its policy, and as much as was paid in for it", () => {
  const paid = [funded(3, 5), funded(3, 6)];
  expect(namespacesAfter(subscribed(3, { classOrder: true }), ...paid)).toEqual([
    {
      namespace: 3,
      settlement: bytes(20, 3),
      policy: { ...openPolicy, classOrder: true },
      reserve: 0,
      hasLeft: false,
      balance: 11,
      inboxRead: 0,
    },
  ]);
});

test("a rollup subscribes once, and before anything else is heard of it", () => {
  const events = [funded(0, 5), inbox(0, 0), subscribed(0), subscribed(0, { classOrder: true })];
  expect(namespacesAfter(...events)).toMatchObject([
    { policy: openPolicy, balance: 0, inboxRead: 0 },
  ]);
});

test("a rollup's owner changes its terms, and nobody hears of terms before the rollup", () => {
  const terms = [policySet(0, { sealingRequired: true }), reserveSet(0, 7)];
  expect(namespacesAfter(...terms, left(0), subscribed(0))).toMatchObject([
    { policy: openPolicy, reserve: 0, hasLeft: false },
  ]);
  expect(namespacesAfter(subscribed(0), subscribed(1), ...terms)).toMatchObject([
    { policy: { ...openPolicy, sealingRequired: true }, reserve: 7 },
    { policy: openPolicy, reserve: 0 },
  ]);
});

test("of a rollup that has left nothing more is ordered, and its inbox is read to the end", () => {
  const chain = new Chain();
  const events = [subscribed(0), subscribed(1), funded(0, 9 * fee), funded(1, 9 * fee)];
  const first = chain.add({
    l1: chain.l1.add(...events),
    transactions: [transaction({ nonce: 1 })],
  });
  const second = chain.add({
    l1: chain.l1.add(left(0), inbox(0, 0)),
    transactions: [transaction({ nonce: 2 }), transaction({ namespace: Namespace(1) })],
  });
  expect(first.drops).toEqual([undefined]);
  expect(second.drops).toEqual(["unknown-namespace", undefined]);
  expect(chain.ledger.check(transaction({ nonce: 3 }), second.height)).toBe("NAMESPACE_LEFT");
  expect(chain.ledger.namespaces()).toMatchObject([
    { hasLeft: true, balance: 8 * fee, inboxRead: 1 },
    { hasLeft: false, balance: 8 * fee },
  ]);
});

test("as many rollups are kept as there is room for", () => {
  const ids = [limits.namespacesMax - 1, limits.namespacesMax];
  expect(namespacesAfter(...ids.map((id) => subscribed(id))).map((each) => each.namespace)).toEqual(
    [limits.namespacesMax - 1],
  );
});

test("who may sit in the next committee changes nothing for rollups", () => {
  const prepared: L1Event = { type: "prepared", epoch: Epoch(1), candidates: [] };
  expect(namespacesAfter(prepared, subscribed(0), prepared, funded(0, 5))).toMatchObject([
    { namespace: 0, balance: 5 },
  ]);
});

test("a balance that would leave the safe integers stays at the largest", () => {
  const most = Number.MAX_SAFE_INTEGER;
  const [state] = namespacesAfter(subscribed(0), funded(0, most - 1), funded(0, most));
  expect(state?.balance).toBe(most);
});

test("an inbox is read without gaps, repetitions or messages that Settlement takes from nobody", () => {
  const tooLong = inbox(0, 2, "x".repeat(limits.inboxMessageBytesMax + 1));
  const chain = new Chain();
  const l1 = chain.l1.add(
    subscribed(0),
    ...[0, 0, 2, 1].map((index) => inbox(0, index)),
    tooLong,
    inbox(0, 2, "x".repeat(limits.inboxMessageBytesMax)),
  );
  const { inbox: read } = chain.open(chain.add({ l1 })).batches[0] ?? {};
  expect(read?.map(({ index, data }) => [index, data.length])).toEqual([
    [0, utf8("message 0").length],
    [1, utf8("message 1").length],
    [2, limits.inboxMessageBytesMax],
  ]);
});

test("one block takes in as many messages of a namespace as a page delivers, and no more", () => {
  const chain = new Chain();
  chain.add({ l1: chain.l1.add(subscribed(0), inbox(0, 0)) });
  const messages = Array.from({ length: limits.inboxPerBlockMax + 1 }, (_, i) =>
    inbox(0, i + 1, ""),
  );
  const { leaves } = chain.add({ l1: chain.l1.add(...messages) });
  expect(leaves.map((leaf) => leaf.inbox)).toEqual([limits.inboxPerBlockMax]);
  expect(chain.ledger.namespaces()[0]?.inboxRead).toBe(limits.inboxPerBlockMax + 1);
});

test("rollups stand apart: one's messages and funds are not another's", () => {
  const states = namespacesAfter(subscribed(0), subscribed(1), inbox(1, 0), funded(0, 3));
  expect(
    states.map(({ namespace, balance, inboxRead }) => [namespace, balance, inboxRead]),
  ).toEqual([
    [0, 3, 0],
    [1, 0, 1],
  ]);
});
