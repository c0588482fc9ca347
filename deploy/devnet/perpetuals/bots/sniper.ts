import { away, type Bot, lotsOf, type MarketSight, order, takeWithin } from "./bot.ts";

const lots = 100;
const holdsMax = 400;
/** Below it the fees eat what it would gain. */
const edgePpm = 1_500;
const closesWithinPpm = 1_000;

/**
 * Knows the price outside before the oracle has reported it, and takes the quotes of those who still go by the old one. When
 * the oracle has caught up it closes what it took.
 */
export const sniper: Bot = ({ markets, holdings }) =>
  holdings.flatMap((holding) => {
    const actions = markets.flatMap((market) => {
      const held = lotsOf(holding, market.id);
      const isBuy = staleSide(market);
      if (isBuy === undefined) {
        if (held === 0) return [];
        return [takeWithin(market, closesWithinPpm, { isBuy: held < 0, lots: Math.abs(held) })];
      }
      if (isBuy ? held >= holdsMax : held <= -holdsMax) return [];
      // Never beyond what it believes to be the price.
      const priceTicks = away(market.fairTicks, isBuy ? -edgePpm : edgePpm);
      return [order(market, { isBuy, lots, priceTicks, timeInForce: 1 })];
    });
    return actions.length === 0 ? [] : [{ account: holding.account, actions }];
  });

/** Whether to buy or to sell; undefined when the oracle's price is near enough. */
function staleSide({ fairTicks, indexTicks }: MarketSight): boolean | undefined {
  if (indexTicks === 0) return undefined;
  if (fairTicks > away(indexTicks, edgePpm)) return true;
  return fairTicks < away(indexTicks, -edgePpm) ? false : undefined;
}
