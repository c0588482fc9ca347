import { expect, test } from "vitest";
import { concatBytes, toHex } from "../../base/index.ts";
import type { EmissionGate, MempoolEffect, Ordering } from "../../mempool/index.ts";
import {
  limits,
  receiptHash,
  type SealedTransaction,
  transactionId,
} from "../../protocol/index.ts";
import {
  chainId,
  Cluster,
  delta,
  genesisHash,
  idsOf,
  parameters,
  signaturesOf,
  transactionOf,
} from "./cluster.ts";

const hexOf = (transaction: SealedTransaction): string => toHex(transactionId(transaction));
const { laneFlush } = parameters;

function ordering(cluster: Cluster, index: number): Ordering {
  const result = cluster.propose(index)[index];
  if (typeof result !== "object") throw new Error(`no ordering: ${result}`);
  return result;
}

/** With f = 1 two validators decide when it was received: at a time of its own. */
function submitToTwo(cluster: Cluster, transaction: SealedTransaction): void {
  cluster.submit(0, transaction);
  cluster.submit(1, transaction);
  cluster.now++;
}

test("what one validator receives is ordered by all, and its lane says what the receipt promised", () => {
  const cluster = new Cluster();
  const transaction = transactionOf("a");
  const answer = cluster.submit(1, transaction);
  cluster.pass(3 * laneFlush);
  const { accepted, dropped } = cluster.block(2);
  expect(accepted).toEqual([{ id: transactionId(transaction), transaction }]);
  expect(dropped).toEqual([]);

  if (answer === undefined || !("receipt" in answer)) throw new Error("no receipt");
  const { receipt } = answer;
  expect(signaturesOf(0).verify(receipt.validator, receiptHash(receipt), receipt.signature)).toBe(
    true,
  );
  const entries = cluster.sent
    .filter(({ from }) => from === 1)
    .flatMap(({ message }) => (message.type === "lanes" ? message.lanes : []))
    .flatMap((lane) => lane.entries);
  expect(entries).toContainEqual({ id: receipt.id, stamp: receipt.stamp });
});

test("a lane names a transaction only once it is on disk, and says that it has none without waiting", () => {
  const cluster = new Cluster();
  cluster.submit(1, transactionOf("a"));
  const lanesAfter = (micros: number): MempoolEffect[] => {
    cluster.now += micros;
    return cluster
      .at(1)
      .step({ type: "tick", now: cluster.now })
      .filter(({ type }) => type === "persist" || type === "broadcast");
  };

  expect(lanesAfter(laneFlush)).toMatchObject([
    { type: "persist", sync: true },
    { message: { type: "transactions" } },
    { message: { type: "lanes" } },
  ]);
  expect(lanesAfter(parameters.laneHeartbeat)).toMatchObject([
    { type: "persist", sync: false },
    { message: { type: "lanes" } },
  ]);
});

test("transactions are ordered as they were received, and pushed by their first receiver only", () => {
  const cluster = new Cluster();
  const transactions = Array.from({ length: 8 }, (_, i) => transactionOf(i));
  for (const [i, transaction] of transactions.entries()) {
    cluster.submit(i % 4, transaction);
    cluster.pass(laneFlush);
  }
  cluster.pass(2 * laneFlush);
  expect(idsOf(cluster.block(0))).toEqual(transactions.map(hexOf));
  const pushes = cluster.sent.filter(({ message }) => message.type === "transactions");
  expect(pushes.length).toBe(3 * transactions.length);
});

test("a submission that comes again gets the same receipt, and once ordered is refused", () => {
  const cluster = new Cluster();
  const transaction = transactionOf("a");
  const first = cluster.submit(0, transaction);
  cluster.pass(3 * laneFlush);
  expect(cluster.submit(0, transaction)).toEqual(first);
  cluster.block(1);
  expect(cluster.submit(0, transaction)).toEqual({ code: "ALREADY_ORDERED" });
});

