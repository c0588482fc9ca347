// One node that is far behind, and peers that answer it honestly, not at all, or with lies.

import { expect, test } from "vitest";
import { equalBytes, toHex, type Write } from "../../base/index.ts";
import {
  decodePlan,
  type FetchedChunks,
  StateSync,
  type StateSyncEffect,
  stateSyncKey,
} from "../../consensus/index.ts";
import {
  blockHash,
  encodePayload,
  Epoch,
  type Header,
  Height,
  limits,
  type Message,
  Micros,
  proveSnapshotPart,
  type QC,
  snapshotChunkHash,
  snapshotChunkKey,
  snapshotRoot,
  spaces,
  ValidatorIndex,
  View,
  zeroHash,
} from "../../protocol/index.ts";
import { certify, headerOn, startTime } from "./support.ts";

const behindMax = 100;
const viewTimeout = 100_000;
const tick = 20_000;
const bytes = Math.floor(5.5 * limits.snapshotChunkBytes);
const top = 600;
const named = Height(576);

/** The chunks of the state after a height. */
function chunksOf(height: number): Uint8Array[] {
  const sizes = [1, 1, 1, 1, 1, 0.5].map((part) => part * limits.snapshotChunkBytes);
  return sizes.map((size, i) => new Uint8Array(size).fill((height + i) % 251));
}

function nameOf(height: number): { height: Height; root: Uint8Array } {
  const root = snapshotRoot(bytes, chunksOf(height).map(snapshotChunkHash));
  return { height: Height(height), root };
}

/** A chain whose block three above every multiple of 64 names the state there. */
const chain: readonly Header[] = (() => {
  const headers: Header[] = [];
  for (let height = 1; height <= top; height++) {
    const snapshot = height >= 67 && height % 64 === 3 ? nameOf(height - 3) : undefined;
    const payload = encodePayload({
      cut: [],
      time: startTime,
      count: 0,
      ordered: zeroHash,
      l1: { number: 1, hash: zeroHash },
      nextCommittee: zeroHash,
      snapshot,
      voided: undefined,
    });
    headers.push({ ...headerOn(headers.at(-1), height), payload });
  }
  return headers;
})();
const byHash = new Map(chain.map((header) => [toHex(blockHash(header)), header]));

function certifiedAt(height: number): QC {
  const header = chain[height - 1];
  if (header === undefined) throw new Error("the chain is that long");
  return certify("commit", header);
}

/** As if an epoch had ended on the way there: certificates count views from its beginning. */
function laterAt(height: number): QC {
  const qc = certifiedAt(height);
  return { ...qc, epoch: Epoch(qc.epoch + 1), view: View(3) };
}

/** What a peer answers to a message; undefined for nothing. */
type Peer = (message: Message) => Message | undefined;

const honest: Peer = (message) => {
  if (message.type === "get-blocks") {
    const headers: Header[] = [];
    let next = byHash.get(toHex(message.hash));
    while (next !== undefined && headers.length < message.count) {
      headers.push(next);
      next = byHash.get(toHex(next.parent));
    }
    return { type: "blocks", headers, certificate: undefined };
  }
  if (message.type !== "get-snapshot") return undefined;
  const { height, index } = message;
  const chunks = chunksOf(height);
  const chunk = chunks[index];
  if (chunk === undefined) return undefined;
  const part = proveSnapshotPart({ bytes, hashes: chunks.map(snapshotChunkHash) }, index, chunk);
  return { type: "snapshot-chunk", height, part };
};

const mute: Peer = () => undefined;

/** Knows the headers, and has no snapshot any more. */
const pruned: Peer = (message) => (message.type === "get-blocks" ? honest(message) : undefined);

/** Chunks of another state, which prove themselves to another root. */
const stale: Peer = (message) => {
  if (message.type !== "get-snapshot") return honest(message);
  const other = honest({ ...message, height: Height(message.height - 64) });
  return other?.type === "snapshot-chunk" ? { ...other, height: message.height } : other;
};

/** The right chunk with a byte of it changed. */
const corrupting: Peer = (message) => {
  const answer = honest(message);
  if (answer?.type !== "snapshot-chunk") return answer;
  const chunk = answer.part.chunk.map((byte, i) => (i === 9 ? byte ^ 1 : byte));
  return { ...answer, part: { ...answer.part, chunk } };
};

