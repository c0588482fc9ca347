// Which states a block may name: a chain of empty blocks over the real mempool and ledger, and the roots that a node knows.

import { expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
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
  limits,
  Micros,
  type SnapshotName,
  ValidatorIndex,
  View,
} from "../../protocol/index.ts";
import { Chain, genesisTip } from "../../sequencer/chain.ts";
import { L1Log } from "../../sequencer/l1-log.ts";
import { Voiding } from "../../sequencer/voiding.ts";
import { genesisOf } from "../ledger/chain.ts";
import { committeeOf, parameters, signaturesOf } from "../mempool/cluster.ts";

const { snapshotHeights } = limits;
const now = Micros(1);
const voidAfter = 10_000_000;
/** Of every view. */
const leader = ValidatorIndex(3);
const hash = sha256(utf8("genesis"));
const name = (height: number, label = "root"): SnapshotName => ({
  height: Height(height),
  root: sha256(utf8(`${label} ${height}`)),
});

/** A node that knows the roots which it is told of, at the end of a chain of final empty blocks. */
class Node {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly roots: SnapshotName[] = [];
  /** The height that it waits for, and since when. */
  stalled: { readonly height: Height; readonly since: Micros } | undefined;
  readonly voiding: Voiding;
  view = 0;

  constructor() {
    const stalled = (): Node["stalled"] => this.stalled;
    const delivery = {
      get stalled() {
        return stalled();
      },
    };
    this.voiding = new Voiding(delivery, voidAfter, undefined);
    const committee = committeeOf(4);
    const genesis = { ...genesisOf(), committee, parameters };
    const options = { genesis, genesisHash: hash, committee };
    const l1 = new L1Log(genesis.l1Start, []);
    const ledger = new Ledger({ l1 }, options);
    this.mempool = new Mempool(
      { admission: { check: () => undefined }, signatures: signaturesOf(0) },
      {
        ...genesis,
        index: ValidatorIndex(0),
        incarnation: 1,
        genesisHash: hash,
      },
      { final: hash, lanes: [], transactions: [] },
    );
    const roots = this.roots;
    const snapshots = {
      get newest() {
        return roots.at(-1);
      },
      rootAt: (height: Height) => roots.find((each) => each.height === height)?.root,
    };
    const parts = {
      mempool: this.mempool,
      ledger,
      l1,
      snapshots,
      isOpeningBehind: () => this.stalled !== undefined,
      voiding: this.voiding,
      leaderOf: () => leader,
      blockInterval: 0,
      epochTime: 0,
      hasSealingKey: true,
      nextCommittee: () => undefined,
    };
    this.chain = new Chain(parts, genesisTip(genesis, hash));
  }

  /** What this node would propose; `skipped` views lie between it and its parent. */
  propose(skipped = 0, at = now): Header {
    const parentView = View(this.view);
    const view = View(this.view + 1 + skipped);
    const options = { view, parentView, allowEmpty: true, now: at };
    const payload = this.chain.application.propose([], options);
    if (payload === undefined) throw new Error("an empty block is allowed");
    const { final } = this.chain;
    const height = Height(final.height + 1);
    return { version: 1, epoch: Epoch(1), view, height, parent: final.hash, parentView, payload };
  }

  /** An empty block that declares what it likes void. */
  declaring(voided: number, skipped = 0): Header {
    const header = this.propose(skipped);
    const payload = decodePayload(header.payload);
    if (payload === undefined) throw new Error("it decodes");
    return { ...header, payload: encodePayload({ ...payload, voided: Height(voided) }) };
  }

  /** The same block, naming what it likes. */
  naming(snapshot: SnapshotName, skipped = 0): Header {
    const header = this.propose(skipped);
    const payload = decodePayload(header.payload);
    if (payload === undefined) throw new Error("it decodes");
    return { ...header, payload: encodePayload({ ...payload, snapshot }) };
  }

  judge(header: Header, at = now): string {
    return this.chain.application.evaluate(header, [], at);
  }

  finalize(header: Header): void {
    this.chain.enqueue([header], undefined);
    expect(this.chain.advance()?.hash).toEqual(blockHash(header));
    this.view = header.view;
  }

  advanceTo(height: number): void {
    while (this.chain.final.height < height) this.finalize(this.propose());
  }
}

const voidedBy = (header: Header): Height | undefined => decodePayload(header.payload)?.voided;
const named = (header: Header): SnapshotName | undefined => decodePayload(header.payload)?.snapshot;

test("whoever proposed a block is asked first for the lanes that it names, before their owner", () => {
  const node = new Node();
  const header = node.propose();
  const payload = decodePayload(header.payload);
  if (payload === undefined) throw new Error("it decodes");
  const owner = 1;
  const tip = { incarnation: 1, sequence: 4, hash: sha256(utf8("shown to the leader alone")) };
  const cut = payload.cut.map((read, index) => (index === owner ? { ...read, ...tip } : read));
  const naming = { ...header, payload: encodePayload({ ...payload, cut }) };
  expect(node.judge(naming)).toBe("missing");
  const effects = node.mempool.step({ type: "tick", now });
  const asked = effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "get-lanes"
      ? [{ to: effect.to, owner: effect.message.owner }]
      : [],
  );
  expect(asked).toEqual([{ to: leader, owner }]);
});

test("a leader names the newest state that it knows, right after its parent's view, and once", () => {
  const node = new Node();
  node.advanceTo(snapshotHeights);
  expect(named(node.propose())).toBeUndefined();
  node.roots.push(name(snapshotHeights));
  expect(named(node.propose(1))).toBeUndefined();
  const header = node.propose();
  expect(named(header)).toEqual(name(snapshotHeights));
  node.finalize(header);
  expect(named(node.propose())).toBeUndefined();
});

