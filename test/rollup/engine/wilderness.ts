// What a campaign meets besides trading: parameters of every sound kind, which change while it runs, silent oracles, an L1
// that stands still, keys with limits, tips, forged and stale and repeated lists. Calm, it adds nothing and draws nothing.

import {
  type AuthorizeKey,
  isSoundMarket,
  type MarketId,
  type MarketParameters,
  type RollupParameters,
  scopes,
  type SignedList,
} from "../../../rollup/engine/index.ts";
import type { SeededRandom } from "../../sim/random.ts";
import { addressOfTrader, marketParameters, type World } from "./world.ts";

const usdc = 10n ** 12n;
const remembered = 200;

export class Wilderness {
  readonly #random: SeededRandom;
  readonly #isWild: boolean;
  readonly #silentUntil: Record<"oracle" | "l1", number> = { oracle: 0, l1: 0 };
  readonly #sent: SignedList[] = [];

  constructor(random: SeededRandom, isWild: boolean) {
    this.#random = random;
    this.#isWild = isWild;
  }

  parameters(): Partial<MarketParameters> {
    if (!this.#isWild) return {};
    const random = this.#random;
    const bandPpm = random.pick([5_000, 20_000, 50_000, 200_000, 500_000]);
    const takerFeePpm = random.pick([0, 1, 500, 5_000]);
    const initialPpm = random.pick([20_000, 50_000, 200_000]);
    const firstTier = BigInt(random.pick([100, 10_000, 1_000_000])) * usdc;
    const drawn: Partial<MarketParameters> = {
      // Not always one by which everything can be divided.
      unit: random.pick([100_000_000n, 99_999_989n]),
      bandPpm,
      takerFeePpm,
      makerFeePpm: random.between(0, takerFeePpm),
      liquidationFeePpm: random.pick([0, 2_000, 20_000]),
      moveCapPpm: random.pick([10_000, 100_000, 400_000]),
      auctionEvery: random.pick([1, 1, 1, 2, 5]),
      orderLotsMin: random.pick([1, 1, 10]),
      positionLotsMax: random.pick([2 ** 36, 2 ** 36, 3_000]),
      openLotsMax: random.pick([2 ** 38, 2 ** 38, 10_000]),
      openLotsScale: random.pick([2 ** 38, 2_000]),
      tiers: [
        { notionalMax: firstTier, initialPpm, maintenancePpm: initialPpm / 2 },
        {
          notionalMax: 10n ** 30n,
          initialPpm: 2 * initialPpm,
          maintenancePpm: random.pick([initialPpm / 2, initialPpm]),
        },
      ],
      bufferMode: random.pick(["off", "restrict", "delever"]),
      bufferMilliSigmas: random.pick([1_000, 3_000, 20_000]),
      bufferPpmMax: random.pick([0, 50_000, 500_000]),
      participationPpm: random.pick([10_000, 250_000, 500_000]),
      depthLotsMin: random.pick([1, 100, 1_000]),
      smallNotional: BigInt(random.pick([0, 1, 500])) * usdc,
      liquidationSpreadPpm: Math.min(bandPpm, random.pick([1_000, 20_000, 200_000])),
      interestPpb: random.pick([0, 100_000, -50_000_000]),
      fundingCapPpb: random.pick([0, 40_000_000, 1_000_000_000]),
      jumpPpmMin: random.pick([10_000, 100_000, 400_000]),
      takeoverNotionalMax: random.pick([0n, 1_000n * usdc, 10n ** 24n]),
    };
    return isSoundMarket({ ...marketParameters, ...drawn }) ? drawn : {};
  }

  rollup(): Partial<RollupParameters> {
    if (!this.#isWild) return {};
    const random = this.#random;
    const anchorSoftMs = random.pick([5_000, 60_000, 600_000]);
    return {
      openOrdersMax: random.pick([2, 8, 128]),
      anchorGraceMs: random.pick([0, 2_000, 120_000]),
      anchorSoftMs,
      anchorHardMs: anchorSoftMs * random.pick([1, 3]),
      restartBatches: random.pick([0, 0, 2, 5]),
      withdrawalGateBatches: random.pick([0, 4, 20]),
      outflowWindowMs: random.pick([1_000, 3_600_000]),
      outflowMax: BigInt(random.pick([100, 1_000, 1_000_000])) * usdc,
      takeoverPerDayMax: random.pick([0n, 200n * usdc, 10n ** 24n]),
      deleveragedMax: random.pick([1, 3, 1_000]),
    };
  }

  isSilent(who: "oracle" | "l1", at: number): boolean {
    if (!this.#isWild || at === 0) return false;
    if (at < this.#silentUntil[who]) return true;
    if (this.#random.chance(0.02)) this.#silentUntil[who] = at + this.#random.between(1, 40);
    return at < this.#silentUntil[who];
  }

  passMs(): number {
    if (!this.#isWild) return 250;
    if (this.#random.chance(0.003)) return 1_900_000;
    return this.#random.chance(0.05) ? this.#random.pick([0, 4_000, 16_000, 61_000]) : 250;
  }

  /** Some days have the end of an hour in them. */
  startMs(): number {
    return this.#isWild ? this.#random.pick([1_000_000, 1_690_000, 3_570_000]) : 1_000_000;
  }

  keyLimits(ids: readonly MarketId[], timeMs: number): Partial<AuthorizeKey> {
    if (!this.#isWild) return {};
    const random = this.#random;
    return {
      scopes: random.pick([scopes.trade, scopes.trade | scopes.cancel, scopes.cancel, 7]),
      markets: random.chance(0.5) ? [random.pick(ids)] : [],
      maxNotional: random.chance(0.5) ? 500n * usdc : 0n,
      expiryMs: random.chance(0.3) ? timeMs + 30_000 : Number.MAX_SAFE_INTEGER,
    };
  }

  /** As it comes, or with a tip, too late, or signed by another; kept, to be sent again. */
  list(
    list: SignedList,
    { traders, timeMs }: { readonly traders: number; readonly timeMs: number },
  ): SignedList {
    if (!this.#isWild) return list;
    const random = this.#random;
    const kind = random.fraction();
    let changed = this.#changed(list, timeMs);
    if (kind < 0.1) {
      const relayTip = BigInt(random.between(1, 20)) * usdc;
      changed = { ...changed, relayTip, relayer: addressOfTrader(random.between(0, traders - 1)) };
    } else if (kind < 0.13) changed = { ...changed, validUntilMs: 1 };
    else if (kind < 0.16) changed = { ...changed, signer: addressOfTrader(traders + 1) };
    this.#sent.push(changed);
    if (this.#sent.length > remembered) this.#sent.shift();
    return changed;
  }

  /** Some orders expire, and most have prices and sizes that others have as well. */
  #changed(list: SignedList, timeMs: number): SignedList {
    const random = this.#random;
    const actions = list.actions.map((action) => {
      if (action.type !== "order") return action;
      const { priceTicks } = action;
      const validUntilMs = random.chance(0.2) ? timeMs + random.between(0, 30_000) : 0;
      const round = Math.max(1, priceTicks - (priceTicks % 4_000));
      const lots = random.chance(0.4) ? 10 : action.lots;
      return { ...action, validUntilMs, lots, priceTicks: random.chance(0.7) ? round : priceTicks };
    });
    return { ...list, actions };
  }

  /** What comes unasked: old lists again, parameters, prices twice and out of turn, gifts to the house. */
  disturb(
    world: World,
    {
      at,
      ids,
      parameters,
      prices,
    }: {
      readonly at: number;
      readonly ids: readonly MarketId[];
      readonly parameters: MarketParameters;
      readonly prices: ReadonlyMap<MarketId, number>;
    },
  ): void {
    if (!this.#isWild) return;
    const random = this.#random;
    if (this.#sent.length > 0 && random.chance(0.3)) world.submit(random.pick(this.#sent));
    if (at === 0 && random.chance(0.5)) this.#toHouse(world, random.between(0, 1));
    if (at > 0 && random.chance(0.01)) {
      const changed = { ...parameters, ...this.parameters(), unit: parameters.unit };
      world.l1({ type: "set-market", market: random.pick(ids), parameters: changed });
    }
    if (random.chance(0.02))
      world.system({
        type: "deposit",
        l1Index: world.state.globals.l1Index + random.between(50, 60),
        owner: addressOfTrader(0),
        subId: 0,
        tokenAmount: 1_000_000n,
      });
    const id = random.pick(ids);
    const price = prices.get(id) ?? 1;
    if (random.chance(0.05)) world.price(price + 1_000, id, world.timeMs - random.between(1, 400));
    if (random.chance(0.05)) world.price(price + 500, id);
  }

  #toHouse(world: World, subId: number): void {
    const tokenAmount = BigInt(this.#random.between(100, 5_000)) * 1_000_000n;
    world.l1({ type: "deposit", owner: new Uint8Array(20), subId, tokenAmount });
  }
}
