import { AccountId, type Quanta } from "../../../../rollup/engine/index.ts";
import {
  type Bot,
  type Holding,
  lotsOf,
  type MarketSight,
  notionalOf,
  takeWithin,
  usdc,
} from "./bot.ts";

/** What it plays with, and below what it fetches as much again. */
const stake: Quanta = 1_000n * usdc;
const brokeBelow: Quanta = 100n * usdc;
/** Of what its equity allows, in thousandths. */
const shares = [600, 750, 900];
const reachPpm = 5_000;
const opensOnceIn = 3;

/**
 * Buys as much as its stake allows, and more whenever it has gained: the next fall of the price liquidates it. Then it
 * fetches a new stake from its savings, which are an account of their own and so stay out of it.
 */
export const gambler: Bot = ({ chance, markets, holdings: [player, savings] }) => {
  if (player === undefined || savings === undefined) return [];
  const isOut = markets.every(({ id }) => lotsOf(player, id) === 0);
  if (isOut && player.equity < brokeBelow) {
    if (savings.equity < stake) return [];
    const transfer = { type: "transfer", to: AccountId(player.account), quanta: stake } as const;
    return [{ account: savings.account, actions: [transfer] }];
  }
  const market = favouriteOf(player, markets) ?? chance.pick(markets);
  const share = chance.pick(shares);
  if (market === undefined || share === undefined || !chance.once(opensOnceIn)) return [];
  const lots = mostLots(player, market, share) - lotsOf(player, market.id);
  if (lots <= 0) return [];
  return [
    { account: player.account, actions: [takeWithin(market, reachPpm, { isBuy: true, lots })] },
  ];
};

/** Where it is in already. */
function favouriteOf(player: Holding, markets: readonly MarketSight[]): MarketSight | undefined {
  return markets.find(({ id }) => lotsOf(player, id) !== 0);
}

/** How large a position a share of the equity would back. */
export function mostLots({ equity }: Holding, market: MarketSight, share: number): number {
  const neededPpm = BigInt(market.initialPpm + market.takerFeePpm);
  const backed = (equity * BigInt(share) * 1_000n) / neededPpm;
  return backed <= 0n ? 0 : Number(backed / notionalOf(market));
}
