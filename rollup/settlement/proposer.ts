// Proposes the rollup's roots: of batches that are settled, behind a last proposal that was found right, every so often. It
// keeps nothing: after a restart it follows the rollup again, and what stands on L1 says where it goes on.

import { CodedError } from "../../sdk/index.ts";
import type { RollupSource } from "../node/index.ts";
import type { Chunk } from "../proofs/index.ts";
import { chunkBytes, condense } from "./chunk.ts";
import type { Shadow } from "./shadow.ts";
import type { Proposal, VaultClient } from "./vault-client.ts";
import type { SettlementEvent, Watcher } from "./watcher.ts";

export interface ProposerOptions {
  readonly vault: VaultClient;
  readonly shadow: Shadow;
  readonly watcher: Watcher;
  /** Whichever comes first: so many batches, or so many seconds after the last proposal. */
  readonly everyBatches: number;
  readonly everySeconds: number;
  /** Of a proposal's chunks; nodes of L1 pass on transactions of 128 KiB. */
  readonly bytesMax: number;
  /** The clock, seconds. */
  readonly now: () => number;
  readonly report: (event: SettlementEvent) => void;
}

export class Proposer {
  readonly #options: ProposerOptions;

  constructor(options: ProposerOptions) {
    this.#options = options;
  }

  /** Proposes when it is time. */
  async round(): Promise<void> {
    const { vault, watcher, report } = this.#options;
    const last = await watcher.round();
    if (last === undefined) return;
    const batch = await this.#due(last);
    if (batch === undefined) return;
    const chunks = this.#pathFrom(last, batch);
    const to = chunks?.at(-1)?.batch;
    if (chunks === undefined || to === undefined) return;
    const index = await vault.propose(last.root, to, chunks);
    report({ type: "proposed", index, batch: to });
  }

  /** The batch that it is time to propose. */
  async #due({ batch, proposedAt }: Proposal): Promise<number | undefined> {
    const { vault, shadow, everyBatches, everySeconds, now } = this.#options;
    const settled = Math.min(await vault.settledBatches(), shadow.last);
    const isDue = settled - batch >= everyBatches || now() - proposedAt >= everySeconds;
    return settled > batch && isDue ? settled : undefined;
  }

  /** Towards the batch, as far as there is room. */
  #pathFrom(last: Proposal, batch: number): readonly Chunk[] | undefined {
    const { shadow, bytesMax, report } = this.#options;
    if (shadow.first > last.batch) {
      report({ type: "unknown", index: last.index, batch: last.batch });
      return undefined;
    }
    let to = batch;
    for (;;) {
      const chunks = condense(shadow.chunksBetween(last.batch, to), bytesMax);
      const size = chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
      if (size <= bytesMax || to === last.batch + 1) return chunks;
      to = last.batch + Math.max(1, Math.floor((to - last.batch) / 2));
    }
  }
}

/**
 * Has the shadow follow the source, beside which it must stand now; returns what ends it. Throws `CodedError` SHADOW_BEHIND
 * when the source is at another batch.
 */
export function attach(source: RollupSource, shadow: Shadow): () => void {
  const at = source.state.globals.batch;
  if (at !== shadow.last)
    throw new CodedError("SHADOW_BEHIND", `the shadow is at ${shadow.last}, its source at ${at}`);
  return source.subscribe(({ batch }) => shadow.follow(batch));
}

/** One round after the other until the signal; what fails is told, and tried again with the next. */
export async function keep(
  round: () => Promise<unknown>,
  options: {
    readonly everyMs: number;
    readonly signal: AbortSignal;
    readonly report: (event: SettlementEvent) => void;
  },
): Promise<void> {
  const { everyMs, signal, report } = options;
  while (!signal.aborted) {
    try {
      await round();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      report({ type: "failed", code: error.code, message: error.message });
    }
    await pause(everyMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