/** Headers of its own making. */
const inventing: Peer = (message) =>
  message.type === "get-blocks"
    ? {
        type: "blocks",
        headers: [headerOn(undefined, 1), headerOn(undefined, 2)],
        certificate: undefined,
      }
    : honest(message);

/** The node at place 0, with its disk; everything else about it is away. */
class Node {
  readonly disk = new Map<string, Uint8Array>();
  readonly asked: { readonly to: number; readonly message: Message }[] = [];
  readonly faults: string[] = [];
  peers: Peer[];
  done: Extract<StateSyncEffect, { type: "state-fetched" }> | undefined;
  now = startTime;
  behindMax = behindMax;
  final = { height: Height(0), view: View(0) };
  commit: QC | undefined = certifiedAt(top);
  later: { readonly commit: QC; readonly peers: readonly ValidatorIndex[] } | undefined;
  sync: StateSync;

  constructor(...peers: Peer[]) {
    this.peers = peers;
    this.sync = this.start(undefined);
  }

  start(fetched: FetchedChunks | undefined): StateSync {
    const { behindMax: most } = this;
    const options = { self: ValidatorIndex(0), seats: 4, viewTimeout, behindMax: most };
    this.sync = new StateSync(options, fetched, this.now);
    return this.sync;
  }

  /** What a restart finds on disk. */
  fetched(): FetchedChunks | undefined {
    const value = this.disk.get(spaces.meta + toHex(stateSyncKey));
    const plan = value === undefined ? undefined : decodePlan(value);
    if (plan === undefined) return undefined;
    const hashes = new Map<number, Uint8Array>();
    for (let index = 0; index < 6; index++) {
      const chunk = this.chunk(plan.name.height, index);
      if (chunk !== undefined) hashes.set(index, snapshotChunkHash(chunk));
    }
    return { ...plan, hashes };
  }

  chunk(height: number, index: number): Uint8Array | undefined {
    return this.disk.get(spaces.snapshotChunk + toHex(snapshotChunkKey(Height(height), index)));
  }

  run(milliseconds: number, until: () => boolean = () => false): void {
    for (const end = this.now + milliseconds * 1_000; this.now < end && !until();) {
      this.now = Micros(this.now + tick);
      const { now, commit, final, later } = this;
      const ahead = later === undefined ? {} : { later };
      const effects = this.sync.step({ type: "tick", now, commit, final, ...ahead });
      while (effects.length > 0) effects.push(...this.#act(effects.splice(0)));
    }
  }

  #act(effects: readonly StateSyncEffect[]): StateSyncEffect[] {
    const next: StateSyncEffect[] = [];
    for (const effect of effects) {
      if (effect.type === "persist") for (const write of effect.writes) this.#write(write);
      if (effect.type === "fault") this.faults.push(`${effect.peer} ${effect.code}`);
      if (effect.type === "state-fetched") this.done = effect;
      if (effect.type !== "send") continue;
      this.asked.push({ to: effect.to, message: effect.message });
      const message = this.peers[effect.to - 1]?.(effect.message);
      if (message?.type !== "blocks" && message?.type !== "snapshot-chunk") continue;
      next.push(...this.sync.step({ type: "message", now: this.now, from: effect.to, message }));
    }
    return next;
  }

  #write({ space, key, value }: Write): void {
    if (value === undefined) this.disk.delete(space + toHex(key));
    else this.disk.set(space + toHex(key), value);
  }
}

function expectWhole(node: Node, height: number = named): void {
  expect(node.done?.destination.name).toEqual(nameOf(height));
  expect(node.done?.destination.headers.at(-1)?.height).toBe(height);
  expect(node.done?.bytes).toBe(bytes);
  expect(node.done?.hashes).toEqual(chunksOf(height).map(snapshotChunkHash));
  for (const [index, chunk] of chunksOf(height).entries())
    expect(node.chunk(height, index)).toEqual(chunk);
}

test("a node that has nothing gets the newest state that is named, and the way to a certificate", () => {
  const node = new Node(honest, honest, honest);
  node.run(2_000);
  expectWhole(node);
  const headers = node.done?.destination.headers ?? [];
  expect(headers.map(({ height }) => height)).toEqual(
    Array.from({ length: top - named + 1 }, (_, i) => top - i),
  );
  expect(node.faults).toEqual([]);
  expect(node.disk.has(spaces.meta + toHex(stateSyncKey))).toBe(false);
});

