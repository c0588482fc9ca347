// Traders who bring sealed transactions at a steady rate through everything that happens: who is refused tries again for
// a while, with the same bytes.

import { setTimeout as sleep } from "node:timers/promises";
import { assert } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { fastClient } from "../../deploy/devnet/client.ts";
import { keepPace } from "../../deploy/devnet/pace.ts";
import { sealIntent } from "../../deploy/devnet/sealed-intent.ts";
import type { Intent, Traders } from "../../deploy/devnet/traders.ts";
import {
  faultyMax,
  type Genesis,
  type SealedTransaction,
  transactionId,
} from "../../protocol/index.ts";
import { type ConclaveClient, type Network, toNetwork } from "../../sdk/index.ts";
import type { Book } from "./book.ts";

export interface LoadOptions {
  readonly genesis: Genesis;
  readonly group: SealingGroup;
  /** URLs by validator. */
  readonly endpoints: readonly string[];
  readonly traders: Traders;
  readonly book: Book;
  /** Whose receipts count. */
  readonly honest: readonly number[];
  /** Transactions per second. */
  readonly rate: number;
  /** The last final height, from which expiry is counted. */
  readonly height: () => number;
  readonly signal: AbortSignal;
}

/** Brought and neither taken nor given up; beyond them the traders wait. */
const inFlightMax = 64;
/** Promised and not delivered; beyond them as well. */
const outstandingMax = 2_000;
const attemptsMax = 30;
const attemptPauseMs = 500;

/** Until the signal says so; resolves when nothing is under way any more. */
export async function bringLoad(options: LoadOptions): Promise<void> {
  const { genesis, group, traders, book, rate, signal } = options;
  const network = toNetwork(genesis, group);
  const clients = makeClients(options);
  const isHeldUp = (): boolean => book.outstanding >= outstandingMax;
  await keepPace({ rate, count: Infinity, inFlightMax, isHeldUp, signal }, async (turn) => {
    const client = clients[turn % clients.length];
    assert(client !== undefined, "somebody is asked");
    await bringOne(options, { network, client, intent: traders.next(turn) });
  });
}

/** Most ask honest validators alone, whose receipts are promises; one asks who comes first, whoever it is. */
function makeClients({
  genesis,
  group,
  endpoints,
  honest,
}: LoadOptions): readonly ConclaveClient[] {
  const width = 2 * faultyMax(endpoints.length) + 1;
  const promising = honest.map((_, first) => rotated(honest, first).slice(0, width));
  const all = [...endpoints.keys()].toReversed();
  return [...promising, all].map((seats) =>
    fastClient({ genesis, group, endpoints: seats.map((seat) => endpoints[seat] ?? "") }),
  );
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  return [...list.slice(by), ...list.slice(0, by)];
}

interface Bringing {
  readonly network: Network;
  readonly client: ConclaveClient;
  readonly intent: Intent;
}

async function bringOne(
  { group, book, honest, height, signal }: LoadOptions,
  { network, client, intent }: Bringing,
): Promise<void> {
  const transaction = await sealIntent(intent, { network, group, height: height() });
  book.bring(transactionId(transaction), intent.namespace);
  const validators = await insist(client, transaction, signal);
  const receipts = validators.filter((each) => honest.includes(each)).length;
  book.take(transactionId(transaction), receipts);
}

/** The validators that gave a receipt; none when it was given up. */
async function insist(
  client: ConclaveClient,
  transaction: SealedTransaction,
  signal: AbortSignal,
): Promise<readonly number[]> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++)
    try {
      const { receipts } = await client.submit(transaction);
      return receipts.map(({ validator }) => validator);
    } catch {
      // Down, standing still, or without the place by now: it may stand in a block already.
      if (signal.aborted) break;
      await sleep(attemptPauseMs);
    }
  return [];
}
