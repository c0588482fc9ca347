// What the node tells of its work, each thing once and in its order: to clients how far their transactions are, to
// operators how many and how soon, and to tests that watch from outside what came before what.

import { type Metrics, toHex } from "../base/index.ts";
import { blockHash, type Message, type Micros } from "../protocol/index.ts";
import type { CoreEffect } from "./core-events.ts";
import type { StatusBook } from "./status.ts";
import type { Trace } from "./trace.ts";

export interface JournalParts {
  readonly statuses: StatusBook;
  readonly metrics: Metrics;
  readonly trace: Trace | undefined;
  readonly now: () => Micros;
}

export class Journal {
  readonly #parts: JournalParts;
  /** When blocks that are not delivered yet became final; as many as may be unopened. */
  readonly #finalAt = new Map<number, number>();

  constructor(parts: JournalParts) {
    this.#parts = parts;
  }

  /** A message may be said again. */
  onSaid(message: Message): void {
    const { metrics, trace } = this.#parts;
    if (message.type === "shares") trace?.write("share-sent", { height: message.height });
    if (message.type === "propose") {
      const { header } = message;
      if (trace !== undefined)
        trace.write("proposed", {
          epoch: header.epoch,
          view: header.view,
          hash: toHex(blockHash(header)),
        });
      metrics.count("consensus_proposals_total");
    }
    if (message.type === "vote") {
      const { kind, epoch, view, hash } = message;
      trace?.write("voted", { kind, epoch, view, hash: toHex(hash) });
      metrics.count("consensus_votes_total", { kind });
    }
  }

  onOrdered({ height, time, groups, dropped }: Extract<CoreEffect, { type: "ordered" }>): void {
    const { statuses, metrics, trace } = this.#parts;
    const now = this.#parts.now();
    trace?.write("final", { height });
    this.#finalAt.set(height, now);
    for (const { namespace, ids } of groups)
      for (const [index, id] of ids.entries())
        statuses.ordered(id, { namespace, height, index }, now);
    for (const { id, reason } of dropped) statuses.dropped(id, reason, now);
    statuses.reached(height);
    const count = groups.reduce((sum, { ids }) => sum + ids.length, 0);
    metrics.count("ordered_transactions_total", {}, count);
    metrics.observe("consensus_finality_seconds", Math.max(0, now - time) / 1e6);
  }

  onDelivered({ height, batches, voidedBy }: Extract<CoreEffect, { type: "delivered" }>): void {
    const { statuses, metrics } = this.#parts;
    const now = this.#parts.now();
    if (voidedBy !== undefined) metrics.count("voided_batches_total");
    for (const { id, payload } of batches.flatMap(({ transactions }) => transactions)) {
      if (payload !== undefined) statuses.opened(id, now);
      else statuses.void(id, voidedBy === undefined ? "VOID" : "BATCH_VOID", now);
      metrics.count("opened_transactions_total", {
        result: payload === undefined ? "void" : "opened",
      });
    }
    const finalAt = this.#finalAt.get(height);
    this.#finalAt.delete(height);
    if (finalAt !== undefined) metrics.observe("opening_seconds", (now - finalAt) / 1e6);
  }
}
