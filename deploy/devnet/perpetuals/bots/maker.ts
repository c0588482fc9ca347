import { flagBits } from "../../../../rollup/engine/index.ts";
import { away, type Bot, cancelAll, type Holding, lotsOf, type MarketSight, order } from "./bot.ts";

const levels = 3;
const halfSpreadPpm = 400;
const levelPpm = 400;
const lotsPerLevel = 60;
/** With so many its quotes are moved by `skewPpmMax`, and it quotes one side alone. */
const inventoryMax = 1_500;
const skewPpmMax = 1_500;

/** Quotes both sides of every market around the fair price, anew in each turn, and leans against what it holds. */
export const maker: Bot = ({ chance, markets, holdings }) =>
  holdings.map((holding) => ({
    account: holding.account,
    actions: markets.flatMap((market) => [
      // Leaves alone what the same list places.
      cancelAll(market.id),
      ...[true, false].flatMap((isBuy) =>
        quotes(market, holding, { isBuy, jitter: chance.between(0, 10) }),
      ),
    ]),
  }));

function quotes(
  market: MarketSight,
  holding: Holding,
  { isBuy, jitter }: { readonly isBuy: boolean; readonly jitter: number },
): ReturnType<typeof order>[] {
  const held = lotsOf(holding, market.id);
  if (isBuy ? held >= inventoryMax : held <= -inventoryMax) return [];
  const center = away(market.fairTicks, -Math.trunc((held * skewPpmMax) / inventoryMax));
  return Array.from({ length: levels }, (_, level) => {
    const distance = halfSpreadPpm + level * levelPpm;
    return order(market, {
      isBuy,
      priceTicks: behindTouch(market, isBuy, away(center, isBuy ? -distance : distance)),
      lots: lotsPerLevel + jitter,
      flags: flagBits.postOnly,
    });
  });
}

/** What would trade at once is refused: a quote of somebody else that is older than the price is left to others. */
function behindTouch(
  { bestBid, bestAsk }: MarketSight,
  isBuy: boolean,
  priceTicks: number,
): number {
  if (isBuy) return bestAsk > 1 ? Math.min(priceTicks, bestAsk - 1) : priceTicks;
  return Math.max(priceTicks, bestBid + 1);
}
