// Parts that were read one by one make a state only if they fit together: an engine takes for granted that they do.

import { isSoundMarket, isSoundRollup, type State } from "../engine/index.ts";

/** With what its orders tell of each account; undefined when no engine could be built on it. */
export function assembleState(parts: State): State | undefined {
  const { accounts, orders, markets, globals } = parts;
  const known: ReadonlySet<number> = new Set(markets.map(({ id }) => id));
  const areMarkets =
    known.size === markets.length && markets.every(({ parameters }) => isSoundMarket(parameters));
  // Those of the house come first.
  if (!areMarkets || accounts.length < 2 || !isSoundRollup(globals.parameters)) return undefined;
  for (const account of accounts) {
    account.openOrders = 0;
    if (!account.exposures.every(({ market }) => known.has(market))) return undefined;
  }
  for (const order of orders) {
    if (order === undefined) continue;
    const account = accounts[order.account];
    if (account === undefined || !known.has(order.market)) return undefined;
    account.openOrders++;
  }
  return parts;
}
