import type { Gauge } from "../../../base/index.ts";
import type { Process } from "../cluster.ts";
import { Violation } from "../observation.ts";

/** What runs empty when nothing is left to do; the rest are windows and caches that the protocol keeps on purpose. */
const drained: ReadonlySet<string> = new Set([
  "consensus/header-trail",
  "mempool/validating",
  "mempool/wanted-transactions",
  "mempool/wanted-lanes",
  "mempool/stamped",
  "mempool/unemitted",
  "opening/unopened",
  "ledger/unopened-totals",
  "chain/backlog",
  "delivery/pending",
]);

/** I14: every map and queue stays within the bound that it states, always; and runs empty when all is done. */
export class Memory {
  readonly #peaks = new Map<string, { size: number; max: number }>();

  /** The largest that anything ever was at any process, with its bound. */
  get peaks(): ReadonlyMap<string, { readonly size: number; readonly max: number }> {
    return this.#peaks;
  }

  check(process: Process, gauges: readonly Gauge[]): void {
    for (const { name, size, max } of gauges) {
      const peak = this.#peaks.get(name);
      if (peak === undefined || size > peak.size) this.#peaks.set(name, { size, max });
      if (size > max)
        throw new Violation("memory", `${process.id} holds ${size} of ${name}, which has ${max}`);
    }
  }

  /** `leftMax`: as much as may be on its way even in calm. */
  checkCalm(process: Process, gauges: readonly Gauge[], leftMax: number): void {
    for (const { name, size } of gauges)
      if (drained.has(name) && size > leftMax)
        throw new Violation("memory", `${process.id} still holds ${size} of ${name} in calm`);
  }
}
