// The world outside the rollup: prices that move whether anyone looks or not, and the reporters' keys that vouch for them.

import type { RollupDomain } from "../../../rollup/index.ts";
import { encodeOracleUpdate, signReport } from "../../../rollup/index.ts";
import type { SenderSignatures } from "../../../sdk/index.ts";
import { Chance } from "./chance.ts";
import { type ListedMarket, listedMarkets } from "./markets.ts";
import { type PathName, PricePath, stepMs } from "./price-path.ts";
import { readPrice } from "./reporters.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly path: PathName;
  readonly domain: RollupDomain;
  /** Secret keys by reporter. */
  readonly reporters: readonly Uint8Array[];
  readonly signatures: SenderSignatures;
}

const streams = { reporters: 0, markets: 1 };

export class World {
  readonly #options: WorldOptions;
  readonly #chance: Chance;
  readonly #paths: ReadonlyMap<number, PricePath>;
  #steps = 0;

  constructor(options: WorldOptions) {
    const { seed, path } = options;
    this.#options = options;
    this.#chance = new Chance(seed, streams.reporters);
    this.#paths = new Map(
      listedMarkets.map(({ id, startTicks }, i) => [
        id,
        new PricePath(new Chance(seed, streams.markets + i), path, startTicks),
      ]),
    );
  }

  /** To where the prices are so long after the beginning. */
  goTo(elapsedMs: number): void {
    for (; this.#steps * stepMs < elapsedMs; this.#steps++)
      for (const path of this.#paths.values()) path.next();
  }

  fairTicks(market: number): number {
    return this.#paths.get(market)?.ticks ?? 0;
  }

  /** What the reporters say of a market now, as the payload of a transaction. */
  report({ id }: ListedMarket, publishTimeMs: number): Uint8Array {
    const { domain, reporters, signatures } = this.#options;
    const reports = readPrice(this.#chance, this.fairTicks(id)).flatMap((reading) => {
      const secretKey = reporters[reading.reporter];
      if (secretKey === undefined) return [];
      const { reporter, priceTicks, confidencePpm } = reading;
      const report = { market: id, priceTicks, confidencePpm, publishTimeMs };
      return [signReport(domain, report, { reporter, secretKey }, signatures)];
    });
    return encodeOracleUpdate({ market: id, publishTimeMs, reports });
  }
}