test.each([
  ["WRONG_CHAIN", { chainId: chainId + 1 }],
  ["TOO_LARGE", { bytes: limits.transactionBodyBytesMax + 1 }],
  ["EXPIRED", { expiry: 0 }],
  ["EXPIRES_TOO_LATE", { expiry: limits.expiryHorizon + 1 }],
  ["INVALID", { isForged: true }],
])("a submission is refused with %s", (code, changes) => {
  const cluster = new Cluster();
  expect(cluster.submit(0, transactionOf("a", changes))).toEqual({ code });
  cluster.pass(5 * laneFlush);
  expect(ordering(cluster, 0).accepted).toEqual([]);
});

test("a submission is refused with the ledger's own code", () => {
  const cluster = new Cluster();
  cluster.refusal = () => "UNPAYABLE";
  expect(cluster.submit(0, transactionOf("a"))).toEqual({ code: "UNPAYABLE" });
});

test("a copy with a forged signature does not speak for the true one", () => {
  const cluster = new Cluster();
  cluster.validate = () => undefined;
  cluster.submit(0, transactionOf("a", { isForged: true }));
  cluster.submit(0, transactionOf("a"));
  cluster.validate = ({ signature }) => signature[0] !== 0xff;
  const id = transactionId(transactionOf("a"));
  cluster.step(0, { type: "validated", now: cluster.now, id, isValid: false });
  expect(cluster.answers.get(0)).toEqual({ code: "INVALID" });
  expect(cluster.answers.get(1)).toHaveProperty("receipt");
});

test("a peer that pushes what is not valid is blamed, and what it pushed is not stamped", () => {
  const cluster = new Cluster();
  cluster.receive(0, 2, {
    type: "transactions",
    transactions: [transactionOf("a", { isForged: true })],
  });
  expect(cluster.faults).toContainEqual(
    expect.objectContaining({ by: 0, peer: 2, code: "INVALID_TRANSACTION" }),
  );
  expect(cluster.at(0).has(transactionId(transactionOf("a")))).toBe(false);
});

test("a peer that pushed what is not valid is listened to again only after a while", () => {
  const cluster = new Cluster();
  const push = (what: string, isForged = false): void =>
    cluster.receive(0, 2, {
      type: "transactions",
      transactions: [transactionOf(what, { isForged })],
    });
  const isHeld = (what: string): boolean => cluster.at(0).has(transactionId(transactionOf(what)));
  push("a", true);
  push("b");
  expect(isHeld("b")).toBe(false);
  cluster.pass(5_000_000);
  push("c");
  expect(isHeld("c")).toBe(true);
});

test("a peer that floods takes its own part of the workers and leaves the others theirs", () => {
  const cluster = new Cluster();
  cluster.validate = () => undefined;
  const flood = Array.from({ length: 2_000 }, (_, i) => transactionOf(`flood ${i}`));
  cluster.receive(0, 2, { type: "transactions", transactions: flood });
  expect(cluster.at(0).counters.validating).toBe(512);
  cluster.receive(0, 1, { type: "transactions", transactions: [transactionOf("a")] });
  cluster.submit(0, transactionOf("b"));
  expect(cluster.at(0).counters.validating).toBe(514);
});

test("while the workers are full, submissions are refused and peers' copies passed over", () => {
  const cluster = new Cluster();
  cluster.validate = () => undefined;
  let accepted = 0;
  for (let i = 0; i < 1000; i++) if (cluster.submit(0, transactionOf(i)) === undefined) accepted++;
  expect(cluster.answers.get(999)).toEqual({ code: "OVERLOADED" });
  expect(accepted).toBe(512);
  expect(cluster.at(0).counters.validating).toBe(512);
});

