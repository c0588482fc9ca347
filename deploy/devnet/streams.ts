// The namespaces as any customer sees them: followed with the SDK, every page verified against the genesis.

import { toHex } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { chainBatch, type Genesis, Namespace } from "../../protocol/index.ts";
import { ConclaveClient, type VerifiedBlock } from "../../sdk/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import type { DeliveredBatch, DeliveredStream } from "./observations.ts";

export interface StreamRequest {
  readonly genesis: Genesis;
  readonly group: SealingGroup;
  /** URLs; those listed first are followed first. */
  readonly endpoints: readonly string[];
}

/** Collects one namespace from the first height on. */
export class StreamCollector {
  readonly namespace: number;
  readonly #batches: DeliveredBatch[] = [];
  readonly #client: ConclaveClient;
  #chain: Uint8Array = new Uint8Array(32);
  #height = 0;
  #transactions = 0;

  constructor(namespace: number, { genesis, group, endpoints }: StreamRequest) {
    this.namespace = namespace;
    this.#client = new ConclaveClient({ endpoints, genesis, backends: { group, bls: blstBls } });
  }

  /** The last height that was delivered. */
  get height(): number {
    return this.#height;
  }

  /** Batches delivered so far. */
  get batches(): number {
    return this.#batches.length;
  }

  /** Transactions delivered so far. */
  get transactions(): number {
    return this.#transactions;
  }

  /** Until the signal says so. Throws `CodedError` NO_ENDPOINT_LEFT when no validator can be believed. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const block of this.#client.follow(Namespace(this.namespace), { signal }))
      this.#add(block);
  }

  stream(): DeliveredStream {
    return { namespace: this.namespace, batches: this.#batches };
  }

  #add({ height, batchHash, transactions }: VerifiedBlock): void {
    this.#height = height;
    if (batchHash === undefined) return;
    this.#transactions += transactions.length;
    this.#chain = chainBatch(this.#chain, batchHash);
    this.#batches.push({
      height,
      transactions: transactions.map(({ id, payload }) => ({
        id: toHex(id),
        isVoid: payload === undefined,
      })),
      batchesHash: toHex(this.#chain),
    });
  }
}
