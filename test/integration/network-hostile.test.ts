import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { Connection, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { afterEach, expect, test } from "vitest";
import { concatBytes } from "../../base/index.ts";
import { limits } from "../../protocol/index.ts";
import { frameHeader } from "../../sequencer/network/framing.ts";
import {
  addressOf,
  bulkTag,
  consensusTag,
  fastTiming,
  freePort,
  networkKeyOf,
  type Node,
  seedOf,
  startNode,
  until,
} from "./meshes.ts";

const protocols = ["/conclave/consensus/1", "/conclave/bulk/1"] as const;
const greeting = framed(new Uint8Array(32));
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A node of ours whose only peer, validator 1, is whatever the test makes of it. */
async function startVictim(
  timing: typeof fastTiming = {},
): Promise<{ victim: Node; peerPort: number }> {
  const peerPort = await freePort();
  const victim = await startNode({
    index: 0,
    port: await freePort(),
    peers: [{ index: 1, networkKey: networkKeyOf(1), addresses: [addressOf(peerPort)] }],
    timing: { ...fastTiming, ...timing },
  });
  closing.push(() => victim.mesh.close());
  return { victim, peerPort };
}

/** Validator 1 with its true key, doing with streams what `onStream` does, and nothing by itself. */
async function startRawPeer(port: number, onStream: (stream: Stream) => void): Promise<Libp2p> {
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed("Ed25519", seedOf(1)),
    addresses: { listen: [addressOf(port)] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: { initialStreamWindowSize: 4_194_304, maxStreamWindowSize: 4_194_304 },
      }),
    ],
    connectionMonitor: { enabled: false },
  });
  closing.push(() => node.stop());
  for (const protocol of protocols) await node.handle(protocol, onStream);
  return node;
}

async function greet(
  peer: Libp2p,
  victim: Node,
): Promise<{ connection: Connection; streams: Stream[] }> {
  const connection = await peer.dial(multiaddr(addressOf(victim.port)));
  const streams = await Promise.all(protocols.map((protocol) => connection.newStream(protocol)));
  for (const stream of streams) stream.send(greeting);
  await until(() => victim.mesh.connectedPeers.length === 1, "the peer is taken for a good one");
  return { connection, streams };
}

test("a frame longer than allowed is punished by its header, and the peer may come back", async () => {
  const { victim, peerPort } = await startVictim();
  const peer = await startRawPeer(peerPort, () => {});
  const { streams } = await greet(peer, victim);
  streams[0]?.send(framed(Uint8Array.of(consensusTag)));
  streams[0]?.send(frameHeader(limits.frameBytesMax + 1));
  await until(() => victim.mesh.connectedPeers.length === 0, "it is cut off");
  expect(victim.counts.get("network_penalties_total FRAME_TOO_LARGE")).toBe(1);
  expect(victim.received).toHaveLength(1);
  // The dialler learns of its refusal only by the end of the connection.
  await peer.dial(multiaddr(addressOf(victim.port))).catch(() => {});
  await until(() => victim.counts.has("network_refusals_total penalty"), "it is refused");
  await until(() => peer.getConnections().length === 0, "nothing is left of it");

  await until(() => peer.getConnections().length > 0, "its time is over, and it is dialled");
  await greet(peer, victim);
});

test("a peer that says anything before naming the chain is cut off", async () => {
  const { victim, peerPort } = await startVictim();
  const peer = await startRawPeer(peerPort, () => {});
  const connection = await peer.dial(multiaddr(addressOf(victim.port)));
  const stream = await connection.newStream(protocols[0]);
  stream.send(framed(new Uint8Array(33)));
  await until(() => stream.status !== "open", "the stream is closed");
  expect(victim.mesh.connectedPeers).toEqual([]);
  expect(victim.received).toEqual([]);
});

test("a peer that does not read costs a bounded amount of memory, and is given up", async () => {
  // Long enough for a slow machine to fill everything up before it ends.
  const { victim, peerPort } = await startVictim({ stall: 6_000 });
  const peer = await startRawPeer(peerPort, (stream) => {
    stream.addEventListener("message", () => {});
    stream.pause();
  });
  const { streams } = await greet(peer, victim);
  const beats = setInterval(() => {
    for (const stream of streams)
      if (stream.status === "open") stream.send(framed(new Uint8Array()));
  }, 100);
  closing.push(() => clearInterval(beats));

  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let i = 0; i < 500; i++) {
    victim.mesh.broadcast(new Uint8Array(1_000_000).fill(bulkTag));
    victim.mesh.broadcast(new Uint8Array(100_000).fill(consensusTag));
    await new Promise(setImmediate);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  // Of 550 MB: 32 MiB of bulk, 8 MiB of consensus, the windows of both sides, which live in this process as well, and
  // what the collector has not come to.
  expect(most).toBeLessThan(250_000_000);
  expect(victim.counts.get("network_frames_dropped_total bulk full")).toBeGreaterThan(100);
  expect(victim.counts.get("network_frames_dropped_total consensus full")).toBeGreaterThan(100);
  await until(() => victim.mesh.connectedPeers.length === 0, "the stall is noticed", 20_000);
});

test("a peer that floods is made to wait, and this node goes on", async () => {
  const { victim, peerPort } = await startVictim();
  const peer = await startRawPeer(peerPort, () => {});
  const { streams } = await greet(peer, victim);
  const small = concatBytes(...Array.from({ length: 30_000 }, () => framed(Uint8Array.of(1))));
  const [stream] = streams as [Stream];
  for (let i = 0; i < 5; i++) stream.send(small);
  await until(() => victim.received.length > 0, "some arrive");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(victim.received.length).toBeLessThan(120_000);
  await until(() => victim.received.length === 150_000, "the rest arrives later");
});

test("a peer gets a few connections, and not as many as it likes", async () => {
  const { victim, peerPort } = await startVictim();
  const peer = await startRawPeer(peerPort, () => {});
  for (let i = 0; i < 10; i++)
    await peer.dial(multiaddr(addressOf(victim.port)), { force: true }).catch(() => {});
  await until(() => victim.counts.has("network_refusals_total too-many"), "some are refused");
  await until(() => peer.getConnections().length <= 4, "a few are left");
});

test("a peer that falls silent is cut off", async () => {
  const { victim, peerPort } = await startVictim();
  const peer = await startRawPeer(peerPort, (stream) => {
    stream.addEventListener("message", () => {});
  });
  await greet(peer, victim);
  await until(() => victim.lines.includes("peer is silent"), "it is noticed");
  expect(victim.mesh.connectedPeers).toEqual([]);
});

function framed(body: Uint8Array): Uint8Array {
  return concatBytes(frameHeader(body.length), body);
}
