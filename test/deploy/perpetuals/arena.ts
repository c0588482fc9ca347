// The devnet's bots against the engine alone, without a network: simulated time, and the same rules.

import {
  type Bot,
  type Holding,
  type MarketSight,
} from "../../../deploy/devnet/perpetuals/bots/bot.ts";
import type { Role } from "../../../deploy/devnet/perpetuals/bots/cast.ts";
import { Chance } from "../../../deploy/devnet/perpetuals/chance.ts";
import { devnetRollup, listedMarkets } from "../../../deploy/devnet/perpetuals/markets.ts";
import { type PathName, PricePath, stepMs } from "../../../deploy/devnet/perpetuals/price-path.ts";
import { readPrice } from "../../../deploy/devnet/perpetuals/reporters.ts";
import {
  Engine,
  type EngineEvent,
  genesisState,
  type SignedList,
  type State,
  type SystemMessage,
} from "../../../rollup/engine/index.ts";
import { keccak256, u64Bytes, utf8 } from "../../../sdk/index.ts";

export interface Player {
  readonly role: Role;
  /** Its accounts' ids. */
  readonly accounts: readonly number[];
  readonly chance: Chance;
  dueMs: number;
}

const oracleEveryMs = 2_000;
const firstAccount = 2;

export class Arena {
  readonly engine: Engine = new Engine(genesisState(devnetRollup));
  readonly events: EngineEvent[] = [];
  readonly players: readonly Player[];
  readonly #paths: readonly PricePath[];
  readonly #chance: Chance;
  #timeMs = 1_000_000;
  #nonce = 0;
  #l1Index = 0;

  constructor(roles: readonly Role[], path: PathName, seed = 1) {
    this.#chance = new Chance(seed, 0);
    this.#paths = listedMarkets.map(
      ({ startTicks }, i) => new PricePath(new Chance(seed, 1 + i), path, startTicks),
    );
    let next = firstAccount;
    this.players = roles.map((role, i) => ({
      role,
      accounts: role.deposits.map(() => next++),
      chance: new Chance(seed, 100 + i),
      dueMs: this.#timeMs + 2_000 + 100 * i,
    }));
    const markets = listedMarkets.map(({ id, parameters }) => ({
      type: "set-market",
      market: id,
      parameters,
      l1Index: this.#l1Index++,
    }));
    const deposits = this.players.flatMap(({ role }) =>
      role.deposits.map((amount, subId) => ({
        type: "deposit",
        owner: ownerOf(role.name),
        subId,
        tokenAmount: BigInt(amount) * 1_000_000n,
        l1Index: this.#l1Index++,
      })),
    );
    this.#batch([...markets, ...deposits] as SystemMessage[], []);
  }

  get state(): State {
    return this.engine.state;
  }

  player(name: string): Player {
    const found = this.players.find(({ role }) => role.name === name);
    if (found === undefined) throw new Error(`nobody is called ${name}`);
    return found;
  }

  holdings(name: string): readonly Holding[] {
    return this.player(name).accounts.map((account) => this.#holding(account));
  }

  run(seconds: number): this {
    for (let left = (seconds * 1_000) / stepMs; left > 0; left--) {
      for (const path of this.#paths) path.next();
      this.#step();
    }
    return this;
  }

  /** What the bots see. */
  sight(): readonly MarketSight[] {
    return listedMarkets.map(({ id, parameters }, i) => {
      const market = this.state.markets.find((each) => each.id === id);
      return {
        id,
        fairTicks: this.#paths[i]?.ticks ?? 0,
        indexTicks: market?.indexTicks ?? 0,
        markTicks: market?.markTicks ?? 0,
        unit: parameters.unit,
        initialPpm: parameters.tiers[0]?.initialPpm ?? 0,
        takerFeePpm: parameters.takerFeePpm,
        ...this.#touch(id),
      };
    });
  }

  #step(): void {
    const system: SystemMessage[] = [
      {
        type: "l1-info",
        l1TimeMs: this.#timeMs,
        anchoredBatch: this.state.globals.batch,
        anchoredTimeMs: this.#timeMs,
      },
    ];
    if (this.#timeMs % oracleEveryMs < stepMs)
      for (const [i, { id }] of listedMarkets.entries())
        system.push({
          type: "oracle",
          market: id,
          publishTimeMs: this.#timeMs,
          reports: readPrice(this.#chance, this.#paths[i]?.ticks ?? 0),
        });
    const lists = this.players.flatMap((player) => this.#turn(player));
    this.#batch(system, lists);
  }

  #turn(player: Player): SignedList[] {
    if (this.#timeMs < player.dueMs) return [];
    player.dueMs += player.role.everyMs;
    const { chance, accounts, role } = player;
    const holdings = accounts.map((account) => this.#holding(account));
    const markets = this.sight();
    return role.bot({ chance, markets, holdings }).map(({ account, actions }) => {
      const nonce = ++this.#nonce;
      return {
        signer: ownerOf(role.name),
        digest: keccak256(u64Bytes(nonce)),
        account,
        key: 0,
        nonce,
        validUntilMs: Number.MAX_SAFE_INTEGER,
        relayTip: 0n,
        relayer: new Uint8Array(20),
        actions,
      };
    });
  }

  #batch(system: readonly SystemMessage[], lists: readonly SignedList[]): void {
    const number = this.state.globals.batch + 1;
    const seed = keccak256(u64Bytes(number));
    const { events } = this.engine.apply({ number, timeMs: this.#timeMs, seed, system, lists });
    this.events.push(...events);
    this.#timeMs += stepMs;
  }

  #holding(id: number): Holding {
    const account = this.state.accounts[id];
    if (account === undefined) throw new Error(`there is no account ${id}`);
    const marks = new Map(this.state.markets.map((each) => [each.id, each]));
    let equity = account.cash;
    for (const { market, lots, fundingIndex } of account.exposures) {
      const of = marks.get(market);
      if (of === undefined) throw new Error(`there is no market ${market}`);
      equity += BigInt(lots) * BigInt(of.markTicks) * of.parameters.unit;
      equity -= BigInt(lots) * (of.fundingIndex - fundingIndex);
    }
    return {
      account: id,
      equity,
      lots: new Map(account.exposures.map(({ market, lots }) => [market as number, lots])),
      orders: account.exposures.flatMap(({ orders }) => orders),
    };
  }

  #touch(market: number): { readonly bestBid: number; readonly bestAsk: number } {
    const resting = this.state.orders.filter((each) => each?.market === market);
    const prices = (isBuy: boolean): number[] =>
      resting.flatMap((each) => (each?.isBuy === isBuy ? [each.priceTicks] : []));
    const bids = prices(true);
    const asks = prices(false);
    return { bestBid: Math.max(0, ...bids), bestAsk: asks.length === 0 ? 0 : Math.min(...asks) };
  }
}

export function ownerOf(name: string): Uint8Array {
  return keccak256(utf8(name)).slice(12);
}

/** A role of one bot, with so much in each of its accounts. */
export function roleOf(name: string, bot: Bot, deposits: readonly number[]): Role {
  return { name, bot, deposits, everyMs: 1_000 };
}
