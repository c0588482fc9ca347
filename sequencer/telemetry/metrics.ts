import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { assert, type Metrics } from "../../base/index.ts";
import { registerProcessMetrics } from "./process-metrics.ts";

/** One metric, under a name without the prefix. */
export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds, in the unit of the name; of a histogram only. */
  readonly buckets?: readonly number[];
}

export interface MetricsRegistry {
  /** Asserts on a name, a label or a use that the catalogue does not have: that is our own mistake. */
  readonly metrics: Metrics;
  readonly contentType: string;
  /** The text that Prometheus scrapes. Percentiles of the event loop cover the time since the last call. */
  expose(): Promise<string>;
  close(): void;
}

const prefix = "conclave_";
const unitSuffix = /_(?:seconds|bytes|ratio)$/;

/** Registers every metric up front, so that each one exists, at zero, before it first happens. */
export function createMetrics(
  catalogue: Readonly<Record<string, MetricDefinition>>,
): MetricsRegistry {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { type, help, labels = [], buckets = [] }] of Object.entries(catalogue)) {
    const shared = { name: prefix + name, help, labelNames: [...labels], registers: [registry] };
    assertName(name, type);
    if (type === "counter") counters.set(name, new Counter(shared));
    else if (type === "gauge") gauges.set(name, new Gauge(shared));
    else histograms.set(name, new Histogram({ ...shared, buckets: [...buckets] }));
  }
  const processMetrics = registerProcessMetrics(registry, prefix);
  return {
    metrics: {
      count(name, labels = {}, by = 1) {
        find(counters, name).inc(labels, by);
      },
      gauge(name, value, labels = {}) {
        find(gauges, name).set(labels, value);
      },
      observe(name, value, labels = {}) {
        find(histograms, name).observe(labels, value);
      },
    },
    contentType: registry.contentType,
    expose() {
      return registry.metrics();
    },
    close() {
      processMetrics.close();
    },
  };
}

function find<T>(registered: ReadonlyMap<string, T>, name: string): T {
  const metric = registered.get(name);
  assert(metric !== undefined, `${name} is not in the catalogue of metrics, or of another type`);
  return metric;
}

/** The conventions of Prometheus: a counter ends in _total, and a histogram in its base unit. */
function assertName(name: string, type: MetricDefinition["type"]): void {
  assert(/^[a-z][a-z0-9_]*$/.test(name), `${name} is no name of a metric`);
  assert((type === "counter") === name.endsWith("_total"), `${name}: counters end in _total`);
  assert(type !== "histogram" || unitSuffix.test(name), `${name}: histograms end in a unit`);
}