test("a lane that is full takes no more, and opens again when blocks have emitted", () => {
  const cluster = new Cluster();
  for (let i = 0; i < limits.laneUnemittedMax; i++) {
    cluster.submit(0, transactionOf(i));
    if (i === limits.blockTransactionsMax) cluster.pass(2 * laneFlush);
    // What comes after that nobody else hears of.
    if (i === limits.blockTransactionsMax)
      cluster.wire = ({ message }) => (message.type === "lanes" ? message : undefined);
  }
  expect(cluster.submit(0, transactionOf("more"))).toEqual({ code: "OVERLOADED" });
  cluster.pass(10 * laneFlush);
  expect(cluster.block(0).accepted.length).toBe(limits.blockTransactionsMax);
  expect(cluster.submit(0, transactionOf("more"))).toHaveProperty("receipt");
});

test("what a push has lost is asked of the lane's owner", () => {
  const cluster = new Cluster();
  cluster.wire = ({ to, message }) =>
    message.type === "transactions" && to === 3 ? undefined : message;
  const transaction = transactionOf("a");
  cluster.submit(0, transaction);
  cluster.pass(2 * laneFlush);
  cluster.wire = ({ message }) => message;
  expect(cluster.at(3).has(transactionId(transaction))).toBe(false);
  cluster.pass(delta);
  expect(cluster.at(3).has(transactionId(transaction))).toBe(true);
});

test("a block waits for lanes and transactions that are missing, and is ordered when they have come", () => {
  const cluster = new Cluster();
  cluster.wire = ({ to, message }) => (to === 3 ? undefined : message);
  const transaction = transactionOf("a");
  cluster.submit(0, transaction);
  cluster.pass(3 * laneFlush);
  expect(cluster.propose(0)[3]).toBe("missing");
  cluster.wire = ({ message }) => message;
  expect(idsOf(cluster.block(0))).toEqual([hexOf(transaction)]);
});

test("a block that lacks a transaction is not worked out again before it has come", () => {
  const cluster = new Cluster();
  const [first, second] = [transactionOf("a"), transactionOf("b")];
  cluster.submit(0, first);
  cluster.pass(2 * laneFlush);
  // Validator 3 learns of the second from the lanes alone.
  cluster.wire = ({ to, message }) =>
    message.type === "transactions" && to === 3 ? undefined : message;
  cluster.submit(0, second);
  cluster.pass(3 * laneFlush);
  let questions = 0;
  const gate: EmissionGate = { admit: () => void questions++ };
  const block = { parent: cluster.tip, cut: cluster.at(0).bestCut(cluster.tip), gate };
  expect(cluster.at(3).order(block)).toBe("missing");
  const asked = questions;
  expect(asked).toBeGreaterThan(0);
  expect(cluster.at(3).order(block)).toBe("missing");
  expect(questions).toBe(asked);
  cluster.wire = ({ message }) => message;
  expect(cluster.orderUntilDone(3, block).accepted).toHaveLength(2);
});

test("a validator that was away for many blocks orders them from what the others stored", () => {
  const cluster = new Cluster();
  const node = cluster.nodes[3];
  if (node === undefined) throw new Error("no node");
  node.isUp = false;
  const transactions = Array.from({ length: 12 }, (_, i) => transactionOf(i));
  for (const transaction of transactions) {
    cluster.submit(0, transaction);
    cluster.pass(5 * laneFlush);
    cluster.block(1);
  }
  cluster.restart(3);
  expect(cluster.at(3).snapshot()).toEqual(cluster.at(0).snapshot());
});

