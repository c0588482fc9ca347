import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import type { Cut, Lane, LaneTip, SealedTransaction } from "../../protocol/index.ts";
import {
  emptyTip,
  Epoch,
  laneFork,
  laneHash,
  limits,
  Micros,
  spaces,
  transactionId,
  ValidatorIndex,
} from "../../protocol/index.ts";
import {
  Cluster,
  delta,
  genesisHash,
  hashOf,
  idsOf,
  isSameCut,
  openGate,
  parameters,
  signaturesOf,
  transactionOf,
} from "./cluster.ts";

const { laneFlush, laneHeartbeat } = parameters;
const hexOf = (transaction: SealedTransaction): string => toHex(transactionId(transaction));

/** A lane message as its owner signs it. */
function laneOf(
  owner: number,
  changes: Partial<Omit<Lane, "owner" | "signature">> = {},
): Lane & { readonly tip: LaneTip } {
  const unsigned = {
    epoch: Epoch(3),
    owner: ValidatorIndex(owner),
    incarnation: 1,
    sequence: 1,
    previous: new Uint8Array(32),
    head: Micros(1_000_000),
    entries: [],
    ...changes,
  };
  const hash = laneHash(unsigned);
  const { incarnation, sequence } = unsigned;
  const signature = signaturesOf(owner).sign(hash);
  return { ...unsigned, signature, tip: { incarnation, sequence, hash } };
}

const cutOf = (tips: readonly (LaneTip | undefined)[]): Cut =>
  [0, 1, 2, 3].map((index) => tips[index] ?? emptyTip);

function order(cluster: Cluster, index: number, cut: Cut, parent = cluster.tip): string {
  const result = cluster.at(index).order({ parent, cut, gate: openGate });
  return typeof result === "object" ? "ordered" : result;
}

test("a cut goes forward along a lane, or from its start in a newer incarnation, and no other way", () => {
  const cluster = new Cluster();
  const first = laneOf(3);
  const second = laneOf(3, { sequence: 2, previous: first.tip.hash });
  const third = laneOf(3, { sequence: 3, previous: second.tip.hash });
  const newer = laneOf(3, { incarnation: 5 });
  const newest = laneOf(3, { incarnation: 5, sequence: 2, previous: newer.tip.hash });
  const unconnected = laneOf(3, { incarnation: 6, sequence: 2, previous: first.tip.hash });
  const lanes = [first, second, third, newer, newest, unconnected];
  cluster.receive(0, 3, { type: "lanes", lanes });
  const parent = hashOf(genesisHash, cutOf([undefined, undefined, undefined, second.tip]));
  const ordering = cluster.orderUntilDone(0, {
    parent: genesisHash,
    cut: cutOf([undefined, undefined, undefined, second.tip]),
  });
  cluster.at(0).extend(genesisHash, parent, ordering.next.cut, ordering);

  const to = (tip: LaneTip): string =>
    order(cluster, 0, cutOf([undefined, undefined, undefined, tip]), parent);
  expect(to(second.tip)).toBe("ordered");
  expect(to(third.tip)).toBe("ordered");
  expect(to(newer.tip)).toBe("ordered");
  expect(to(newest.tip)).toBe("ordered");
  expect(to(first.tip)).toBe("invalid");
  expect(to(emptyTip)).toBe("invalid");
  expect(to(unconnected.tip)).toBe("invalid");
  expect(to({ ...third.tip, sequence: 4 })).toBe("invalid");
  expect(to({ ...third.tip, sequence: 3 + 1024 })).toBe("invalid");
  expect(to({ ...third.tip, hash: newest.tip.hash })).toBe("invalid");
  expect(to({ ...third.tip, hash: new Uint8Array(32).fill(9) })).toBe("missing");
  expect(order(cluster, 0, [third.tip], parent)).toBe("invalid");
});

