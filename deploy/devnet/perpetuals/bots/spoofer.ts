import { flagBits } from "../../../../rollup/engine/index.ts";
import { away, type Bot, cancelAll, lotsOf, order, takeWithin } from "./bot.ts";

const showsLots = 2_000;
const takesLots = 40;
const holdsMax = 200;
/** Far enough from the touch that nobody trades with it. */
const distancePpm = 8_000;
const reachPpm = 2_000;

/**
 * Shows a large order that it does not mean, on the other side of the one that it wants; in its next turn it takes that side
 * and cancels what it showed.
 */
export const spoofer: Bot = ({ chance, markets, holdings }) =>
  holdings.flatMap((holding) => {
    const { account, orders } = holding;
    const shown = orders[0];
    const market = markets.find(({ id }) => id === shown?.market) ?? chance.pick(markets);
    if (market === undefined) return [];
    if (shown !== undefined) {
      const isBuy = !shown.isBuy;
      const take = takeWithin(market, reachPpm, { isBuy, lots: takesLots });
      return [{ account, actions: [cancelAll(market.id), take] }];
    }
    const held = lotsOf(holding, market.id);
    // A show of bids is for selling, and it sells what it has too much of.
    const isBid = Math.abs(held) >= holdsMax ? held > 0 : chance.once(2);
    const priceTicks = away(market.fairTicks, isBid ? -distancePpm : distancePpm);
    const show = { isBuy: isBid, priceTicks, lots: showsLots, flags: flagBits.postOnly };
    return [{ account, actions: [order(market, show)] }];
  });