test("a node that is not far behind asks for nothing, and one that turns out not to be asks once", () => {
  const near = new Node(honest, honest, honest);
  near.final = { height: Height(top - behindMax), view: View(top - behindMax) };
  near.run(1_000);
  expect(near.asked).toEqual([]);
  const skipping = new Node(honest, honest, honest);
  // So many views, and most of them were skipped.
  skipping.final = { height: Height(top - behindMax), view: View(1) };
  skipping.run(1_000);
  expect(skipping.asked).toHaveLength(1);
  expect(skipping.done).toBeUndefined();
});

test("without a certificate nothing is believed, and nothing asked", () => {
  const node = new Node(honest, honest, honest);
  node.commit = undefined;
  node.run(1_000);
  expect(node.asked).toEqual([]);
});

test.each([
  ["mute", mute],
  ["pruned", pruned],
  ["stale", stale],
  ["corrupting", corrupting],
  ["inventing", inventing],
])("two of three peers that are %s cost time alone", (name, peer) => {
  const node = new Node(peer, honest, peer);
  node.run(20_000, () => node.done !== undefined);
  expectWhole(node);
  const lies = ["stale", "corrupting"].includes(name);
  expect([...new Set(node.faults)].sort()).toEqual(
    lies ? ["1 BAD_SNAPSHOT_CHUNK", "3 BAD_SNAPSHOT_CHUNK"] : [],
  );
});

test("a liar is named once, and not asked again while there are others", () => {
  const node = new Node(corrupting, honest, honest);
  node.run(20_000, () => node.done !== undefined);
  expect(node.faults.length).toBeLessThanOrEqual(limits.chunksInFlightMax);
  const first = node.asked.findIndex(({ to }) => to === 1);
  expect(first).toBeGreaterThanOrEqual(0);
  const chunks = node.asked.filter(
    ({ to, message }) => to === 1 && message.type === "get-snapshot",
  );
  expect(chunks.length).toBeLessThanOrEqual(limits.chunksInFlightMax);
});

test("a certificate of a later epoch is followed whatever its view, and those who know of that epoch are asked", () => {
  const node = new Node(mute, mute, honest);
  node.final = { height: Height(5), view: View(5_000) };
  node.commit = undefined;
  node.later = { commit: laterAt(top), peers: [ValidatorIndex(3)] };
  node.run(2_000);
  expectWhole(node);
  expect(new Set(node.asked.map(({ to }) => to))).toEqual(new Set([3]));
});

test("a certificate of a later epoch that is not far ahead after all is asked about once", () => {
  const node = new Node(honest, honest, honest);
  node.final = { height: Height(top - behindMax), view: View(5_000) };
  node.commit = undefined;
  node.later = { commit: laterAt(top), peers: [ValidatorIndex(3)] };
  node.run(1_000);
  expect(node.asked).toHaveLength(1);
  expect(node.done).toBeUndefined();
});

test("a way down in an epoch whose blocks nobody has any more is left for one in a later epoch", () => {
  const own = certifiedAt(300);
  const forgetful: Peer = (message) =>
    message.type === "get-blocks" && equalBytes(message.hash, own.hash)
      ? undefined
      : honest(message);
  const node = new Node(forgetful, forgetful, forgetful);
  node.commit = own;
  node.run(2_000);
  expect(node.done).toBeUndefined();
  node.later = { commit: laterAt(top), peers: [ValidatorIndex(2), ValidatorIndex(3)] };
  node.run(2_000);
  expectWhole(node);
});

test("whoever is heard in a later epoch is asked from then on", () => {
  const node = new Node(mute, honest, honest);
  node.commit = undefined;
  node.later = { commit: laterAt(top), peers: [ValidatorIndex(1)] };
  node.run(1_000);
  expect(new Set(node.asked.map(({ to }) => to))).toEqual(new Set([1]));
  node.later = { ...node.later, peers: [ValidatorIndex(1), ValidatorIndex(3)] };
  node.run(2_000);
  expectWhole(node);
});

test("an old certificate whose blocks nobody has any more is left for a newer one of its epoch", () => {
  const old = { ...laterAt(300), view: View(2) };
  const forgetful: Peer = (message) =>
    message.type === "get-blocks" && equalBytes(message.hash, old.hash)
      ? undefined
      : honest(message);
  const node = new Node(forgetful, forgetful, forgetful);
  const peers = [ValidatorIndex(1), ValidatorIndex(2)];
  node.commit = undefined;
  node.later = { commit: old, peers };
  node.run(2_000);
  expect(node.done).toBeUndefined();
  node.later = { commit: laterAt(top), peers };
  node.run(2_000);
  expectWhole(node);
});

