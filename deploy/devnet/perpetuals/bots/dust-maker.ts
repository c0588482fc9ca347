import { everyMarket } from "../../../../rollup/engine/index.ts";
import { away, type Bot, cancelAll, order, takeWithin } from "./bot.ts";

const perTurn = 8;
const openMax = 96;
const farPpm = 20_000;
const nearPpm = 2_000;
const reachPpm = 3_000;

/**
 * Fills the book with orders of one lot at prices of every kind, takes single lots, and clears all of it when the rules let
 * it place no more: what is tiny must cost nobody else anything.
 */
export const dustMaker: Bot = ({ chance, markets, holdings }) =>
  holdings.flatMap(({ account, orders }) => {
    const market = chance.pick(markets);
    if (market === undefined) return [];
    if (orders.length >= openMax) return [{ account, actions: [cancelAll(everyMarket)] }];
    const actions = Array.from({ length: perTurn }, () => {
      const isBuy = chance.once(2);
      const distance = chance.between(nearPpm, farPpm);
      const priceTicks = away(market.fairTicks, isBuy ? -distance : distance);
      return order(market, { isBuy, priceTicks, lots: 1 });
    });
    const take = takeWithin(market, reachPpm, { isBuy: chance.once(2), lots: 1 });
    return [{ account, actions: [...actions, take] }];
  });
