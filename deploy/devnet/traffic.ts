// A steady stream of transactions: made by traders, sealed, and submitted to several validators at once.

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
import { type Journal, nowMicros } from "./journal.ts";
import { keepPace } from "./pace.ts";
import { sealIntent } from "./sealed-intent.ts";
import type { Intent, Traders } from "./traders.ts";

export interface TrafficOptions {
  readonly genesis: Genesis;
  /** URLs of the nodes that have a seat now. */
  readonly endpoints: () => readonly string[];
  readonly group: SealingGroup;
  readonly traders: Traders;
  readonly journal: Journal;
  /** Transactions per second. */
  readonly rate: number;
  /** After how many to stop. */
  readonly count: number;
  /** The last final height, from which expiry is counted. */
  readonly height: () => number;
  readonly signal: AbortSignal;
  /** The first transaction is sealed at once, and submitted only when this resolves. */
  readonly holdFirst?: {
    readonly until: Promise<unknown>;
    readonly onSealed: (id: string) => void;
  };
  /** Hears why a transaction could not be submitted, after several attempts. */
  readonly onFailure: (why: string) => void;
}

/** Submissions under way at a time; whoever is slower than the rate makes it wait. */
const inFlightMax = 64;
/** Transactions that have further to go; with so many, the network is told nothing new by another. */
const openMax = 5_000;
const attemptsMax = 10;
const attemptPauseMs = 500;
/** What a validator says to a transaction that stands in a block already: it came through another. */
const orderedCodes = new Set(["ALREADY_ORDERED", "ALREADY_SEEN"]);

/** Resolves when all are submitted, or the signal says so. */
export async function runTraffic(options: TrafficOptions): Promise<void> {
  const { traders, journal, rate, count, signal } = options;
  const clients = new Clients(options);
  // The key outlives the committees, so that whoever has seen it once can seal for all of them.
  const network = await clients.at(0).network();
  const isHeldUp = (): boolean => journal.open >= openMax;
  await keepPace({ rate, count, inFlightMax, isHeldUp, signal }, async (turn) => {
    const held = turn === 0 ? options.holdFirst : undefined;
    const client = (): ConclaveClient => clients.at(turn);
    try {
      await submitOne(options, { network, client, held, intent: traders.next(turn) });
    } catch (error) {
      options.onFailure(reasonOf(error));
    }
  });
}

/** One for each validator: it and the next f + 1, of which f may fail and one be down. */
class Clients {
  readonly #options: Pick<TrafficOptions, "genesis" | "group" | "endpoints">;
  #endpoints = "";
  #clients: readonly ConclaveClient[] = [];

  constructor(options: Pick<TrafficOptions, "genesis" | "group" | "endpoints">) {
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

interface Attempt {
  readonly network: Network;
  /** Asked anew for each attempt: committees change. */
  readonly client: () => ConclaveClient;
  readonly held: TrafficOptions["holdFirst"];
  readonly intent: Intent;
}

async function submitOne(
  options: TrafficOptions,
  { network, client, held, intent }: Attempt,
): Promise<void> {
  const { group, journal, height } = options;
  const transaction = await sealIntent(intent, { network, group, height: height() });
  const id = transactionId(transaction);
  held?.onSealed(toHex(id));
  await held?.until;
  const submittedAt = nowMicros();
  await submitPatiently(client, transaction, options.signal);
  journal.add(id, intent.namespace, submittedAt);
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

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return [message, ...codesOf(error)].join(", ");
}

/** What each validator answered that gave no receipt. */
function codesOf(error: unknown): readonly string[] {
  const failures = error instanceof CodedError ? error.details["failures"] : undefined;
  if (!Array.isArray(failures)) return [];
  return failures.map(({ code }: { readonly code: string }) => code);
}