test("only so many chunks are asked for at a time", () => {
  const node = new Node(pruned, pruned, pruned);
  node.run(300);
  const indices = node.asked.flatMap(({ message }) =>
    message.type === "get-snapshot" ? [message.index] : [],
  );
  // One alone tells how many there are.
  expect(new Set(indices)).toEqual(new Set([0]));
  let answers = 2;
  const slow: Peer = (message) =>
    message.type === "get-snapshot" && --answers < 0 ? undefined : honest(message);
  const other = new Node(slow, slow, slow);
  other.run(150);
  const open = other.asked.filter(({ message }) => message.type === "get-snapshot").length - 2;
  expect(open).toBeLessThanOrEqual(limits.chunksInFlightMax);
  for (const { size, max } of other.sync.gauges) expect(size).toBeLessThanOrEqual(max);
});

test("what was fetched before a crash is not fetched again", () => {
  let left = 4;
  const dying: Peer = (message) =>
    message.type === "get-snapshot" && --left < 0 ? undefined : honest(message);
  const node = new Node(dying, dying, dying);
  node.run(500);
  expect(node.done).toBeUndefined();
  const before = node.fetched();
  expect(before?.hashes.size).toBe(4);
  node.peers = [honest, honest, honest];
  node.asked.length = 0;
  node.start(before);
  node.run(2_000);
  expectWhole(node);
  const again = node.asked.flatMap(({ message }) =>
    message.type === "get-snapshot" ? [message.index] : [],
  );
  expect(again.filter((index) => before?.hashes.has(index))).toEqual([]);
});

test("a disk that did not keep what was proven is found out, and all is fetched again", () => {
  const node = new Node(honest, honest, honest);
  const hashes = new Map(chunksOf(named).map((_, index) => [index, zeroHash] as const));
  node.start({ name: nameOf(named), bytes, hashes });
  node.run(2_000);
  expectWhole(node);
});

test("when nobody has the state any more, the newest one is looked for, and the old chunks go", () => {
  let hasOld = 2;
  const peers: Peer = (message) => {
    if (message.type !== "get-snapshot" || message.height === named) return honest(message);
    return --hasOld >= 0 ? honest(message) : undefined;
  };
  const node = new Node(peers, peers, peers);
  node.commit = certifiedAt(560);
  node.run(1_000);
  expect(node.chunk(512, 0)).toBeDefined();
  expect(node.done).toBeUndefined();
  node.commit = certifiedAt(top);
  node.run(5_000, () => node.done !== undefined);
  expectWhole(node);
  expect(node.chunk(512, 0)).toBeUndefined();
});

test("a node that came there block by block meanwhile lets the state go", () => {
  const node = new Node(pruned, pruned, pruned);
  node.run(500);
  expect(node.sync.progress?.height).toBe(named);
  node.final = { height: Height(named), view: View(named) };
  node.run(500);
  expect(node.sync.progress).toBeUndefined();
});

test("a chain that names no state is gone down once, and again when it is higher", () => {
  const node = new Node(honest, honest, honest);
  node.behindMax = 50;
  node.start(undefined);
  node.commit = certifiedAt(66);
  node.run(1_000);
  expect(node.asked).toHaveLength(2);
  expect(node.sync.progress).toBeUndefined();
  node.commit = certifiedAt(81);
  node.run(1_000);
  expect(node.asked).toHaveLength(2);
  node.commit = certifiedAt(131);
  node.run(1_000);
  expectWhole(node, 128);
});

test("chunks are handed out within a ration, and one peer's hunger takes nothing from another", () => {
  const node = new Node();
  const message = { type: "get-snapshot", height: named, index: 0 } as const;
  const ask = (from: number): number =>
    node.sync.step({ type: "message", now: node.now, from: ValidatorIndex(from), message }).length;
  const answers = Array.from({ length: 50 }, () => ask(1)).filter((count) => count > 0);
  expect(answers).toHaveLength(limits.chunksBurstMax);
  expect(ask(2)).toBe(1);
  node.now = Micros(node.now + limits.chunkInterval);
  expect([ask(1), ask(1)]).toEqual([1, 0]);
});