test("a state that is not known yet is waited for, and another than one's own is refused", () => {
  const node = new Node();
  node.advanceTo(snapshotHeights);
  const header = node.naming(name(snapshotHeights));
  expect(node.judge(header)).toBe("missing");
  node.roots.push(name(snapshotHeights));
  expect(node.judge(header)).toBe("valid");
  expect(node.judge(node.naming(name(snapshotHeights, "other")))).toBe("invalid");
});

test("after a skipped view no state may be named, so that none can stop the chain", () => {
  const node = new Node();
  node.advanceTo(snapshotHeights);
  node.roots.push(name(snapshotHeights));
  expect(node.judge(node.naming(name(snapshotHeights), 1))).toBe("invalid");
  expect(node.judge(node.propose(1))).toBe("valid");
  // Nor by the same payload that was right a view before.
  const header = node.propose();
  expect(node.judge({ ...header, view: View(header.view + 1) })).toBe("invalid");
});

test("only the two newest heights may be named, no height twice, and none that has no state", () => {
  const node = new Node();
  node.advanceTo(2 * snapshotHeights);
  const [first, second] = [name(snapshotHeights), name(2 * snapshotHeights)];
  node.roots.push(first, second, name(2 * snapshotHeights - 1), name(3 * snapshotHeights));
  for (const good of [first, second]) expect(node.judge(node.naming(good))).toBe("valid");
  for (const bad of [2 * snapshotHeights - 1, 3 * snapshotHeights, 0])
    expect(node.judge(node.naming(name(bad)))).toBe("invalid");
  node.finalize(node.naming(second));
  for (const old of [first, second]) expect(node.judge(node.naming(old))).toBe("invalid");
  node.advanceTo(3 * snapshotHeights);
  expect(node.judge(node.naming(second))).toBe("invalid");
});

test("what is more than two heights of a state old cannot be named, though it never was", () => {
  const node = new Node();
  node.advanceTo(3 * snapshotHeights - 1);
  node.roots.push(name(snapshotHeights));
  expect(node.judge(node.naming(name(snapshotHeights)))).toBe("valid");
  node.finalize(node.propose(1));
  expect(node.judge(node.naming(name(snapshotHeights)))).toBe("invalid");
  expect(named(node.propose())).toBeUndefined();
});

test("a final block that names another state than this node's stops it", () => {
  const node = new Node();
  node.advanceTo(snapshotHeights);
  node.roots.push(name(snapshotHeights, "other"));
  node.chain.enqueue([node.naming(name(snapshotHeights))], undefined);
  expect(() => node.chain.advance()).toThrow("a final block follows");
});

test("however many branches came and went, the one that wins is still worked out", () => {
  const node = new Node();
  node.advanceTo(3);
  const winner = node.propose();
  expect(node.judge(winner)).toBe("valid");
  for (let skipped = 1; skipped <= 300; skipped++)
    expect(node.judge(node.propose(skipped))).toBe("valid");
  expect(node.chain.application.hasData(winner, [])).toBe(true);
  for (const { name: gauge, size, max } of node.chain.gauges)
    expect([gauge, size <= max]).toEqual([gauge, true]);
  node.finalize(winner);
});

test("a leader declares void what it has waited for long enough, right after its parent's view, and once", () => {
  const node = new Node();
  node.advanceTo(3);
  node.stalled = { height: Height(2), since: now };
  const due = Micros(now + voidAfter);
  expect(voidedBy(node.propose(0, Micros(due - 1)))).toBeUndefined();
  expect(voidedBy(node.propose(1, due))).toBeUndefined();
  const header = node.propose(0, due);
  expect(voidedBy(header)).toBe(2);
  const [view, parentView] = [View(header.view + 1), header.view];
  const next = { view, parentView, allowEmpty: true, now: due };
  const payload = node.chain.application.propose([header], next);
  expect(payload && decodePayload(payload)?.voided).toBeUndefined();
});

test("others agree from half of a leader's patience on, as long as they have not opened it either", () => {
  const node = new Node();
  node.advanceTo(3);
  const header = node.declaring(2);
  const half = Micros(now + voidAfter / 2);
  expect(node.judge(header, half)).toBe("stale");
  node.stalled = { height: Height(2), since: now };
  expect(node.judge(header, Micros(half - 1))).toBe("stale");
  expect(node.judge(node.declaring(1), half)).toBe("stale");
  expect(node.voiding.isHeld(Height(2))).toBe(false);
  expect(node.judge(header, half)).toBe("valid");
});

test("whoever agrees holds the height back until a block of that height is final, this one or another", () => {
  const node = new Node();
  node.advanceTo(3);
  node.stalled = { height: Height(2), since: now };
  expect(node.judge(node.declaring(2), Micros(now + voidAfter))).toBe("valid");
  expect(node.voiding.isHeld(Height(2))).toBe(true);
  expect(node.voiding.isHeld(Height(3))).toBe(false);
  node.voiding.onFinal(Height(3));
  expect(node.voiding.isHeld(Height(2))).toBe(true);
  node.voiding.onFinal(Height(4));
  expect(node.voiding.isHeld(Height(2))).toBe(false);
});

test("no block declares itself void, nor what stands above it, nor anything after a skipped view", () => {
  const node = new Node();
  node.advanceTo(3);
  for (const bad of [0, 4, 5]) expect(node.judge(node.declaring(bad))).toBe("invalid");
  expect(node.judge(node.declaring(3, 1))).toBe("invalid");
  expect(node.judge(node.declaring(3))).toBe("stale");
});

test("what a quorum has declared void is final whatever this node thinks of it", () => {
  const node = new Node();
  node.advanceTo(3);
  node.finalize(node.declaring(2));
  expect(node.chain.final.height).toBe(4);
});
