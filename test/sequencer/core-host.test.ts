import { expect, test } from "vitest";
import { type Metrics, type Store } from "../../base/index.ts";
import { Epoch, Height, Micros, spaces, View } from "../../protocol/index.ts";
import type { CoreEffect, CoreEvent, Progress } from "../../sequencer/core-events.ts";
import { CoreHost, type NodeCore } from "../../sequencer/core-host.ts";
import { memoryStore } from "../../sequencer/storage/index.ts";

const now = Micros(1);
const tick: CoreEvent = { type: "tick", now };
const write: CoreEffect = {
  type: "persist",
  writes: [{ space: spaces.meta, key: new Uint8Array(1), value: new Uint8Array(1) }],
  sync: true,
};
const ended: CoreEffect = { type: "epoch-ended", next: Epoch(1) };
const metrics: Metrics = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
};

/** A core that does what it is told, and tells at which view it stands. */
function coreAt(view: number, answer: (event: CoreEvent) => CoreEffect[] = () => []): NodeCore {
  return {
    start: () => [],
    step: answer,
    isBroken: view === broken,
    progress: { view: View(view), final: Height(0) } as Progress,
    fees: { baseFee: 1, reserves: [] },
    settlements: new Map(),
    candidates: [],
    l1: { number: 0, hash: undefined },
  };
}
const broken = 13;

function setUp(store: Pick<Store, "write"> = memoryStore()): {
  host: CoreHost;
  acts: string[];
  failures: string[];
} {
  const acts: string[] = [];
  const failures: string[] = [];
  const host = new CoreHost({
    store,
    metrics,
    now: () => now,
    act: (effect) => void acts.push(effect.type),
    onFailure: (what) => void failures.push(what),
  });
  return { host, acts, failures };
}

test("what a core asks for is done when what it wrote before is on disk", async () => {
  const { host, acts } = setUp();
  host.begin(coreAt(1, () => [write, ended]));
  host.step(tick);
  expect(acts).toEqual([]);
  await host.end();
  expect(acts).toEqual(["epoch-ended"]);
});

test("between two cores nothing is stepped, and the node stands where the last one stood", async () => {
  const { host, acts } = setUp();
  host.begin(coreAt(1));
  await host.end();
  expect(host.core).toBeUndefined();
  expect(host.lastProgress?.view).toBe(1);
  host.step(tick);
  const second = coreAt(2, () => [ended]);
  host.begin(second);
  expect(host.core).toBe(second);
  expect(host.lastProgress?.view).toBe(2);
  host.step(tick);
  expect(acts).toEqual(["epoch-ended"]);
});

test("an invariant that does not hold ends the core, and the node has to stop", () => {
  const { host, failures } = setUp();
  host.begin(
    coreAt(1, () => {
      throw new Error("views only grow");
    }),
  );
  host.step(tick);
  expect(failures).toEqual(["an invariant does not hold"]);
  expect(host.lastProgress).toBeUndefined();
});

test("a core that finds a certified block invalid ends as well, after what it still had to do", () => {
  const { host, acts, failures } = setUp();
  host.begin(coreAt(broken, () => [ended]));
  host.step(tick);
  expect(acts).toEqual(["epoch-ended"]);
  expect(failures).toEqual(["a quorum certified what this node finds invalid"]);
  expect(host.core).toBeUndefined();
});

test("a disk that fails stops the node", async () => {
  const { host, acts, failures } = setUp({ write: () => Promise.reject(new Error("no space")) });
  host.begin(coreAt(1, () => [write, ended]));
  host.step(tick);
  await host.end();
  expect(failures).toEqual(["the disk failed"]);
  expect(acts).toEqual([]);
});

test("a host that closes takes nothing more", () => {
  const { host, acts } = setUp();
  host.begin(coreAt(1, () => [ended]));
  host.close();
  host.step(tick);
  expect(acts).toEqual([]);
});
