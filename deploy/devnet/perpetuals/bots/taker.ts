import { type Bot, lotsOf, takeWithin } from "./bot.ts";

const lotsMin = 5;
const lotsMax = 60;
const holdsMax = 300;
const reachPpm = 3_000;
const restsOnceIn = 4;

/** Buys or sells what it likes at the price that there is, and goes the other way when it holds a lot. */
export const taker: Bot = ({ chance, markets, holdings }) =>
  holdings.flatMap((holding) => {
    const market = chance.pick(markets);
    if (market === undefined || chance.once(restsOnceIn)) return [];
    const held = lotsOf(holding, market.id);
    const isFull = Math.abs(held) >= holdsMax;
    const isBuy = isFull ? held < 0 : chance.once(2);
    const lots = chance.between(lotsMin, lotsMax);
    return [{ account: holding.account, actions: [takeWithin(market, reachPpm, { isBuy, lots })] }];
  });
