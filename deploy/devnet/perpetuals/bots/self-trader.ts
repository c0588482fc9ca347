import { AccountId } from "../../../../rollup/engine/index.ts";
import { type Bot, type Holding, lotsOf, type MarketSight, order } from "./bot.ts";
import { mostLots } from "./gambler.ts";

/** Of what the poorer of its accounts allows, in thousandths. */
const share = 800;
/** In one turn: beyond what others leave in the book it meets nobody but itself. */
const lotsMax = 150;

/**
 * Trades with itself: two accounts of one owner, one long and one short, as far as their equity allows. When the price has
 * gone far enough one of them is liquidated at the others' cost, so it hopes, and the other keeps the gain; then it
 * shares what is left and begins anew.
 */
export const selfTrader: Bot = ({ chance, markets, holdings: [first, second] }) => {
  const market = markets[0];
  if (market === undefined || first === undefined || second === undefined) return [];
  const isOpen = lotsOf(first, market.id) !== 0 || lotsOf(second, market.id) !== 0;
  const isLopsided = Math.sign(lotsOf(first, market.id)) === Math.sign(lotsOf(second, market.id));
  if (isOpen && (isLopsided || lotsOf(first, market.id) * lotsOf(second, market.id) === 0))
    return close(market, [first, second]);
  if (!isOpen && isUneven(first, second)) return level(first, second);
  const isFirstLong = isOpen ? lotsOf(first, market.id) > 0 : chance.once(2);
  const poorer = first.equity < second.equity ? first : second;
  const lots = Math.min(
    lotsMax,
    mostLots(poorer, market, share) -
      Math.max(Math.abs(lotsOf(first, market.id)), Math.abs(lotsOf(second, market.id))),
  );
  if (lots <= 0) return [];
  return [
    { account: first.account, actions: [cross(market, isFirstLong, lots)] },
    { account: second.account, actions: [cross(market, !isFirstLong, lots)] },
  ];
};

/** At one price, at which both of its orders meet. */
function cross(market: MarketSight, isBuy: boolean, lots: number): ReturnType<typeof order> {
  return order(market, { isBuy, lots, priceTicks: market.fairTicks, timeInForce: 1 });
}

function close(market: MarketSight, holdings: readonly Holding[]): ReturnType<Bot> {
  return holdings.flatMap((holding) => {
    const held = lotsOf(holding, market.id);
    if (held === 0) return [];
    const lots = Math.abs(held);
    return [{ account: holding.account, actions: [cross(market, held < 0, lots)] }];
  });
}

function isUneven(first: Holding, second: Holding): boolean {
  const [less, more] = first.equity < second.equity ? [first, second] : [second, first];
  return more.equity > 2n * less.equity;
}

function level(first: Holding, second: Holding): ReturnType<Bot> {
  const [less, more] = first.equity < second.equity ? [first, second] : [second, first];
  const quanta = (more.equity - less.equity) / 2n;
  const transfer = { type: "transfer", to: AccountId(less.account), quanta } as const;
  return [{ account: more.account, actions: [transfer] }];
}
