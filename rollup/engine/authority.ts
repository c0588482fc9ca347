// Which lists may act: the right key of an account that is there, in time, and with a nonce not yet used. The nonce is used
// up from here on, whatever becomes of the actions: what was refused cannot come again at a worse time.

import { compareBytes, equalBytes } from "../../sdk/index.ts";
import { type AuthorizeKey, type EngineAction, listNonceMax, scopes } from "./actions.ts";
import type { SignedList } from "./batch.ts";
import type { RefusalReason } from "./events.ts";
import { crossOff, freshWindow, type NonceWindow } from "./nonce-window.ts";
import type { Account, SessionKey, State } from "./state.ts";
import { amountMax, type Quanta } from "./units.ts";
import type { Work } from "./work.ts";

/** In the one order in which a batch's lists count, however they came: by account, key, nonce, and what was signed. */
export function acceptLists(work: Work): SignedList[] {
  const sorted = work.batch.lists.toSorted(
    (a, b) =>
      a.account - b.account ||
      a.key - b.key ||
      a.nonce - b.nonce ||
      compareBytes(a.digest, b.digest),
  );
  return sorted.filter((list) => {
    const reason = refuseList(work, list);
    if (reason !== undefined) refuse(work, list, -1, reason);
    return reason === undefined;
  });
}

/** Place -1 is the whole list. */
export function refuse(work: Work, list: SignedList, place: number, reason: RefusalReason): void {
  work.events.push({ type: "refused", list, place, reason });
}

function refuseList(work: Work, list: SignedList): RefusalReason | undefined {
  const judged = judgeList(work.state, list, work.batch.timeMs);
  if (typeof judged === "string") return judged;
  const { account, window } = judged;
  work.changes.touch(account);
  account.windows.set(list.key, window);
  if (list.key === 0) {
    for (const [place, action] of list.actions.entries())
      if (action.type === "authorize" && !authorize(account, action))
        refuse(work, list, place, "SCOPE");
  }
  return undefined;
}

type ListHead = Omit<SignedList, "actions">;

/** What `acceptLists` would say of it alone, in a batch of that time. For those who bring lists: nothing is used up. */
export function refusalOf(state: State, list: ListHead, timeMs: number): RefusalReason | undefined {
  const judged = judgeList(state, list, timeMs);
  return typeof judged === "string" ? judged : undefined;
}

function judgeList(
  state: State,
  list: ListHead,
  timeMs: number,
): RefusalReason | { readonly account: Account; readonly window: NonceWindow } {
  const account = state.accounts[list.account];
  if (account === undefined || account.id < 2) return "NO_ACCOUNT";
  if (!isSigner(account, list, timeMs)) return "BAD_SIGNER";
  if (list.validUntilMs < timeMs) return "EXPIRED";
  if (list.nonce < 1 || list.nonce > listNonceMax) return "NONCE_USED";
  const window = crossOff(account.windows.get(list.key) ?? freshWindow, list.nonce);
  return window === undefined ? "NONCE_USED" : { account, window };
}

function isSigner(account: Account, { key, signer }: ListHead, timeMs: number): boolean {
  if (key === 0) return equalBytes(signer, account.owner);
  const session = account.keys.get(key);
  return session !== undefined && session.expiryMs >= timeMs && equalBytes(signer, session.address);
}

/** Before the lists of session keys, which come after the owner's: a key is given and taken at once. */
function authorize(account: Account, action: AuthorizeKey): boolean {
  const { key, address, markets, expiryMs, maxNotional } = action;
  const all = scopes.trade | scopes.cancel | scopes.transfer;
  if (!Number.isInteger(key) || key < 1 || key > 255 || address.length !== 20) return false;
  if ((action.scopes & ~all) !== 0 || markets.length > 64) return false;
  if (maxNotional < 0n || maxNotional > amountMax) return false;
  if (action.scopes === 0) account.keys.delete(key);
  else account.keys.set(key, { address, scopes: action.scopes, markets, expiryMs, maxNotional });
  return true;
}

/** Whether the key that signed may ask for it. */
export function isInScope(account: Account, list: SignedList, action: EngineAction): boolean {
  if (list.key === 0) return true;
  const session = account.keys.get(list.key);
  if (session === undefined) return false;
  if (action.type === "order") return allows(session, scopes.trade, action.market);
  if (action.type === "replace") return allows(session, scopes.trade, action.order.market);
  // Everywhere is more than a key has that is for some markets.
  if (action.type === "cancel") return allows(session, scopes.cancel, action.market);
  // Neither withdrawing nor making keys can be in any scope.
  return action.type === "transfer" && (session.scopes & scopes.transfer) !== 0;
}

function allows({ scopes: given, markets }: SessionKey, scope: number, market: number): boolean {
  return (given & scope) !== 0 && (markets.length === 0 || markets.some((each) => each === market));
}

/** The largest position that the key's orders may lead to, as notional; undefined for no bound. */
export function notionalBound(account: Account, list: SignedList): Quanta | undefined {
  const bound = list.key === 0 ? 0n : (account.keys.get(list.key)?.maxNotional ?? 0n);
  return bound === 0n ? undefined : bound;
}
