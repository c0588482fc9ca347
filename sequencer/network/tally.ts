import type { Metrics } from "../../base/index.ts";
import { type Channel, channels } from "./channel.ts";

type DropReason = "not-connected" | "full" | "connection-lost";

const counted = {
  framesSent: "network_frames_sent_total",
  bytesSent: "network_bytes_sent_total",
  framesReceived: "network_frames_received_total",
  bytesReceived: "network_bytes_received_total",
} as const;
type Counted = keyof typeof counted;

/** Counts traffic in plain numbers, because telling the metrics of every frame would cost more than sending it. */
export class Tally {
  readonly #metrics: Metrics;
  readonly #counts = new Map<Channel, Record<Counted, number>>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    for (const channel of channels) this.#counts.set(channel, nothing());
  }

  add(channel: Channel, what: Counted, count: number): void {
    const counts = this.#counts.get(channel);
    if (counts !== undefined) counts[what] += count;
  }

  drop(channel: Channel, reason: DropReason, frames: number): void {
    if (frames > 0)
      this.#metrics.count("network_frames_dropped_total", { channel, reason }, frames);
  }

  refuse(reason: string): void {
    this.#metrics.count("network_refusals_total", { reason });
  }

  penalize(code: string): void {
    this.#metrics.count("network_penalties_total", { code });
  }

  peers(count: number): void {
    this.#metrics.gauge("network_peers", count);
  }

  flush(): void {
    for (const [channel, counts] of this.#counts) {
      for (const [what, name] of Object.entries(counted) as [Counted, string][])
        if (counts[what] > 0) this.#metrics.count(name, { channel }, counts[what]);
      this.#counts.set(channel, nothing());
    }
  }
}

function nothing(): Record<Counted, number> {
  return { framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0 };
}