test("the furthest cut follows each lane to its end, and to its newest incarnation", () => {
  const cluster = new Cluster();
  const first = laneOf(3);
  const second = laneOf(3, { sequence: 2, previous: first.tip.hash });
  const later = laneOf(3, { incarnation: 2, sequence: 2, previous: first.tip.hash });
  cluster.receive(0, 3, { type: "lanes", lanes: [second, later] });
  expect(cluster.at(0).bestCut(genesisHash)[3]).toEqual(emptyTip);
  cluster.receive(0, 3, { type: "lanes", lanes: [first] });
  expect(cluster.at(0).bestCut(genesisHash)[3]).toEqual(second.tip);
  const newer = laneOf(3, { incarnation: 2 });
  cluster.receive(0, 3, { type: "lanes", lanes: [newer] });
  expect(cluster.at(0).bestCut(genesisHash)[3]).toEqual(newer.tip);
});

test("two messages for one place in a lane are evidence against its owner, told once", () => {
  const cluster = new Cluster();
  const one = laneOf(3);
  const other = laneOf(3, { head: Micros(1_000_001) });
  cluster.receive(0, 3, { type: "lanes", lanes: [one, other] });
  const evidence = laneFork(other, one);
  expect(cluster.faults).toMatchObject([{ by: 0, peer: 3, code: "LANE_FORK", evidence }]);
  expect(order(cluster, 0, cutOf([undefined, undefined, undefined, one.tip]))).toBe("ordered");
  expect(order(cluster, 0, cutOf([undefined, undefined, undefined, other.tip]))).toBe("ordered");
});

test("a forged message is no evidence of a fork, and goes", () => {
  const cluster = new Cluster();
  const one = laneOf(3);
  const forged = { ...laneOf(3, { head: Micros(1_000_001) }), signature: new Uint8Array(64) };
  cluster.receive(0, 3, { type: "lanes", lanes: [one, forged] });
  expect(cluster.faults).toMatchObject([{ by: 0, peer: 3, code: "BAD_LANE_SIGNATURE" }]);
  expect(cluster.at(0).counters.lanes).toBe(1);
});

test("an owner's own message is believed until a block relies on it; a bad one is then had from others", () => {
  const cluster = new Cluster();
  const good = laneOf(3);
  cluster.receive(0, 3, { type: "lanes", lanes: [{ ...good, signature: new Uint8Array(64) }] });
  cluster.receive(1, 3, { type: "lanes", lanes: [good] });
  expect(cluster.faults).toEqual([]);

  const cut = cutOf([undefined, undefined, undefined, good.tip]);
  expect(order(cluster, 0, cut)).toBe("missing");
  cluster.orderUntilDone(0, { parent: genesisHash, cut, leader: 1 });
  expect(cluster.faults).toContainEqual({
    by: 0,
    type: "fault",
    peer: 3,
    code: "BAD_LANE_SIGNATURE",
  });
});

test("a leader leaves out what its owner has not signed", () => {
  const cluster = new Cluster();
  const first = laneOf(3);
  const second = laneOf(3, { sequence: 2, previous: first.tip.hash });
  cluster.receive(0, 3, { type: "lanes", lanes: [first] });
  expect(cluster.at(0).bestCut(genesisHash)[3]).toEqual(first.tip);
  cluster.receive(0, 3, { type: "lanes", lanes: [{ ...second, signature: new Uint8Array(64) }] });
  expect(cluster.at(0).bestCut(genesisHash)[3]).toEqual(first.tip);
});

test("lanes that others pass on are taken only when asked for, and never unchecked", () => {
  const cluster = new Cluster();
  const lane = laneOf(3);
  cluster.receive(0, 2, { type: "lanes", lanes: [lane] });
  expect(cluster.at(0).counters.lanes).toBe(0);

  const cut = cutOf([undefined, undefined, undefined, lane.tip]);
  expect(order(cluster, 0, cut)).toBe("missing");
  cluster.receive(0, 2, { type: "lanes", lanes: [{ ...lane, signature: new Uint8Array(64) }] });
  expect(cluster.faults).toMatchObject([{ by: 0, peer: 2, code: "BAD_LANE_SIGNATURE" }]);
  cluster.receive(0, 2, { type: "lanes", lanes: [lane] });
  expect(order(cluster, 0, cut)).toBe("ordered");
});

