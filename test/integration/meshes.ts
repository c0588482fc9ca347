// A committee's network in one process, on 127.0.0.1, for the tests of the network.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger, Metrics } from "../../base/index.ts";
import { nobleNetworkSignatures } from "../../crypto/index.ts";
import { createMesh, type Mesh, type MeshOptions } from "../../sequencer/network/index.ts";
import { metricDefinitions } from "../../sequencer/telemetry/index.ts";

/** As fast as tests want it; the ratios are those of the real one. */
export const fastTiming: NonNullable<MeshOptions["timing"]> = {
  heartbeat: 100,
  silence: 600,
  stall: 1_500,
  dial: 1_000,
  redialMin: 50,
  redialMax: 400,
  penalty: 1_500,
};

/** The first byte of a frame says how it travels. */
export const consensusTag = 1;
export const bulkTag = 2;

export interface Node {
  readonly index: number;
  readonly port: number;
  readonly options: MeshOptions;
  readonly received: { readonly peer: number; readonly frame: Uint8Array }[];
  readonly lines: string[];
  readonly counts: ReadonlyMap<string, number>;
  mesh: Mesh;
}

export function seedOf(index: number): Uint8Array {
  return new Uint8Array(32).fill(index + 1);
}

export function networkKeyOf(index: number): Uint8Array {
  return nobleNetworkSignatures.publicKey(seedOf(index));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts `count` nodes; `portFor` lets one dial another by way of something else. */
export async function startMeshes(
  count: number,
  change: {
    readonly portFor?: (from: number, to: number, port: number) => Promise<number>;
    readonly options?: (index: number) => Partial<MeshOptions>;
  } = {},
): Promise<Node[]> {
  const indices = Array.from({ length: count }, (_, index) => index);
  const ports = await Promise.all(indices.map(freePort));
  const { portFor = (_from, _to, port): Promise<number> => Promise.resolve(port) } = change;
  return Promise.all(
    indices.map(async (index) => {
      const others = indices.filter((other) => other !== index);
      const peers = others.map(async (other) => ({
        index: other,
        networkKey: networkKeyOf(other),
        addresses: [addressOf(await portFor(index, other, ports[other] ?? 0))],
      }));
      const port = ports[index] ?? 0;
      const base = { index, port, peers: await Promise.all(peers) };
      return startNode({ ...base, ...change.options?.(index) });
    }),
  );
}

export async function startNode(
  setup: Partial<MeshOptions> & {
    readonly index: number;
    readonly port: number;
    readonly peers: MeshOptions["peers"];
  },
): Promise<Node> {
  const { index, port, ...changes } = setup;
  const received: Node["received"] = [];
  const counts = new Map<string, number>();
  const lines: string[] = [];
  const options: MeshOptions = {
    privateKeySeed: seedOf(index),
    listen: [addressOf(port)],
    genesisHash: new Uint8Array(32),
    channelOf: (frame) => (frame[0] === consensusTag ? "consensus" : "bulk"),
    onFrame: (peer, frame) => void received.push({ peer, frame }),
    onConnected() {},
    onDisconnected() {},
    logger: recordingLogger(lines),
    metrics: countingMetrics(counts),
    timing: fastTiming,
    ...changes,
  };
  return { index, port, options, received, lines, counts, mesh: await createMesh(options) };
}

export function addressOf(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`;
}

export async function until(
  condition: () => boolean,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await sleep(10);
  }
}

export async function allConnected(nodes: readonly Node[]): Promise<void> {
  await until(
    () => nodes.every(({ mesh }) => mesh.connectedPeers.length === nodes.length - 1),
    "every node is connected to every other",
  );
}

function recordingLogger(lines: string[]): Logger {
  const record = (phrase: string): void => void lines.push(phrase);
  return { debug() {}, info: record, warn: record, error: record };
}

/** Sums by name and label values: `network_frames_dropped_total bulk full`. What is not in the catalogue is refused. */
function countingMetrics(counts: Map<string, number>): Metrics {
  const check = (name: string, labels: Record<string, string> = {}): void => {
    const expected = metricDefinitions[name]?.labels ?? [];
    const isKnown = Object.keys(labels).join(",") === expected.join(",");
    if (!(name in metricDefinitions) || !isKnown) throw new Error(`${name} is not catalogued`);
  };
  return {
    count(name, labels = {}, by = 1) {
      check(name, labels);
      const key = [name, ...Object.values(labels)].join(" ");
      counts.set(key, (counts.get(key) ?? 0) + by);
    },
    gauge(name, value) {
      check(name);
      counts.set(name, value);
    },
    observe() {},
  };
}
