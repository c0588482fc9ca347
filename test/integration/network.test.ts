import { afterEach, expect, test } from "vitest";
import { equalBytes } from "../../base/index.ts";
import { createMesh, type MeshOptions } from "../../sequencer/network/index.ts";
import { DelayProxy } from "./delay-proxy.ts";
import {
  addressOf,
  allConnected,
  bulkTag,
  consensusTag,
  freePort,
  networkKeyOf,
  type Node,
  seedOf,
  startMeshes,
  startNode,
  until,
} from "./meshes.ts";

const closing: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

function keep(nodes: readonly Node[]): readonly Node[] {
  closing.push(...nodes.map((node) => ({ close: () => node.mesh.close() })));
  return nodes;
}

test("four nodes find each other and exchange frames of every size, in order", async () => {
  const nodes = keep(await startMeshes(4));
  await allConnected(nodes);
  const sizes = [1, 100, 65_536, 300_000, 4_194_304];
  for (const { index, mesh } of nodes)
    for (const size of sizes) mesh.broadcast(frameOf(consensusTag, index, size));
  await until(() => nodes.every(({ received }) => received.length === 15), "all frames arrive");
  for (const { received } of nodes)
    for (const [peer, frames] of Map.groupBy(received, ({ peer }) => peer))
      expect(
        frames.map(({ frame }, i) => equalBytes(frame, frameOf(consensusTag, peer, sizes[i] ?? 0))),
      ).toEqual(sizes.map(() => true));
});

test("a frame goes to whom it is sent, and to nobody else", async () => {
  const nodes = keep(await startMeshes(3));
  await allConnected(nodes);
  nodes[0]?.mesh.send(1, Uint8Array.of(bulkTag, 7));
  await until(() => nodes[1]?.received.length === 1, "the frame arrives");
  expect(nodes[1]?.received[0]).toEqual({ peer: 0, frame: Uint8Array.of(bulkTag, 7) });
  expect(nodes[2]?.received).toEqual([]);
});

test("peers come and go as they are set, and those who stay keep their connection", async () => {
  const nodes = keep(await startMeshes(4));
  await allConnected(nodes);
  const events: string[] = [];
  const port = await freePort();
  const first = nodes[0] as Node;
  const peerOf = ({ index, port: at }: Pick<Node, "index" | "port">) => ({
    index,
    networkKey: networkKeyOf(index),
    addresses: [addressOf(at)],
  });
  const watching = await startNode({
    index: 4,
    port,
    peers: [peerOf(first)],
    onConnected: (peer) => void events.push(`+${peer}`),
    onDisconnected: (peer) => void events.push(`-${peer}`),
  });
  keep([watching]);
  // Nobody has been told of it yet: it is a stranger.
  await until(
    () => (first.counts.get("network_refusals_total stranger") ?? 0) > 0,
    "it is refused",
  );
  const others = nodes.slice(1).map(peerOf);
  // Where it is reached is not known: it has to come.
  const newcomer = { index: 9, networkKey: networkKeyOf(4), addresses: [] };
  first.mesh.setPeers([...others, newcomer]);
  await until(() => first.mesh.connectedPeers.includes(9), "it is let in");
  first.mesh.send(9, Uint8Array.of(consensusTag, 1));
  watching.mesh.broadcast(Uint8Array.of(consensusTag, 2));
  await until(() => watching.received.length === 1, "it hears");
  await until(() => first.received.some(({ peer }) => peer === 9), "it is heard");
  expect(first.mesh.connectedPeers).toEqual([1, 2, 3, 9]);
  expect(first.lines.filter((line) => line === "peer disconnected")).toEqual([]);

  first.mesh.setPeers(others);
  await until(() => events.includes("-0"), "it is let go");
  expect(first.mesh.connectedPeers).toEqual([1, 2, 3]);
  // What is for somebody who is gone is dropped.
  first.mesh.send(9, Uint8Array.of(consensusTag, 3));
});

test("a vote does not wait behind batches", async () => {
  const nodes = keep(await startMeshes(2));
  await allConnected(nodes);
  const [sender, receiver] = nodes;
  for (let i = 0; i < 20; i++) sender?.mesh.send(1, frameOf(bulkTag, i, 1_000_000));
  sender?.mesh.send(1, Uint8Array.of(consensusTag));
  await until(() => receiver?.received.length === 21, "all arrive");
  const place = receiver?.received.findIndex(({ frame }) => frame[0] === consensusTag);
  expect(place).toBeLessThan(10);
});

