// How an epoch closes: the rules by themselves, and a chain of one validator's blocks that they are asked about.

import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import { Ledger } from "../../ledger/index.ts";
import { Mempool } from "../../mempool/index.ts";
import {
  blockHash,
  decodePayload,
  encodePayload,
  Epoch,
  type Header,
  Height,
  Micros,
  type Payload,
  ValidatorIndex,
  View,
  zeroHash,
} from "../../protocol/index.ts";
import { Chain, genesisTip } from "../../sequencer/chain.ts";
import { judgeClosing, mayClose } from "../../sequencer/closing.ts";
import { L1Log } from "../../sequencer/l1-log.ts";
import { genesisOf } from "../ledger/chain.ts";
import { committeeOf, parameters, signaturesOf, transactionOf } from "../mempool/cluster.ts";

const committee = sha256(utf8("next committee"));
const other = sha256(utf8("other committee"));
const epochTime = 10_000_000;

describe("an epoch", () => {
  const rule = {
    epochTime,
    hasSealingKey: true,
    epochStart: Micros(5),
    time: Micros(5 + epochTime),
  };

  test("may close once it has lasted so long, and not a moment before", () => {
    expect(mayClose(rule)).toBe(true);
    expect(mayClose({ ...rule, time: Micros(rule.time - 1) })).toBe(false);
  });

  test("of a committee without a key may close at once", () => {
    const keyless = { epochTime: 0, hasSealingKey: false, epochStart: Micros(0), time: Micros(0) };
    expect(mayClose(keyless)).toBe(true);
  });

  test("never closes when genesis says so, nor before it has begun", () => {
    expect(mayClose({ ...rule, epochTime: 0 })).toBe(false);
    expect(mayClose({ ...rule, epochStart: Micros(0) })).toBe(false);
  });

  test.each([
    ["that closes nothing", zeroHash, { mayClose: false, known: committee }, "valid"],
    [
      "that leaves the closing to the next",
      zeroHash,
      { mayClose: true, known: committee },
      "valid",
    ],
    ["with the right committee", committee, { mayClose: true, known: committee }, "valid"],
    ["with another committee", other, { mayClose: true, known: committee }, "invalid"],
    [
      "whose committee is not known yet",
      committee,
      { mayClose: true, known: "unknown" },
      "missing",
    ],
    [
      "where there is no committee to hand over to",
      committee,
      { mayClose: true, known: undefined },
      "invalid",
    ],
    ["that comes too early", committee, { mayClose: false, known: committee }, "invalid"],
    [
      "that comes too early for anybody",
      committee,
      { mayClose: false, known: "unknown" },
      "invalid",
    ],
  ] as const)("is judged by a block %s", (_, named, known, verdict) => {
    expect(judgeClosing(named, known)).toBe(verdict);
  });
});

/** A committee of one, whose lane alone makes the time, at the end of a chain of final blocks. */
class Node {
  readonly chain: Chain;
  readonly mempool: Mempool;
  known: Uint8Array | "unknown" = "unknown";
  isBehind = false;
  view = 0;
  now = 1_000_000;

  constructor() {
    const hash = sha256(utf8("genesis"));
    const genesis = { ...genesisOf(), committee: committeeOf(1), parameters };
    const { committee: seated } = genesis;
    const l1 = new L1Log(genesis.l1Start, []);
    const ledger = new Ledger({ l1 }, { genesis, genesisHash: hash, committee: seated });
    this.mempool = new Mempool(
      { admission: { check: () => undefined }, signatures: signaturesOf(0) },
      { ...genesis, chainId: 7, index: ValidatorIndex(0), incarnation: 1, genesisHash: hash },
      { final: hash, lanes: [], transactions: [] },
    );
    const snapshots = { newest: undefined, rootAt: () => undefined };
    const parts = { mempool: this.mempool, ledger, l1, snapshots, epochTime, hasSealingKey: true };
    const rest = {
      isOpeningBehind: () => this.isBehind,
      voiding: { wish: () => undefined, isAgreed: () => false, promise: () => undefined },
      leaderOf: () => ValidatorIndex(0),
      blockInterval: 0,
      nextCommittee: () => this.known,
    };
    this.chain = new Chain({ ...parts, ...rest }, genesisTip(genesis, hash));
  }

  /** So much later by its clock, and by its lane. */
  pass(time: number): void {
    this.now += time;
    this.mempool.step({ type: "tick", now: this.now });
  }

  /** What it would propose on this branch; undefined if it would not. */
  propose(branch: readonly Header[] = [], allowEmpty = true): Header | undefined {
    const parent = branch.at(-1);
    const parentView = View(parent?.view ?? this.view);
    const view = View(parentView + 1);
    const options = { view, parentView, allowEmpty, now: Micros(this.now) };
    const payload = this.chain.application.propose(branch, options);
    if (payload === undefined) return undefined;
    const { final } = this.chain;
    return {
      version: 1,
      epoch: Epoch(3),
      view,
      height: Height((parent ?? final).height + 1),
      parent: parent === undefined ? final.hash : blockHash(parent),
      parentView,
      payload,
    };
  }

