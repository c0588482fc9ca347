// What becomes of transactions where one epoch ends and the next begins, and of nodes that have no seat.

import { expect, test } from "vitest";
import { concatBytes, toHex } from "../../base/index.ts";
import { Epoch, limits, spaces, transactionId } from "../../protocol/index.ts";
import { Cluster, committeeOf, delta, parameters, transactionOf } from "./cluster.ts";

const nextEpoch = Epoch(committeeOf(4).epoch + 1);

/** All nodes start anew, with the state of the last block, in an epoch in which the first `seats` of them have seats. */
function beginEpoch(cluster: Cluster, seats: number): void {
  const snapshot = concatBytes(...cluster.at(0).snapshot());
  for (const node of cluster.nodes) {
    node.incarnation++;
    node.start({ snapshot, final: cluster.tip, epoch: { number: nextEpoch, seats } });
  }
}

const settle = 2 * parameters.laneHeartbeat + 4 * delta;

test("what no block of an epoch has emitted keeps its stamps and its place in the next", () => {
  const cluster = new Cluster(4);
  const early = transactionOf("early");
  const emitted = transactionOf("emitted");
  cluster.submit(0, emitted);
  cluster.pass(settle);
  cluster.block(0);
  const stamps = cluster.nodes.map((_, index) => cluster.submit(index, early));
  beginEpoch(cluster, 4);
  const late = transactionOf("late");
  cluster.submit(1, late);
  cluster.pass(settle);
  const { accepted } = cluster.block(1);
  expect(accepted.map(({ id }) => toHex(id))).toEqual(
    [early, late].map((each) => toHex(transactionId(each))),
  );
  const lanes = cluster.sent.flatMap(({ message }) =>
    message.type === "lanes" ? message.lanes : [],
  );
  const again = lanes.filter(({ epoch }) => epoch === nextEpoch).flatMap(({ entries }) => entries);
  const mine = again.filter(({ id }) => toHex(id) === toHex(transactionId(early)));
  const given = stamps.map((answer) =>
    answer !== undefined && "receipt" in answer ? answer.receipt.stamp : undefined,
  );
  expect(new Set(mine.map(({ stamp }) => stamp))).toEqual(new Set(given));
});

test("a block that has to be empty leaves what is due to the next", () => {
  const cluster = new Cluster(4);
  cluster.submit(0, transactionOf(1));
  cluster.pass(settle);
  const parent = cluster.tip;
  const mempool = cluster.at(0);
  expect(mempool.hasWork(parent)).toBe(true);
  const nothing = mempool.orderNothing(parent);
  if (nothing === "missing") throw new Error("the parent is known");
  expect(nothing).toMatchObject({ time: 0, accepted: [], dropped: [] });
  const hash = new Uint8Array(32).fill(5);
  mempool.extend(parent, hash, nothing.next.cut, nothing);
  mempool.finalize(hash);
  expect(mempool.hasWork(hash)).toBe(true);
  expect(mempool.orderNothing(parent)).toBe("missing");
});

test("a node without a seat stamps nothing and gives no receipt, and orders as the others do", () => {
  const cluster = new Cluster(5);
  beginEpoch(cluster, 4);
  expect(cluster.submit(4, transactionOf("refused"))).toEqual({ code: "NOT_A_VALIDATOR" });
  cluster.submit(0, transactionOf(1));
  cluster.pass(settle);
  const { accepted } = cluster.block(0);
  expect(accepted).toHaveLength(1);
  expect(cluster.sent.some(({ from, message }) => from === 4 && message.type === "lanes")).toBe(
    false,
  );
  expect(cluster.nodes[4]?.space(spaces.stamp).size).toBe(0);
});

test("who gave a receipt and lost its seat passes the transaction on", () => {
  const cluster = new Cluster(5);
  cluster.wire = ({ from, message }) => (from === 4 ? undefined : message);
  cluster.submit(4, transactionOf("only there"));
  beginEpoch(cluster, 4);
  cluster.wire = ({ message }) => message;
  cluster.pass(settle);
  expect(cluster.block(0).accepted).toHaveLength(1);
  cluster.pass(parameters.laneFlush);
  expect(cluster.nodes[4]?.space(spaces.stamp).size).toBe(0);
});

test("it passes it on to whom it reaches later as well", () => {
  const cluster = new Cluster(5);
  cluster.wire = ({ from, message }) => (from === 4 ? undefined : message);
  cluster.submit(4, transactionOf("only there"));
  beginEpoch(cluster, 4);
  cluster.pass(settle);
  cluster.wire = ({ message }) => message;
  for (const peer of [0, 1]) cluster.connect(4, peer);
  cluster.pass(settle);
  expect(cluster.block(0).accepted).toHaveLength(1);
});

test("a node without a seat is served, and no more than a member", () => {
  const cluster = new Cluster(5);
  beginEpoch(cluster, 4);
  const ask = { type: "get-transactions", ids: [new Uint8Array(32)] } as const;
  const answersTo = (peer: number): number => {
    cluster.submit(0, transactionOf(peer));
    const ids = [transactionId(transactionOf(peer))];
    const before = cluster.sent.length;
    for (let i = 0; i < 1_000; i++) cluster.receive(0, peer, { ...ask, ids });
    return cluster.sent.slice(before).filter(({ to }) => to === peer).length;
  };
  expect(answersTo(4)).toBe(answersTo(1));
  expect(answersTo(4 + limits.observersMax)).toBe(0);
});
