// Leaves as a step finds them, in the order in which the contract takes them.

import { assert, unreachable } from "../../sdk/index.ts";
import { AccountId, type EngineStep, feesId, insuranceId, type State } from "../engine/index.ts";
import {
  accountLeaf,
  type DenseTree,
  encodeAccountLeaf,
  encodeKeys,
  encodeMarketLeaf,
  encodeMarketParameters,
  encodeOrderLeaf,
  marketLeaf,
  noLeaf,
  orderLeaf,
  type StateTrees,
  withdrawalLeaf,
} from "../state/index.ts";
import type { Actor, Target } from "./targets.ts";
import type { Scene } from "./tracer.ts";
import type { WitnessLeaf } from "./witness-codec.ts";

const treeNames = ["accounts", "orders", "markets", "outbox"] as const;

/** A leaf as it is before a step, and what the step makes of it. */
export interface Claim {
  readonly tree: (typeof treeNames)[number];
  readonly index: number;
  /** Empty for a leaf that is missing. */
  readonly content: Uint8Array;
  readonly extra: Uint8Array;
  readonly after: () => Uint8Array;
}

export const nothing: Uint8Array = new Uint8Array(0);

/** As it stands now; then its tree has what the step makes of it. */
export function prove(
  trees: StateTrees,
  { tree: name, index, content, extra, after }: Claim,
): WitnessLeaf {
  const tree: DenseTree = trees[name];
  // A place that the step adds to the tree is shown to be empty in the larger one.
  if (index >= tree.count) tree.set(index, noLeaf);
  const siblings = tree.prove(index);
  tree.set(index, after());
  return { tree: treeNames.indexOf(name), index, content, extra, siblings };
}

/** In the order in which the contract takes them. */
export function claimsOf({ state, trees }: Scene, step: EngineStep): Claim[] {
  switch (step.type) {
    case "deposit":
      return [ofAccount(state, step.account)];
    case "funding-mark":
      return [ofMarket(state, step.market)];
    case "fill": {
      const { slot, account, market, fee, isLiquidation } = step;
      const claims = [ofOrder(state, slot), ofAccount(state, account), ofMarket(state, market)];
      return fee === 0n
        ? claims
        : [...claims, ofAccount(state, isLiquidation ? insuranceId : feesId)];
    }
    case "withdraw": {
      const leaf = withdrawalLeaf(trees.outbox.count, step.withdrawal);
      return [...ofCover(state, actorOf(step), []), ofOutbox(trees, () => leaf)];
    }
    case "admit":
      // Whatever stands in its slot now is gone by then.
      return [
        ...ofCover(state, actorOf(step), step.removed),
        { ...ofOrder(state, step.slot), content: nothing },
      ];
    default:
      return unreachable(step);
  }
}

/** What a step of somebody else's asks for, which is not done: the leaves stay. Nothing where it names what is not there. */
export function claimsOfTarget(scene: Scene, target: Target): Claim[] {
  return targetClaims(scene, target).map(({ tree, index, content, extra }) => {
    const leaf = scene.trees[tree].leaf(index);
    return { tree, index, content, extra, after: () => leaf };
  });
}

function targetClaims({ state, trees }: Scene, target: Target): Claim[] {
  switch (target.type) {
    case "deposit":
      return target.account > trees.accounts.count
        ? []
        : [ofAccount(state, AccountId(target.account))];
    case "funding-mark": {
      const market = state.markets[target.place];
      return market === undefined ? [] : [ofMarket(state, market.id)];
    }
    case "fill": {
      if (target.slot >= trees.orders.count) return [];
      const order = state.orders[target.slot];
      const claims = [ofOrder(state, target.slot)];
      if (order === undefined) return claims;
      const { account, market, isLiquidation } = order;
      claims.push(ofAccount(state, account), ofMarket(state, market));
      return [...claims, ofAccount(state, isLiquidation ? insuranceId : feesId)];
    }
    case "withdraw":
      return isTrader(state, target.actor)
        ? [...ofCover(state, target.actor, []), ofOutbox(trees, () => noLeaf)]
        : [];
    case "admit": {
      if (!isTrader(state, target.actor)) return [];
      const claims = ofCover(state, target.actor, []);
      return target.slot > trees.orders.count ? claims : [...claims, ofOrder(state, target.slot)];
    }
    default:
      return unreachable(target);
  }
}

function isTrader({ accounts }: State, { account }: Actor): boolean {
  return account > feesId && account < accounts.length;
}

function actorOf({ list, place }: Extract<EngineStep, { type: "admit" | "withdraw" }>): Actor {
  const { account, key } = list;
  const action = list.actions[place];
  if (action?.type !== "order" && action?.type !== "replace") return { account, key, markets: [] };
  const { market, guard } = action.type === "order" ? action : action.order;
  return { account, key, markets: guard === undefined ? [market] : [market, guard.market] };
}

/** All that an account's worst case depends on: itself, the markets that it is in or asks for, its orders. */
function ofCover(state: State, actor: Actor, removed: readonly number[]): Claim[] {
  const account = state.accounts[actor.account];
  assert(account !== undefined, "who acts is there");
  const named = [...account.exposures.map(({ market }) => market), ...actor.markets];
  // That there is no such market is shown by all that there are.
  const areThere = named.every((id) => state.markets.some((market) => market.id === id));
  const markets = state.markets.filter(({ id }) => !areThere || named.includes(id));
  const orders = account.exposures.flatMap((exposure) => exposure.orders);
  return [
    {
      ...ofAccount(state, account.id),
      extra: actor.key === 0 || account.keys.size === 0 ? nothing : encodeKeys(account.keys),
    },
    ...markets.map(({ id }) => ofMarket(state, id)),
    ...orders
      .map(({ slot }) => slot)
      .sort((a, b) => a - b)
      .map((slot) => ofOrder(state, slot, removed.includes(slot))),
  ];
}

function ofAccount(state: State, id: AccountId): Claim {
  const account = state.accounts[id];
  const content = account === undefined ? nothing : encodeAccountLeaf(account);
  const after = (): Uint8Array => {
    const changed = state.accounts[id];
    assert(changed !== undefined, "accounts stay");
    return accountLeaf(changed);
  };
  return { tree: "accounts", index: id, content, extra: nothing, after };
}

function ofOrder(state: State, slot: number, isRemoved = false): Claim {
  const order = state.orders[slot];
  const content = order === undefined ? nothing : encodeOrderLeaf(order);
  // Another may stand in its place by then.
  const after = (): Uint8Array => orderLeaf(isRemoved ? undefined : state.orders[slot]);
  return { tree: "orders", index: slot, content, extra: nothing, after };
}

/** The place behind the last. */
function ofOutbox({ outbox }: StateTrees, after: () => Uint8Array): Claim {
  return { tree: "outbox", index: outbox.count, content: nothing, extra: nothing, after };
}

function ofMarket(state: State, id: number): Claim {
  const index = state.markets.findIndex((market) => market.id === id);
  const market = state.markets[index];
  assert(market !== undefined, "markets stay");
  return {
    tree: "markets",
    index,
    content: encodeMarketLeaf(market),
    extra: encodeMarketParameters(market.parameters),
    after: () => marketLeaf(market),
  };
}
