import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/** How often the delay of the event loop is sampled, milliseconds. */
const sampleInterval = 10;

const quantiles = [0.5, 0.9, 0.99] as const;
const nanosecondsPerSecond = 1e9;

/** What the process itself is doing. The event loop is the node's one thread: its delay is everybody's latency. */
export function registerProcessMetrics(registry: Registry, prefix: string): { close(): void } {
  const delays = monitorEventLoopDelay({ resolution: sampleInterval });
  delays.enable();
  let utilization = performance.eventLoopUtilization();

  function gauge(
    name: string,
    help: string,
    collect: (gauge: Gauge) => void,
    labelNames: string[] = [],
  ): void {
    new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        collect(this);
      },
    });
  }

  gauge(
    "event_loop_delay_seconds",
    "How late timers ran since the last scrape; quantile 1 is the longest",
    (metric) => {
      // Samples are intervals between two runs of a timer, of which the timer's own period is no delay.
      const seconds = (interval: number): number =>
        Math.max(0, interval / nanosecondsPerSecond - sampleInterval / 1000);
      for (const quantile of quantiles)
        metric.set({ quantile }, seconds(delays.percentile(quantile * 100)));
      metric.set({ quantile: 1 }, delays.count === 0 ? 0 : seconds(delays.max));
      delays.reset();
    },
    ["quantile"],
  );
  gauge(
    "event_loop_utilization_ratio",
    "Share of the time since the last scrape that the event loop was busy",
    (metric) => {
      const current = performance.eventLoopUtilization();
      metric.set(performance.eventLoopUtilization(current, utilization).utilization);
      utilization = current;
    },
  );
  gauge("process_cpu_seconds", "CPU time used by all threads of the process", (metric) => {
    const { user, system } = process.cpuUsage();
    metric.set((user + system) / 1e6);
  });
  gauge("process_resident_memory_bytes", "Memory held by the process", (metric) => {
    metric.set(process.memoryUsage.rss());
  });
  gauge("process_heap_used_bytes", "Heap in use by JavaScript on the main thread", (metric) => {
    metric.set(process.memoryUsage().heapUsed);
  });

  return {
    close() {
      delays.disable();
    },
  };
}
