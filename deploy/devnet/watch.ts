// Looks at a running devnet again and again: how the validators are, what became of the transactions.

import { setTimeout as sleep } from "node:timers/promises";
import type { SealingGroup } from "../../crypto/index.ts";
import type { ConclaveClient } from "../../sdk/index.ts";
import { fastClient } from "./client.ts";
import type { Devnet } from "./devnet.ts";
import type { Journal } from "./journal.ts";
import type { NodeCheckpoint, NodeStatus } from "./node-api.ts";
import type { Validator } from "./validators.ts";

const everyMs = 250;
/** Transactions asked about at a time: a validator has better things to do. */
const questionsMax = 50;

export interface WatchRequest {
  readonly devnet: Devnet;
  readonly journal: Journal;
  readonly group: SealingGroup;
  /** Whom to ask; their memory of transactions ends with their process. */
  readonly witnesses: readonly Validator[];
  readonly signal: AbortSignal;
}

export class Watch {
  /** As one of the witnesses said last. */
  status: NodeStatus | undefined;
  /** The newest that the L1 has taken. */
  checkpoint: NodeCheckpoint | undefined;
  l1Block = 0;
  readonly #request: WatchRequest;
  readonly #clients: readonly ConclaveClient[];

  constructor(request: WatchRequest) {
    this.#request = request;
    const { devnet, group, witnesses } = request;
    const { genesis } = devnet;
    this.#clients = witnesses.map(({ api }) =>
      fastClient({ genesis, group, endpoints: [api.url] }),
    );
  }

  /** Until the signal says so. Who does not answer is asked again later. */
  async run(): Promise<void> {
    const { signal } = this.#request;
    while (!signal.aborted) {
      await Promise.allSettled([this.#askChain(), this.#askTransactions()]);
      await sleep(everyMs);
    }
  }

  async #askChain(): Promise<void> {
    const { devnet, witnesses } = this.#request;
    const statuses = await Promise.allSettled(witnesses.map(({ api }) => api.status()));
    const answered = statuses.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    this.status = answered.toSorted((a, b) => b.final - a.final)[0] ?? this.status;
    this.l1Block = await devnet.provider.getBlockNumber();
    const latest = await witnesses[0]?.api.checkpoint();
    if (latest !== undefined && latest.l1Transaction !== null) this.checkpoint = latest;
  }

  async #askTransactions(): Promise<void> {
    const { journal } = this.#request;
    await Promise.allSettled(
      journal.due(questionsMax).map(async (entry, turn) => {
        const client = this.#clients[turn % this.#clients.length];
        journal.learn(entry, await client?.status(entry.id));
      }),
    );
  }
}