test("what a signed message names needs no good signature of its own", () => {
  const cluster = new Cluster();
  const first = laneOf(3);
  const second = laneOf(3, { sequence: 2, previous: first.tip.hash });
  const spoiled = { ...first, signature: new Uint8Array(64) };
  // The owner gave the first message to nobody else, and with a bad signature; the leader's cut stands on both.
  cluster.receive(1, 3, { type: "lanes", lanes: [spoiled] });
  cluster.receive(1, 3, { type: "lanes", lanes: [second] });
  const cut = cluster.at(1).bestCut(genesisHash);
  expect(cut[3]).toEqual(second.tip);

  cluster.receive(0, 3, { type: "lanes", lanes: [second] });
  cluster.orderUntilDone(0, { parent: genesisHash, cut, leader: 1 });
  expect(order(cluster, 0, cut)).toBe("ordered");
  expect(cluster.faults).toEqual([]);
});

test.each([
  ["stamps that decrease", { entries: [5, 4] }],
  ["a stamp above the head", { entries: [1_000_001] }],
  ["a first message that names another", { previous: new Uint8Array(32).fill(1) }],
  ["no sequence", { sequence: 0 }],
  ["no incarnation", { incarnation: 0 }],
])("a lane message with %s is refused", (_, changes) => {
  const cluster = new Cluster();
  const entries = ("entries" in changes ? changes.entries : []).map((stamp) => ({
    id: new Uint8Array(32),
    stamp: Micros(stamp),
  }));
  cluster.receive(0, 3, { type: "lanes", lanes: [laneOf(3, { ...changes, entries })] });
  expect(cluster.faults).toMatchObject([{ by: 0, peer: 3, code: "MALFORMED_LANE" }]);
  expect(cluster.at(0).counters.lanes).toBe(0);
});

test("messages of another epoch, from far ahead, or of too many incarnations take no memory", () => {
  const cluster = new Cluster();
  const far = laneOf(3, { sequence: 3000, previous: new Uint8Array(32).fill(1) });
  cluster.receive(0, 3, { type: "lanes", lanes: [laneOf(3, { epoch: Epoch(4) }), far] });
  expect(cluster.at(0).counters.lanes).toBe(0);
  for (let incarnation = 1; incarnation < 20; incarnation++)
    cluster.receive(0, 3, { type: "lanes", lanes: [laneOf(3, { incarnation })] });
  expect(cluster.at(0).counters.lanes).toBe(4);
  expect(cluster.at(0).bestCut(genesisHash)[3]?.incarnation).toBe(19);
});

/** A lane of full messages. */
function fullLanes(count: number, incarnation = 1): (Lane & { readonly tip: LaneTip })[] {
  const entries = Array.from({ length: limits.laneEntriesMax }, (_, i) => ({
    id: new Uint8Array(32).fill(i & 0xff),
    stamp: Micros(1000),
  }));
  const lanes: (Lane & { readonly tip: LaneTip })[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    const previous = lanes.at(-1)?.tip.hash ?? new Uint8Array(32);
    lanes.push(laneOf(3, { incarnation, sequence, previous, entries }));
  }
  return lanes;
}

const messagesMax = limits.laneUnemittedMax / limits.laneEntriesMax;

test("a lane of full messages that no block reads is held only so far", () => {
  const cluster = new Cluster();
  cluster.receive(0, 3, { type: "lanes", lanes: fullLanes(100) });
  expect(cluster.at(0).counters.lanes).toBe(5 * messagesMax);
  expect(cluster.at(0).counters.wantedTransactions).toBeLessThanOrEqual(1024);
});

