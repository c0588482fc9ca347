// Hosts the core, and after it the next one: the one door into whichever lasts, and the order in which what it asks for is
// carried out. An invariant that breaks ends it for good, because a validator that computes wrongly can keep no promise.

import type { Metrics, Store } from "../base/index.ts";
import type { Micros } from "../protocol/index.ts";
import type { Core } from "./core.ts";
import type { CoreEffect, CoreEvent } from "./core-events.ts";
import { Executor, type Persist } from "./executor.ts";

/** What the node needs of its core. */
export type NodeCore = Pick<
  Core,
  "start" | "step" | "isBroken" | "progress" | "fees" | "settlements" | "candidates" | "l1"
>;

export interface CoreHostPorts {
  readonly store: Pick<Store, "write">;
  readonly metrics: Metrics;
  readonly now: () => Micros;
  /** Does what is not a write; those before it have been carried out by then. */
  readonly act: (effect: Exclude<CoreEffect, Persist>) => void;
  /** The node has to stop, and this is why. */
  readonly onFailure: (what: string, error: unknown) => void;
}

export class CoreHost {
  readonly #ports: CoreHostPorts;
  readonly #executor: Executor<CoreEffect>;
  #core: NodeCore | undefined;
  #isClosed = false;
  /** Where the last core stood, while there is none between two of them. */
  #between: NodeCore["progress"] | undefined;

  constructor(ports: CoreHostPorts) {
    this.#ports = ports;
    this.#executor = new Executor({
      write: async (writes, { sync }) => {
        const before = performance.now();
        await ports.store.write(writes, { sync });
        if (sync) ports.metrics.observe("store_sync_seconds", (performance.now() - before) / 1_000);
      },
      act: ports.act,
      onFailure: (error) => ports.onFailure("the disk failed", error),
    });
  }

  /** The one that lasts; undefined while there is none. What one core asked for is of no use to the next. */
  get core(): NodeCore | undefined {
    return this.#core;
  }

  /** Where the node stands: between two cores, where the last one stood. Undefined when it has to stop. */
  get lastProgress(): NodeCore["progress"] | undefined {
    return this.#core?.progress ?? this.#between;
  }

  /** Effects that wait for the disk. */
  get backlog(): number {
    return this.#executor.backlog;
  }

  /** Events are the new core's from now on. */
  begin(core: NodeCore): void {
    this.#core = core;
    this.#between = undefined;
    this.#executor.run(core.start(this.#ports.now()));
  }

  step(event: CoreEvent): void {
    const core = this.#core;
    if (core === undefined || this.#isClosed) return;
    let effects: CoreEffect[];
    try {
      effects = core.step(event);
    } catch (error) {
      this.#core = undefined;
      this.#ports.onFailure("an invariant does not hold", error);
      return;
    }
    this.#executor.run(effects);
    if (!core.isBroken) return;
    this.#core = undefined;
    this.#ports.onFailure("a quorum certified what this node finds invalid", undefined);
  }

  /** The core is over and another is to come. Resolves when all that it asked for is done. */
  async end(): Promise<void> {
    this.#between = this.#core?.progress;
    this.#core = undefined;
    await this.#executor.settled();
  }

  /** Takes nothing more from here on. */
  close(): void {
    this.#isClosed = true;
  }
}
