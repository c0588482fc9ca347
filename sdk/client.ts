// The client of a network of validators, any of which may lie: what it returns was verified against the genesis.

import { CodedError } from "../base/index.ts";
import {
  fromGenesisJson,
  fromStatusJson,
  type Genesis,
  type Namespace,
  type SealedTransaction,
  type TransactionStatus,
} from "../protocol/index.ts";
import { Endpoint, type Fetch } from "./endpoint.ts";
import { learnEpochs } from "./epochs.ts";
import { followNamespace, type FollowOptions } from "./follow.ts";
import { type Network, requireGenesis, toNetwork } from "./network.ts";
import type { WebSocketConstructor } from "./pages.ts";
import { type Submission, submitToAll } from "./submit.ts";
import type { Backends, VerifiedBlock } from "./verify.ts";

export interface ClientOptions {
  /** URLs of nodes, at least f + 1 validators' to submit; those listed first are followed first. */
  readonly endpoints: readonly string[];
  /** What is trusted: the genesis, or its hash (32 bytes), for which the endpoints are then asked. */
  readonly genesis: Genesis | { readonly hash: Uint8Array };
  /** The platform's own unless said otherwise. */
  readonly fetch?: Fetch;
  /** The platform's own unless said otherwise; null to ask again and again instead. */
  readonly WebSocket?: WebSocketConstructor | null;
  /** Libraries that are faster than those of a browser. */
  readonly backends?: Backends;
  /** How long one answer may take, ms. */
  readonly timeoutMs?: number;
  /** How often to ask for new blocks without a WebSocket, ms. */
  readonly pollMs?: number;
  /** After how long without new blocks to turn to another endpoint, ms. */
  readonly silenceMs?: number;
}

export class ConclaveClient {
  readonly #options: ClientOptions;
  readonly #endpoints: readonly Endpoint[];
  #network: Promise<Network> | undefined;

  /** Throws `CodedError` NO_ENDPOINTS or BAD_ENDPOINT. */
  constructor(options: ClientOptions) {
    const { endpoints, fetch = (url, init) => globalThis.fetch(url, init) } = options;
    const { timeoutMs = 10_000 } = options;
    if (endpoints.length === 0)
      throw new CodedError("NO_ENDPOINTS", "a client needs the URL of at least one node");
    this.#options = options;
    this.#endpoints = endpoints.map((url) => new Endpoint(url, { fetch, timeoutMs }));
  }

  /** What follows from the genesis: needed to seal. Asks the endpoints once when only its hash is trusted. */
  network(): Promise<Network> {
    this.#network ??= this.#loadNetwork().catch((error: unknown) => {
      this.#network = undefined;
      throw error;
    });
    return this.#network;
  }

  /** To all endpoints at once. Throws `CodedError` TOO_FEW_RECEIPTS. */
  async submit(transaction: SealedTransaction): Promise<Submission> {
    const { backends } = this.#options;
    const network = await this.network();
    return submitToAll(transaction, network, this.#endpoints, backends);
  }

  /** The first endpoint's word that knows the transaction (32 bytes); undefined when none does. */
  async status(id: Uint8Array): Promise<TransactionStatus | undefined> {
    let answers = 0;
    let failure: unknown;
    for (const endpoint of this.#endpoints)
      try {
        const json = await endpoint.status(id);
        answers++;
        if (json !== undefined) return fromStatusJson(json);
      } catch (error) {
        failure = error;
      }
    if (answers === 0) throw failure;
    return undefined;
  }

  /** The namespace's part of every final block, in order, without gaps, for as long as it is read. */
  async *follow(
    namespace: Namespace,
    options: FollowOptions = {},
  ): AsyncGenerator<VerifiedBlock, void, undefined> {
    const { WebSocket = globalThis.WebSocket, backends = {} } = this.#options;
    const { pollMs = 500, silenceMs = 15_000 } = this.#options;
    const context = {
      network: await this.network(),
      endpoints: this.#endpoints,
      backends,
      pages: { WebSocket: WebSocket ?? undefined, pollMs, silenceMs },
    };
    yield* followNamespace(namespace, context, options);
  }

  /** Also learns which committees have followed that of genesis, from the first endpoint that answers. */
  async #loadNetwork(): Promise<Network> {
    const network = await this.#loadGenesis();
    const { backends = {} } = this.#options;
    for (const endpoint of this.#endpoints)
      try {
        await learnEpochs(endpoint, network, { backends });
        break;
      } catch (error) {
        // What none of them shows is learned later, with the first page or receipt that needs it.
        if (!(error instanceof CodedError)) throw error;
      }
    return network;
  }

  async #loadGenesis(): Promise<Network> {
    const { genesis, backends } = this.#options;
    if (!("hash" in genesis)) return toNetwork(genesis, backends?.group);
    let failure: unknown;
    for (const endpoint of this.#endpoints)
      try {
        const loaded = fromGenesisJson(await endpoint.genesis());
        return toNetwork(requireGenesis(loaded, genesis.hash), backends?.group);
      } catch (error) {
        failure = error;
      }
    throw failure;
  }
}