  mustPropose(branch: readonly Header[] = []): Header {
    const header = this.propose(branch);
    if (header === undefined) throw new Error("an empty block is allowed");
    return header;
  }

  judge(header: Header, branch: readonly Header[] = []): string {
    return this.chain.application.evaluate(header, branch, Micros(this.now));
  }

  finalize(header: Header): void {
    this.chain.enqueue([header], undefined);
    expect(this.chain.advance()?.hash).toEqual(blockHash(header));
    this.view = header.view;
  }
}

function payloadOf(header: Header): Payload {
  const payload = decodePayload(header.payload);
  if (payload === undefined) throw new Error("it decodes");
  return payload;
}

function withPayload(header: Header, changes: Partial<Payload>): Header {
  return { ...header, payload: encodePayload({ ...payloadOf(header), ...changes }) };
}

/** At the moment from which on the epoch may close. */
function readyNode(): Node {
  const node = new Node();
  node.pass(0);
  node.finalize(node.mustPropose());
  node.pass(epochTime);
  return node;
}

describe("a chain", () => {
  test("is closed by the first leader that may and knows the committee", () => {
    const node = readyNode();
    expect(payloadOf(node.mustPropose()).nextCommittee).toEqual(zeroHash);
    node.known = committee;
    const header = node.mustPropose();
    expect(payloadOf(header).nextCommittee).toEqual(committee);
    expect(node.judge(header)).toBe("valid");
  });

  test("is closed by nobody while blocks wait so long to be opened that the epoch could not end", () => {
    const node = readyNode();
    node.known = committee;
    const header = node.mustPropose();
    node.isBehind = true;
    expect(node.judge(header)).toBe("stale");
    expect(payloadOf(node.mustPropose()).nextCommittee).toEqual(zeroHash);
  });

  test("is not closed before its time, whoever is known", () => {
    const early = new Node();
    early.known = committee;
    early.pass(0);
    early.finalize(early.mustPropose());
    early.pass(epochTime - 1);
    const header = early.mustPropose();
    expect(payloadOf(header).nextCommittee).toEqual(zeroHash);
    expect(early.judge(withPayload(header, { nextCommittee: committee }))).toBe("invalid");
  });

  test("waits for the committee that a block names, and refuses another", () => {
    const node = readyNode();
    const header = withPayload(node.mustPropose(), { nextCommittee: committee });
    expect(node.judge(header)).toBe("missing");
    node.known = other;
    expect(node.judge(header)).toBe("invalid");
    node.known = committee;
    expect(node.judge(header)).toBe("valid");
  });

  test("holds nothing but empty blocks above one that closes it", () => {
    const node = readyNode();
    node.known = committee;
    const closing = node.mustPropose();
    expect(node.judge(closing)).toBe("valid");
    submit(node, 1);
    node.pass(1_000_000);
    expect(node.chain.application.hasWork([])).toBe(true);
    expect(node.chain.application.hasWork([closing])).toBe(false);
    expect(node.propose([closing], false)).toBeUndefined();
    const child = node.mustPropose([closing]);
    const { cut, time, l1 } = payloadOf(closing);
    expect(payloadOf(child)).toMatchObject({ cut, time, l1, count: 0, nextCommittee: zeroHash });
    expect(node.judge(child, [closing])).toBe("valid");
    const grandchild = node.mustPropose([closing, child]);
    expect(payloadOf(grandchild)).toEqual(payloadOf(child));
    const further = node.mempool.bestCut(node.chain.final.hash);
    for (const changes of [
      { cut: further },
      { time: Micros(time + 1) },
      { nextCommittee: committee },
      { l1: { number: l1.number + 1, hash: other } },
      { snapshot: { height: Height(64), root: other } },
    ])
      expect(node.judge(withPayload(child, changes), [closing])).toBe("invalid");
  });

  test("ends with the final block that closes it", () => {
    const node = readyNode();
    node.known = committee;
    const closing = node.mustPropose();
    const child = node.mustPropose([closing]);
    node.finalize(closing);
    expect(node.chain.final.isClosed).toBe(true);
    expect(node.propose()).toBeUndefined();
    expect(node.judge(child)).toBe("missing");
    expect(node.chain.application.hasWork([])).toBe(false);
    node.chain.enqueue([child], undefined);
    expect(node.chain.advance()).toBeUndefined();
    expect(toHex(node.chain.final.hash)).toBe(toHex(blockHash(closing)));
  });
});

function submit(node: Node, name: number): void {
  const transaction = transactionOf(name);
  const event = { type: "submit", now: node.now, ticket: 1, transaction } as const;
  for (const effect of node.mempool.step(event))
    if (effect.type === "validate")
      node.mempool.step({ type: "validated", now: node.now, id: effect.id, isValid: true });
}
