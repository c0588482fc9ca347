import { expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
import { Epoch, type L1Event, limits } from "../../protocol/index.ts";
import { bytes, Chain, funded, inbox, openPolicy, subscribed } from "./chain.ts";

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