test("one block reads of a lane no more entries than the lane may hold", () => {
  const cluster = new Cluster();
  const lanes = fullLanes(messagesMax + 1);
  cluster.receive(0, 3, { type: "lanes", lanes });
  const tips = lanes.map(({ tip }) => cutOf([undefined, undefined, undefined, tip]));
  expect(cluster.at(0).bestCut(genesisHash)).toEqual(tips[messagesMax - 1]);
  expect(order(cluster, 0, tips[messagesMax - 1] ?? [])).toBe("ordered");
  expect(order(cluster, 0, tips[messagesMax] ?? [])).toBe("invalid");
});

test("what a block needs finds room however much of its lane is held", () => {
  const cluster = new Cluster();
  const demand = (lane: Lane & { readonly tip: LaneTip }): string =>
    order(cluster, 0, cutOf([undefined, undefined, undefined, lane.tip]));
  for (let incarnation = 1; incarnation <= 20; incarnation++) {
    const lanes = fullLanes(messagesMax, incarnation);
    const last = lanes.at(-1);
    if (last === undefined) throw new Error("a lane has messages");
    expect(demand(last)).toBe("missing");
    for (const lane of lanes.toReversed()) cluster.receive(0, 2, { type: "lanes", lanes: [lane] });
    expect(cluster.at(0).counters.lanes).toBeLessThanOrEqual(10 * messagesMax);
    expect(demand(last)).toBe("ordered");
  }
});

test("a lost message is asked for when the next one shows the gap", () => {
  const cluster = new Cluster();
  cluster.wire = ({ from, to, message }) => (from === 3 && to === 0 ? undefined : message);
  cluster.submit(3, transactionOf("a"));
  cluster.pass(2 * laneFlush);
  cluster.wire = ({ message }) => message;
  cluster.submit(3, transactionOf("b"));
  cluster.pass(2 * laneFlush);
  expect(cluster.at(0).bestCut(genesisHash)[3]).toEqual(emptyTip);
  cluster.pass(delta);
  expect(isSameCut(cluster.at(0).bestCut(genesisHash), cluster.at(3).bestCut(genesisHash))).toBe(
    true,
  );
});

/** Three validators go on, one restarts having stamped what no block has read. */
function restartWithUnread(forget?: (space: string, key: string, value: Uint8Array) => boolean): {
  readonly cluster: Cluster;
  readonly stamp: number;
  readonly old: Cut;
} {
  const cluster = new Cluster();
  cluster.pass(laneFlush);
  cluster.submit(3, transactionOf("before"));
  cluster.pass(3 * laneFlush);
  cluster.block(0);
  const answer = cluster.submit(3, transactionOf("unread"));
  if (answer === undefined || !("receipt" in answer)) throw new Error("no receipt");
  cluster.step(3, { type: "tick", now: (cluster.now += laneFlush) });
  const old = cluster.at(0).bestCut(cluster.tip);
  cluster.restart(3, forget);
  return { cluster, stamp: answer.receipt.stamp, old };
}

test("a restarted lane reports again what no block has read, with the stamps it promised", () => {
  const { cluster, stamp } = restartWithUnread();
  cluster.pass(2 * laneHeartbeat);
  const cut = cluster.at(0).bestCut(cluster.tip);
  expect(cut[3]).toMatchObject({ incarnation: 2 });
  const reported = cluster.sent
    .flatMap(({ from, message }) => (from === 3 && message.type === "lanes" ? message.lanes : []))
    .filter(({ incarnation }) => incarnation === 2)
    .flatMap(({ entries }) => entries);
  const id = transactionId(transactionOf("unread"));
  expect(reported.filter((entry) => toHex(entry.id) === toHex(id))).not.toEqual([]);
  for (const entry of reported) expect(entry).toEqual({ id, stamp });
  expect(idsOf(cluster.block(1))).toEqual([hexOf(transactionOf("unread"))]);
});

