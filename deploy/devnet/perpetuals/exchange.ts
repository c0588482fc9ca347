// The perpetuals rollup as its traders see it: through the interface of a node that follows it. Nothing is verified here;
// whoever doubts the node runs another.

import { CodedError } from "../../../base/index.ts";
import type {
  AccountJson,
  LiquidationJson,
  MarketJson,
  OrderJson,
  StatusJson,
} from "../../../rollup/api/index.ts";
import type { Quanta } from "../../../rollup/engine/index.ts";
import type { Holding, MarketSight } from "./bots/bot.ts";

/** A node that has just been started on a busy machine answers late, and is well all the same. */
const requestMs = 10_000;

export class Exchange {
  readonly url: string;
  #markets: readonly MarketJson[] = [];

  constructor(url: string) {
    this.url = url;
  }

  async isReady(): Promise<boolean> {
    try {
      await this.status();
      return true;
    } catch {
      return false;
    }
  }

  async status(): Promise<StatusJson> {
    const status = await this.#get<StatusJson>("/v1/status");
    this.#markets = status.markets;
    return status;
  }

  /** What the markets were marked at when the status was asked for last: for people. */
  get prices(): string {
    return this.#markets
      .filter(({ markTicks }) => markTicks > 0)
      .map(({ name, markTicks, tickSize }) => `${name} ${priceOf(markTicks, tickSize)}`)
      .join(" ");
  }

  async account(id: number): Promise<AccountJson> {
    const { data } = await this.#get<{ readonly data: AccountJson }>(`/v1/accounts/${id}`);
    return data;
  }

  /** In the order in which they were made. @param owner An address, 0x and hex. */
  async accountsOf(owner: string): Promise<readonly AccountJson[]> {
    type Page = { readonly accounts: readonly AccountJson[] };
    return (await this.#get<Page>(`/v1/accounts?owner=${owner}`)).accounts;
  }

  async holding(id: number): Promise<Holding> {
    type Page = { readonly orders: readonly OrderJson[] };
    const [{ equity, positions }, { orders }] = await Promise.all([
      this.account(id),
      this.#get<Page>(`/v1/accounts/${id}/orders`),
    ]);
    return {
      account: id,
      equity: toQuanta(equity),
      lots: new Map(positions.map(({ market, lots }) => [market, lots])),
      orders,
    };
  }

  /** The newest, as far as the node keeps them. */
  async liquidations(): Promise<readonly LiquidationJson[]> {
    type Page = { readonly liquidations: readonly LiquidationJson[] };
    return (await this.#get<Page>("/v1/liquidations")).liquidations;
  }

  async #get<T>(path: string): Promise<T> {
    const response = await this.#fetch(path);
    if (response.ok) return (await response.json()) as T;
    throw new CodedError("NODE_REFUSED", `${this.url}${path} answers ${response.status}`);
  }

  async #fetch(path: string): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(requestMs) });
    } catch (cause) {
      throw new CodedError("NODE_UNREACHABLE", `${this.url} does not answer`, { cause });
    }
  }
}

/** @param fairTicks In the world outside, of which the rollup hears a little later. */
export function toSight(market: MarketJson, fairTicks: number): MarketSight {
  const { id, indexTicks, markTicks, bidTicks, askTicks, initialPpm, takerFeePpm } = market;
  return {
    id,
    fairTicks,
    indexTicks,
    markTicks,
    bestBid: bidTicks ?? 0,
    bestAsk: askTicks ?? 0,
    unit: toQuanta(market.unit),
    initialPpm,
    takerFeePpm,
  };
}

/** From USDC as a decimal string of at most twelve places. Throws `CodedError` NODE_REFUSED for what is none. */
export function toQuanta(text: string): Quanta {
  const [, sign, whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(text) ?? [];
  if (whole === "") throw new CodedError("NODE_REFUSED", `${text} is no amount`);
  const quanta = BigInt(whole + fraction.padEnd(12, "0"));
  return sign === "-" ? -quanta : quanta;
}

/** With as many decimals as a tick has. */
function priceOf(ticks: number, tickSize: string): string {
  const decimals = tickSize.split(".")[1]?.length ?? 0;
  return (ticks * Number(tickSize)).toFixed(decimals);
}
