import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import {
  createMetrics,
  type MetricDefinition,
  metricDefinitions,
  type MetricsRegistry,
} from "../../../sequencer/telemetry/index.ts";

const catalogue: Record<string, MetricDefinition> = {
  frames_total: { type: "counter", help: "Frames", labels: ["channel"] },
  peers: { type: "gauge", help: "Peers" },
  wait_seconds: { type: "histogram", help: "Waits", buckets: [0.1, 1] },
};
const registries: MetricsRegistry[] = [];

afterEach(() => {
  for (const registry of registries.splice(0)) registry.close();
});

function open(definitions: Record<string, MetricDefinition> = catalogue): MetricsRegistry {
  const registry = createMetrics(definitions);
  registries.push(registry);
  return registry;
}

test("what is counted, set and observed is exposed under the prefix", async () => {
  const registry = open();
  registry.metrics.count("frames_total", { channel: "bulk" });
  registry.metrics.count("frames_total", { channel: "bulk" }, 4);
  registry.metrics.gauge("peers", 3);
  registry.metrics.observe("wait_seconds", 0.5);
  const text = await registry.expose();
  expect(text).toContain('conclave_frames_total{channel="bulk"} 5');
  expect(text).toContain("conclave_peers 3");
  expect(text).toContain('conclave_wait_seconds_bucket{le="1"} 1');
  expect(text).toContain("# HELP conclave_peers Peers");
});

test("a name that is not in the catalogue, or of another type, is our own mistake", () => {
  const { metrics } = open();
  expect(() => metrics.count("frame_total")).toThrow("catalogue");
  expect(() => metrics.gauge("frames_total", 1)).toThrow("catalogue");
  expect(() => metrics.count("frames_total", { peer: "1" })).toThrow("peer");
});

test.each([
  ["a counter without _total", { frames: { type: "counter", help: "" } }],
  ["a gauge with _total", { frames_total: { type: "gauge", help: "" } }],
  ["a histogram without a unit", { wait: { type: "histogram", help: "", buckets: [1] } }],
  ["a name in another case", { Peers: { type: "gauge", help: "" } }],
] satisfies [string, Record<string, MetricDefinition>][])("%s is refused", (_, definitions) => {
  expect(() => open(definitions)).toThrow();
});

test("the node's own catalogue follows the conventions and starts at zero", async () => {
  const text = await open(metricDefinitions).expose();
  expect(text).toContain("conclave_consensus_proposals_total 0");
});

test("a blocked event loop shows in its percentiles, once", async () => {
  const registry = open();
  await sleep(50);
  const end = performance.now() + 300;
  while (performance.now() < end) await Promise.resolve();
  await sleep(50);
  expect(await longestDelay(registry)).toBeGreaterThan(0.2);
  await sleep(50);
  expect(await longestDelay(registry)).toBeLessThan(0.2);
});

async function longestDelay(registry: MetricsRegistry): Promise<number> {
  const text = await registry.expose();
  const line = /conclave_event_loop_delay_seconds\{quantile="1"\} (\S+)/.exec(text);
  return Number(line?.[1]);
}
