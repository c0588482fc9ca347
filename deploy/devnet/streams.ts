// The namespaces as any customer sees them: followed with the SDK, every page verified against the genesis.

import { toHex } from "../../base/index.ts";
import { chainBatch, Namespace } from "../../protocol/index.ts";
import type { ConclaveClient, EndpointFault, VerifiedBlock } from "../../sdk/index.ts";
import { type ClientRequest, fastClient } from "./client.ts";
import type { DeliveredBatch, DeliveredStream } from "./observations.ts";

export interface StreamRequest extends ClientRequest {
  /** Hears of each transaction as it is delivered, by its id. */
  readonly onDelivered?: (id: string) => void;
}

/** Collects one namespace from the first height on. */
export class StreamCollector {
  readonly namespace: number;
  /** What it found that no honest node does. */
  readonly lies: { readonly endpoint: string; readonly code: string }[] = [];
  readonly #batches: DeliveredBatch[] = [];
  readonly #client: ConclaveClient;
  readonly #onDelivered: ((id: string) => void) | undefined;
  #chain: Uint8Array = new Uint8Array(32);
  #height = 0;
  #transactions = 0;
  #lastFilled = 0;

  constructor(namespace: number, { onDelivered, ...request }: StreamRequest) {
    this.namespace = namespace;
    this.#client = fastClient(request);
    this.#onDelivered = onDelivered;
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

  /** The last batch that holds a transaction, counted from 1; a batch may hold messages of L1 alone. */
  get lastFilled(): number {
    return this.#lastFilled;
  }

  /** Until the signal says so. Throws `CodedError` NO_ENDPOINT_LEFT when no validator can be believed. */
  async run(signal: AbortSignal): Promise<void> {
    const options = {
      signal,
      onFault: ({ endpoint, code, isLie }: EndpointFault): void => {
        if (isLie) this.lies.push({ endpoint, code });
      },
    };
    for await (const block of this.#client.follow(Namespace(this.namespace), options))
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
    for (const { id } of transactions) this.#onDelivered?.(toHex(id));
    this.#batches.push({
      height,
      transactions: transactions.map(({ id, payload }) => ({
        id: toHex(id),
        isVoid: payload === undefined,
      })),
      batchesHash: toHex(this.#chain),
    });
    if (transactions.length > 0) this.#lastFilled = this.#batches.length;
  }
}