test("a node that was restarted is connected again, and its peers are told both times", async () => {
  const events: string[] = [];
  const nodes = keep(
    await startMeshes(4, {
      options: (index) =>
        index === 0
          ? {
              onConnected: (peer) => void events.push(`+${peer}`),
              onDisconnected: (peer) => void events.push(`-${peer}`),
            }
          : {},
    }),
  );
  await allConnected(nodes);
  const last = nodes[3] as Node;
  await last.mesh.close();
  await until(() => nodes[0]?.mesh.connectedPeers.length === 2, "its absence is noticed");
  last.mesh = await createMesh(last.options);
  await allConnected(nodes);
  expect(events.filter((event) => event.endsWith("3"))).toEqual(["+3", "-3", "+3"]);
  nodes[0]?.mesh.broadcast(Uint8Array.of(consensusTag));
  await until(() => last.received.length === 1, "frames reach it again");
});

test("a stranger is refused, and the others do not notice", async () => {
  const nodes = keep(await startMeshes(2));
  await allConnected(nodes);
  const target = nodes[0] as Node;
  const stranger = await startNode({
    index: 9,
    port: await freePort(),
    peers: [{ index: 0, networkKey: networkKeyOf(0), addresses: [addressOf(target.port)] }],
  });
  keep([stranger]);
  await until(() => countOf(target, "network_refusals_total stranger") > 1, "it tries");
  expect(stranger.mesh.connectedPeers).toEqual([]);
  expect(target.mesh.connectedPeers).toEqual([1]);
});

test("a member of another chain is refused and logged once, until it is of ours", async () => {
  const options = (index: number): Partial<MeshOptions> =>
    index === 2 ? { genesisHash: new Uint8Array(32).fill(1) } : {};
  const nodes = keep(await startMeshes(3, { options }));
  const [target, , foreign] = nodes as [Node, Node, Node];
  await until(() => target.mesh.connectedPeers.length === 1, "its own chain's peer is connected");
  await until(() => countOf(target, "network_refusals_total genesis") > 1, "it tries again");
  expect(target.mesh.connectedPeers).toEqual([1]);
  expect(target.lines.filter((line) => line.includes("another chain"))).toHaveLength(1);
  expect(foreign.received).toEqual([]);

  await foreign.mesh.close();
  foreign.mesh = await createMesh({ ...foreign.options, genesisHash: new Uint8Array(32) });
  await allConnected(nodes);
});

test("a partition is noticed, and heals within seconds", async () => {
  const proxies = new Map<string, DelayProxy>();
  const nodes = keep(
    await startMeshes(4, {
      async portFor(from, to, port) {
        const proxy = await DelayProxy.open(port, 10);
        proxies.set(`${from}${to}`, proxy);
        closing.push(proxy);
        return proxy.port;
      },
    }),
  );
  await allConnected(nodes);
  const border = [...proxies].filter(([name]) => name.includes("3")).map(([, proxy]) => proxy);
  for (const proxy of border) proxy.cut();
  await until(
    () => nodes[3]?.mesh.connectedPeers.length === 0 && nodes[0]?.mesh.connectedPeers.length === 2,
    "both sides notice",
  );
  expect(nodes[1]?.mesh.connectedPeers).toEqual([0, 2]);
  const start = performance.now();
  for (const proxy of border) proxy.heal();
  await allConnected(nodes);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test("a peer that was penalized is cut off for its time, and then comes back", async () => {
  const nodes = keep(await startMeshes(3));
  await allConnected(nodes);
  const judge = nodes[0] as Node;
  const start = performance.now();
  judge.mesh.penalize(1, "BAD_PROPOSAL");
  expect(judge.mesh.connectedPeers).toEqual([2]);
  await allConnected(nodes);
  expect(performance.now() - start).toBeGreaterThan(1_400);
  expect(countOf(judge, "network_penalties_total BAD_PROPOSAL")).toBe(1);
  expect(countOf(judge, "network_refusals_total penalty")).toBeGreaterThan(0);
});

test("a port that is taken is reported with a code", async () => {
  const nodes = keep(await startMeshes(1));
  const { options } = nodes[0] as Node;
  await expect(createMesh({ ...options, privateKeySeed: seedOf(5) })).rejects.toMatchObject({
    code: "LISTEN_FAILED",
  });
});

function countOf(node: Node, name: string): number {
  return node.counts.get(name) ?? 0;
}

function frameOf(tag: number, fill: number, size: number): Uint8Array {
  const frame = new Uint8Array(size).fill(fill);
  frame[0] = tag;
  return frame;
}
