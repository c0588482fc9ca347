// What reaches the cores from outside: clients with their transactions, and L1, to each at its own time.

import { toHex } from "../../../base/index.ts";
import type { L1Event } from "../../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import type { Cluster, Process } from "../cluster.ts";
import { type Observation, Violation } from "../observation.ts";
import type { SeededRandom } from "../random.ts";
import type { World } from "../world.ts";
import { type Clients, firstL1Block, type Sent } from "./clients.ts";
import { L1 } from "./l1.ts";

/** A client that waits says its transaction again after so long, µs. */
const repeatInterval = 1_000_000;

export interface TrafficParts {
  readonly world: World;
  readonly random: SeededRandom;
  readonly cluster: Cluster<CoreEvent, CoreEffect>;
  readonly processes: readonly Process[];
  readonly clients: Clients;
  /** How high the chain is. */
  readonly height: () => number;
  /** What else happens in an L1 block, asked when it is made. */
  readonly l1Events?: () => readonly L1Event[];
  /** The last L1 block that the process has read. */
  readonly l1Of: (process: Process) => number;
  /** Whether L1, and the nodes that others read it by, stand still now and then. */
  readonly hasStalls: boolean;
}

export class Traffic {
  readonly #parts: TrafficParts;
  readonly #l1: L1;
  readonly #tickets = new Map<number, string>();
  #isOver = false;

  constructor(parts: TrafficParts) {
    this.#parts = parts;
    const { random, hasStalls } = parts;
    const stalls: { from: number; for: number }[] = [];
    for (let from = 0; stalls.length < 4;) {
      from += random.between(1_000_000, 30_000_000);
      stalls.push({ from, for: random.between(2_000_000, 12_000_000) });
      from += 12_000_000;
    }
    this.#l1 = new L1(firstL1Block, parts.world.now, hasStalls ? stalls : [], parts.l1Events);
  }

  /** A stream of new transactions, each sent to some or all, now and then twice. */
  keepSubmitting(): void {
    if (this.#isOver) return;
    const { world, random, processes, clients, height } = this.#parts;
    const n = processes.length;
    const sent = clients.make(height());
    const reached = random.pick([1, 2, n, n]);
    const first = random.between(0, n - 1);
    for (let i = 0; i < reached; i++) {
      const process = processes[(first + i) % n];
      if (process === undefined) continue;
      const repeats = random.chance(0.1) ? 2 : 1;
      for (let repeat = 0; repeat < repeats; repeat++)
        world.after(random.between(500, 30_000), () => this.#submit(process, sent));
    }
    world.after(random.between(500, 60_000), () => this.keepSubmitting());
  }

  stopSubmitting(): void {
    this.#isOver = true;
  }

  /** Goes on where it stopped. */
  resumeSubmitting(): void {
    this.#isOver = false;
    this.keepSubmitting();
  }

  /** To these, as the SDK does while nobody has told it where its transaction stands. */
  keepRepeating(
    all: readonly Sent[],
    isOrdered: (sent: Sent) => boolean,
    to: readonly Process[],
  ): void {
    const missing = all.filter((sent) => !isOrdered(sent));
    for (const sent of missing) for (const process of to) this.#submit(process, sent);
    if (missing.length > 0)
      this.#parts.world.after(repeatInterval, () => this.keepRepeating(missing, isOrdered, to));
  }

  /** Polls at its own pace; sometimes its RPC is away for seconds. */
  keepReadingL1(process: Process): void {
    const { world, random, cluster, l1Of } = this.#parts;
    const isStalled = random.chance(0.05) && this.#parts.hasStalls;
    const pause = isStalled
      ? random.between(2_000_000, 5_000_000)
      : random.between(100_000, 700_000);
    world.after(pause, () => {
      for (let next = l1Of(process) + 1; cluster.isUp(process); next++) {
        const block = this.#l1.at(next, world.now);
        if (block === undefined) break;
        cluster.inject(process, (now) => ({ type: "l1", now, block }));
      }
      this.keepReadingL1(process);
    });
  }

  /** A receipt names what was asked about. */
  checkAnswer({
    process,
    ticket,
    receipt,
  }: Extract<Observation, { type: "answered" }>): Violation | undefined {
    if (!process.isHonest || receipt === undefined) return undefined;
    const isRight =
      this.#tickets.get(ticket) === toHex(receipt.id) && receipt.validator === process.validator;
    return isRight
      ? undefined
      : new Violation("receipts", `${process.id} signed for something else`);
  }

  #submit(process: Process, { id, transaction }: Sent): void {
    const ticket = this.#tickets.size + 1;
    this.#tickets.set(ticket, id);
    this.#parts.cluster.inject(process, (now) => ({ type: "submit", now, ticket, transaction }));
  }
}
