// One transaction of the devnet's own: sealed, submitted to several validators, and written down.

import { setTimeout as sleep } from "node:timers/promises";
import { assert, CodedError, toHex } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import {
  faultyMax,
  type Genesis,
  type SealedTransaction,
  transactionId,
} from "../../protocol/index.ts";
import type { ConclaveClient, Network } from "../../sdk/index.ts";
import { fastClient } from "./client.ts";
import { type Journal, nowMicros, type Origin } from "./journal.ts";
import { sealIntent } from "./sealed-intent.ts";
import type { Intent } from "./traders.ts";

export interface SubmitterOptions {
  readonly genesis: Genesis;
  /** URLs of the nodes that have a seat now. */
  readonly endpoints: () => readonly string[];
  readonly group: SealingGroup;
  readonly journal: Journal;
  /** The last final height, from which expiry is counted. */
  readonly height: () => number;
  readonly signal: AbortSignal;
}

/** The transaction is sealed at once, and submitted only when `until` resolves. */
export interface Hold {
  readonly until: Promise<unknown>;
  readonly onSealed: (id: string) => void;
}

const attemptsMax = 10;
const attemptPauseMs = 500;
/** What a validator says to a transaction that stands in a block already: it came through another. */
const orderedCodes = new Set(["ALREADY_ORDERED", "ALREADY_SEEN"]);

export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #clients: Clients;
  #network: Network | undefined;
  #turn = 0;

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#clients = new Clients(options);
  }

  /** Throws a `CodedError` when nobody takes it after several attempts. */
  async submit(intent: Intent, origin: Origin, hold?: Hold): Promise<void> {
    const { group, journal, height, signal } = this.#options;
    const turn = this.#turn++;
    const client = (): ConclaveClient => this.#clients.at(turn);
    // The key outlives the committees, so that whoever has seen it once can seal for all of them.
    const network = (this.#network ??= await client().network());
    const transaction = await sealIntent(intent, { network, group, height: height() });
    const id = transactionId(transaction);
    hold?.onSealed(toHex(id));
    await hold?.until;
    const submittedAt = nowMicros();
    await submitPatiently(client, transaction, signal);
    journal.add({ id, namespace: intent.namespace, origin, submittedAt });
  }
}

/** One for each validator: it and the next f + 1, of which f may fail and one be down. */
class Clients {
  readonly #options: Pick<SubmitterOptions, "genesis" | "group" | "endpoints">;
  #endpoints = "";
  #clients: readonly ConclaveClient[] = [];

  constructor(options: Pick<SubmitterOptions, "genesis" | "group" | "endpoints">) {
    this.#options = options;
  }

  /** Of those who have a seat now, each in turn. */
  at(turn: number): ConclaveClient {
    const endpoints = this.#options.endpoints();
    if (endpoints.join() !== this.#endpoints) {
      this.#endpoints = endpoints.join();
      this.#clients = this.#clientsOf(endpoints);
    }
    const client = this.#clients[turn % this.#clients.length];
    assert(client !== undefined, "somebody has a seat");
    return client;
  }

  #clientsOf(endpoints: readonly string[]): ConclaveClient[] {
    const { genesis, group } = this.#options;
    const width = Math.min(endpoints.length, faultyMax(endpoints.length) + 2);
    return endpoints.map((_, first) => {
      const chosen = Array.from(
        { length: width },
        (_, i) => endpoints[(first + i) % endpoints.length] ?? "",
      );
      return fastClient({ genesis, group, endpoints: chosen });
    });
  }
}

/** The same bytes again and again: a transaction is ordered once, however often it is brought. */
async function submitPatiently(
  client: () => ConclaveClient,
  transaction: SealedTransaction,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await client().submit(transaction);
      return;
    } catch (error) {
      if (isOrdered(error)) return;
      if (attempt === attemptsMax || signal.aborted) throw error;
      await sleep(attemptPauseMs);
    }
}

function isOrdered(error: unknown): boolean {
  return codesOf(error).some((code) => orderedCodes.has(code));
}

/** For people: what was said, and what each validator answered that gave no receipt. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return [message, ...codesOf(error)].join(", ");
}

/** What each validator answered that gave no receipt. */
function codesOf(error: unknown): readonly string[] {
  const failures = error instanceof CodedError ? error.details["failures"] : undefined;
  if (!Array.isArray(failures)) return [];
  return failures.map(({ code }: { readonly code: string }) => code);
}