test("the gate is asked in order, what it drops is used up, and what does not fit stays in line", () => {
  const cluster = new Cluster();
  const count = limits.blockTransactionsMax + 10;
  const transactions = Array.from({ length: count }, (_, i) => transactionOf(i));
  for (const transaction of transactions) {
    submitToTwo(cluster, transaction);
  }
  cluster.pass(5 * laneFlush);
  const asked: string[] = [];
  const gate = {
    admit: (id: Uint8Array): "unpayable" | undefined => {
      if (!asked.includes(toHex(id))) asked.push(toHex(id));
      return toHex(id) === hexOf(transactionOf(3)) ? "unpayable" : undefined;
    },
  };
  const first = cluster.block(0, gate);
  expect(asked).toEqual(transactions.slice(0, limits.blockTransactionsMax + 1).map(hexOf));
  expect(first.accepted.length).toBe(limits.blockTransactionsMax);
  expect(first.dropped).toEqual([{ id: transactionId(transactionOf(3)), reason: "unpayable" }]);
  const second = cluster.block(1);
  expect(idsOf(second)).toEqual(transactions.slice(limits.blockTransactionsMax + 1).map(hexOf));
  expect(ordering(cluster, 2).accepted).toEqual([]);
});

test("nothing overtakes a transaction for which a block has no bytes left", () => {
  const cluster = new Cluster();
  const bytes = limits.transactionBodyBytesMax;
  const count = limits.blockBytesMax / bytes;
  const large = Array.from({ length: count }, (_, i) =>
    transactionOf(i, { bytes: i === 0 ? bytes - 1 : bytes }),
  );
  const last = transactionOf("last", { bytes });
  const small = transactionOf("small", { bytes: 1 });
  for (const transaction of [...large, last, small]) {
    submitToTwo(cluster, transaction);
  }
  cluster.pass(5 * laneFlush);
  expect(idsOf(cluster.block(0))).toEqual(large.map(hexOf));
  expect(idsOf(cluster.block(0))).toEqual([last, small].map(hexOf));
});

test("what blocks before the snapshot emitted waits for nothing after a restart, and is still at hand", () => {
  const cluster = new Cluster();
  const transaction = transactionOf("a");
  cluster.submit(1, transaction);
  cluster.pass(3 * laneFlush);
  cluster.block(2);
  const node = cluster.nodes[1];
  if (node === undefined) throw new Error("no such validator");

  node.incarnation++;
  node.start({ snapshot: concatBytes(...node.mempool.snapshot()), final: cluster.tip });
  cluster.pass(2 * parameters.laneHeartbeat);

  expect(node.mempool.counters).toMatchObject({ pooled: 0, unreported: 0 });
  expect(node.mempool.has(transactionId(transaction))).toBe(true);
});

test("there is work exactly while a fresh cut would emit something", () => {
  const cluster = new Cluster();
  cluster.pass(laneFlush);
  expect(cluster.at(1).hasWork(genesisHash)).toBe(false);
  cluster.submit(0, transactionOf("a"));
  expect(cluster.at(1).hasWork(genesisHash)).toBe(false);
  cluster.pass(3 * laneFlush);
  expect(cluster.at(1).hasWork(genesisHash)).toBe(true);
  cluster.block(0);
  expect(cluster.at(1).hasWork(cluster.tip)).toBe(false);
});

test("an idle committee only says now and then that it is there", () => {
  const cluster = new Cluster();
  cluster.pass(4 * parameters.laneHeartbeat);
  const ofZero = cluster.sent.filter(({ from, to }) => from === 0 && to === 1);
  expect(ofZero.length).toBeGreaterThanOrEqual(4);
  expect(ofZero.length).toBeLessThanOrEqual(5);
});

test("what nobody else stamps is forgotten, on disk too, and may be submitted again", () => {
  const cluster = new Cluster();
  const transaction = transactionOf("a", { expiry: 10_000 });
  cluster.wire = ({ message }) => (message.type === "lanes" ? message : undefined);
  cluster.submit(0, transaction);
  for (let i = 0; i < 36; i++) {
    cluster.pass(1_000_000);
    cluster.block(i % 4);
  }
  expect(cluster.at(0).has(transactionId(transaction))).toBe(false);
  expect(cluster.nodes[0]?.space("t").size).toBe(0);
  cluster.wire = ({ message }) => message;
  expect(cluster.submit(0, transaction)).toHaveProperty("receipt");
});
