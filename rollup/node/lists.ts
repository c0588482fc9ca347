// From what traders signed to what the engine executes: the same fields, under the engine's own types.

import type { Action } from "../actions.ts";
import { AccountId, type EngineAction, MarketId, type SignedList } from "../engine/index.ts";
import type { ActionList } from "../intents.ts";

/** Of a list whose signature was recovered. */
export function toSignedList(
  list: ActionList,
  recovered: { readonly signer: Uint8Array; readonly digest: Uint8Array },
): SignedList {
  return { ...list, ...recovered, actions: list.actions.map(toEngineAction) };
}

function toEngineAction(action: Action): EngineAction {
  if (action.type === "transfer") return { ...action, to: AccountId(action.to) };
  if (action.type !== "authorize") return action;
  return { ...action, markets: action.markets.map(MarketId) };
}