test("a lane goes on after a restart even if a block has read more of it than its owner's disk kept", () => {
  const { cluster, old } = restartWithUnread((space) => space === spaces.lane);
  const parent = cluster.tip;
  const hash = hashOf(parent, old);
  for (const index of [0, 1, 2, 3]) {
    const ordering = cluster.orderUntilDone(index, { parent, cut: old });
    cluster.at(index).extend(parent, hash, old, ordering);
    cluster.at(index).finalize(hash);
  }
  cluster.blocks.push({ hash, parent, cut: old });
  cluster.pass(2 * laneHeartbeat);
  cluster.submit(3, transactionOf("after"));
  cluster.pass(3 * laneFlush);
  expect(cluster.at(0).bestCut(hash)[3]).toMatchObject({ incarnation: 2 });
  const ordered = [...idsOf(cluster.block(0)), ...idsOf(cluster.block(1))];
  expect(ordered).toContain(hexOf(transactionOf("after")));
  expect(cluster.faults).toEqual([]);
});

test("what a crash took from an owner's disk it has back from its peers before it speaks", () => {
  const { cluster, stamp } = restartWithUnread((space) => space === spaces.lane);
  cluster.pass(2 * laneHeartbeat);
  const entries = cluster.sent
    .flatMap(({ from, message }) => (from === 3 && message.type === "lanes" ? message.lanes : []))
    .filter(({ incarnation }) => incarnation === 2)
    .flatMap((lane) => lane.entries);
  const id = transactionId(transactionOf("unread"));
  expect(entries.find((entry) => toHex(entry.id) === toHex(id))?.stamp).toBe(stamp);
});

test("a receipt outlives a kill before the lane was flushed", () => {
  const cluster = new Cluster();
  cluster.pass(laneFlush);
  const transaction = transactionOf("unflushed");
  const answer = cluster.submit(3, transaction);
  cluster.restart(3);
  expect(cluster.at(3).has(transactionId(transaction))).toBe(true);
  cluster.pass(laneHeartbeat + 3 * laneFlush);
  const stamps = cluster.sent
    .flatMap(({ from, message }) => (from === 3 && message.type === "lanes" ? message.lanes : []))
    .flatMap((lane) => lane.entries.map(({ stamp }) => stamp));
  expect([answer]).toMatchObject([{ receipt: { stamp: stamps[0] } }]);
  cluster.pass(delta);
  expect(idsOf(cluster.block(0))).toEqual([hexOf(transaction)]);
  cluster.pass(laneFlush);
  expect(cluster.nodes[3]?.space(spaces.stamp).size).toBe(0);
});

test("an owner that forgot a transaction does not stamp it again before it has it again", () => {
  const { cluster } = restartWithUnread(() => true);
  cluster.pass(laneHeartbeat + 2 * delta);
  expect(cluster.at(3).has(transactionId(transactionOf("unread")))).toBe(true);
  expect(idsOf(cluster.block(1))).toEqual([hexOf(transactionOf("unread"))]);
  expect(cluster.faults).toEqual([]);
});

test("a message of this incarnation that this validator did not write means that its key has a second user: it falls silent", () => {
  const cluster = new Cluster();
  cluster.receive(0, 2, { type: "lanes", lanes: [laneOf(0)] });
  expect(cluster.faults).toMatchObject([{ by: 0, peer: 0, code: "OWN_LANE_FORK" }]);
  cluster.pass(2 * laneHeartbeat);
  expect(
    cluster.sent.filter(({ from, message }) => from === 0 && message.type === "lanes"),
  ).toEqual([]);
});

test("one peer's questions are answered only so fast", () => {
  const cluster = new Cluster();
  const question = { type: "get-transactions", ids: [new Uint8Array(32)] } as const;
  cluster.submit(0, transactionOf("a"));
  const known = { ...question, ids: [transactionId(transactionOf("a"))] };
  for (let i = 0; i < 1000; i++) cluster.receive(0, 3, known);
  const answers = cluster.sent.filter(({ to }) => to === 3).length;
  expect(answers).toBe(128);
});
