import type { State } from "../../../../rollup/engine/index.ts";
import { copyOf } from "../world.ts";
import { demand, type Scene } from "./scene.ts";

const derived = new Set(["live", "at", "openOrders", "orders", "bidLots", "askLots"]);

/** What is not called dirty is as it was: the tree would keep a leaf that is no longer true. */
export function checkDirty({ before, after, outcome: { dirty } }: Scene): void {
  const now: State = copyOf(after);
  const find = <Name>(
    kind: string,
    names: readonly Name[],
    name: Name,
    [was, is]: unknown[],
  ): void =>
    demand(
      "dirty",
      names.includes(name) || plain(was ?? null) === plain(is ?? null),
      () => `${kind} ${String(name)} has changed`,
    );
  now.accounts.forEach((account, id) =>
    find("account", dirty.accounts as readonly number[], id, [before.accounts[id], account]),
  );
  now.orders.forEach((order, slot) =>
    find("order", dirty.orders as readonly number[], slot, [before.orders[slot], order]),
  );
  now.markets.forEach((market, at) =>
    find("market", dirty.markets, market.id, [before.markets[at], market]),
  );
}

function plain(value: unknown): string {
  return JSON.stringify(value, (name, each: unknown) => {
    if (derived.has(name)) return undefined;
    if (typeof each === "bigint") return `${each}n`;
    return each instanceof Map ? [...each.entries()].map(([key, item]) => [key, item]) : each;
  });
}
