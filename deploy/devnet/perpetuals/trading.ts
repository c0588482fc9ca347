// The bots at work: each looks at the rollup now and then, and what it wants to do is signed, sealed and submitted like
// anybody's. Beside them the reporters tell the rollup what the prices are.

import { setTimeout as sleep } from "node:timers/promises";
import type { Class } from "../../../protocol/index.ts";
import { encodeActions, type RollupDomain, signActions } from "../../../rollup/index.ts";
import { keySigner, type SenderSignatures, type Signer } from "../../../sdk/index.ts";
import type { Origin } from "../journal.ts";
import { reasonOf, type Submitter } from "../submission.ts";
import type { MarketSight, Move } from "./bots/bot.ts";
import type { Role } from "./bots/cast.ts";
import { Chance } from "./chance.ts";
import { type Exchange, toSight } from "./exchange.ts";
import { type ListedMarket, listedMarkets } from "./markets.ts";
import type { World } from "./world.ts";

/** Who plays a role. */
export interface Trader {
  readonly role: Role;
  /** Of the owner of all its accounts. */
  readonly secretKey: Uint8Array;
  /** Their ids in the rollup, in the order of the role's deposits. */
  readonly accounts: readonly number[];
}

export interface TradingOptions {
  readonly traders: readonly Trader[];
  readonly world: World;
  readonly seed: number;
  readonly domain: RollupDomain;
  readonly signatures: SenderSignatures;
  readonly exchange: Exchange;
  readonly submitter: Submitter;
  readonly signal: AbortSignal;
  readonly onFailure: (why: string) => void;
}

const tickMs = 250;
/** Far below the age at which the rollup trusts a price no more. */
const oracleEveryMs = 2_000;
const listLifeMs = 60_000;
/** What is seen of the markets is as old as that at most. */
const sightMs = 500;
/** Streams of chance of the bots; those of the world come before them. */
const firstStream = 100;

interface Player extends Trader {
  readonly chance: Chance;
  readonly signer: Signer;
  nonce: number;
  dueMs: number;
  /** Whoever waits for an answer makes no further move. */
  isBusy: boolean;
}

/** Until the signal says so; resolves when nothing is under way any more. */
export async function trade(options: TradingOptions): Promise<void> {
  const desk = new Desk(options);
  const started = performance.now();
  while (!options.signal.aborted) {
    desk.tick(performance.now() - started);
    await sleep(tickMs);
  }
  await desk.finished();
}

class Desk {
  readonly #options: TradingOptions;
  readonly #players: readonly Player[];
  /** The reporters' reports are brought by anybody; here by one who does nothing else. */
  readonly #courier: Signer;
  /** No more than one for each player and market: who is busy begins nothing. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #reporting = new Set<ListedMarket>();
  #reports = 0;
  #reportDueMs = 0;
  #sight: { readonly atMs: number; readonly markets: Promise<readonly MarketSight[]> } | undefined;

  constructor(options: TradingOptions) {
    const { traders, signatures } = options;
    this.#options = options;
    this.#players = traders.map((trader, place) => toPlayer(trader, place, options));
    this.#courier = keySigner(crypto.getRandomValues(new Uint8Array(32)), signatures);
  }

  tick(elapsedMs: number): void {
    this.#options.world.goTo(elapsedMs);
    if (elapsedMs >= this.#reportDueMs) {
      this.#reportDueMs = elapsedMs + oracleEveryMs;
      for (const market of listedMarkets) this.#report(market);
    }
    for (const player of this.#players) {
      if (player.isBusy || elapsedMs < player.dueMs) continue;
      player.dueMs = elapsedMs + player.role.everyMs;
      player.isBusy = true;
      this.#keep(this.#turn(player, elapsedMs).finally(() => (player.isBusy = false)));
    }
  }

  async finished(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** One report of a market at a time: one that is overtaken by the next would be passed over. */
  #report(market: ListedMarket): void {
    if (this.#reporting.has(market)) return;
    this.#reporting.add(market);
    const payload = this.#options.world.report(market, Date.now());
    const nonce = ++this.#reports;
    const sent = this.#submit({ class: "oracle", payload, signer: this.#courier, nonce }, "oracle");
    this.#keep(sent.finally(() => this.#reporting.delete(market)));
  }

  async #turn(player: Player, elapsedMs: number): Promise<void> {
    const { role, chance, accounts } = player;
    const { exchange } = this.#options;
    const [markets, holdings] = await Promise.all([
      this.#markets(elapsedMs),
      Promise.all(accounts.map((each) => exchange.holding(each))),
    ]);
    const moves = role.bot({ chance, markets, holdings });
    await Promise.all(moves.map((move) => this.#act(player, move)));
  }

  #markets(elapsedMs: number): Promise<readonly MarketSight[]> {
    const { exchange, world } = this.#options;
    if (this.#sight === undefined || elapsedMs > this.#sight.atMs + sightMs)
      this.#sight = {
        atMs: elapsedMs,
        markets: exchange.status().then(({ markets }) =>
          // Before the oracle's first word there is nothing to go by.
          markets
            .filter(({ markTicks }) => markTicks > 0)
            .map((each) => toSight(each, world.fairTicks(each.id))),
        ),
      };
    return this.#sight.markets;
  }

  async #act(player: Player, { account, actions }: Move): Promise<void> {
    const { domain, signatures } = this.#options;
    const { secretKey, signer } = player;
    const nonce = ++player.nonce;
    const list = {
      account,
      key: 0,
      nonce,
      validUntilMs: Date.now() + listLifeMs,
      relayTip: 0n,
      relayer: new Uint8Array(20),
      actions,
    };
    const payload = encodeActions(signActions(domain, list, secretKey, signatures));
    const isCancel = actions.every(({ type }) => type === "cancel");
    await this.#submit({ class: isCancel ? "cancel" : "normal", payload, signer, nonce }, "bot");
  }

  #submit(
    intent: {
      readonly class: Class;
      readonly payload: Uint8Array;
      readonly signer: Signer;
      readonly nonce: number;
    },
    origin: Origin,
  ): Promise<void> {
    const { submitter, domain } = this.#options;
    return submitter.submit({ ...intent, namespace: domain.rollupId }, origin);
  }

  #keep(work: Promise<void>): void {
    const { onFailure, signal } = this.#options;
    const kept = work
      .catch((error: unknown) => {
        // At the end those who are asked may be gone already.
        if (!signal.aborted) onFailure(reasonOf(error));
      })
      .finally(() => this.#underWay.delete(kept));
    this.#underWay.add(kept);
  }
}

function toPlayer(
  trader: Trader,
  place: number,
  { seed, signatures }: Pick<TradingOptions, "seed" | "signatures">,
): Player {
  return {
    ...trader,
    chance: new Chance(seed, firstStream + place),
    signer: keySigner(trader.secretKey, signatures),
    nonce: 0,
    // Not all at once.
    dueMs: place * tickMs,
    isBusy: false,
  };
}
