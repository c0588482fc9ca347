// What became of the lists of actions that traders signed, by what they signed: of each action whether it was taken, and of
// an order how much of it was filled, until it is gone.

import {
  type EngineAction,
  type EngineEvent,
  type OrderName,
  orderNumber,
  type SignedList,
} from "../engine/index.ts";
import { BoundedMap, toHex } from "../../sdk/index.ts";
import type { ExecutedBatch } from "../node/index.ts";
import type { Moment } from "./market-feed.ts";
import type { ActionJson, ListJson } from "./wire.ts";

/** Lists that are remembered; the oldest are forgotten first. */
export const listsMax = 20_000;

type Changing<T> = { -readonly [K in keyof T]: T[K] };
type Entry = Omit<Changing<ListJson>, "actions"> & {
  readonly validUntilMs: number;
  readonly actions: Changing<ActionJson>[];
};

export class ListLog {
  readonly #byDigest: BoundedMap<string, Entry>;
  /** The same, by the id of the transaction: no more of them, as each goes with its list. */
  readonly #byId: Map<string, Entry> = new Map();
  /** Orders of remembered lists by name; they go with their list. */
  readonly #orders: Map<string, { readonly entry: Entry; readonly place: number }> = new Map();

  constructor(sizeMax: number = listsMax) {
    this.#byDigest = new BoundedMap(sizeMax);
  }

  /** By the digest or the transaction's id, as hex without prefix. Expired are those that no batch can execute any more. */
  find(name: string, timeMs: number): ListJson | undefined {
    const entry = this.#byDigest.get(name) ?? this.#byId.get(name);
    if (entry === undefined) return undefined;
    const isLate = entry.state === "submitted" && entry.validUntilMs < timeMs;
    return toJson(entry, isLate ? "expired" : entry.state);
  }

  submitted(list: SignedList, id: Uint8Array): ListJson {
    const entry = this.#byDigest.get(toHex(list.digest)) ?? this.#add(list);
    this.#name(entry, id);
    return toJson(entry, entry.state);
  }

  /** Those that this batch decided, by account, of the accounts that somebody watches. */
  apply(
    moment: Moment,
    { batch, outcome, transactions }: ExecutedBatch,
    isWatched: (account: number) => boolean,
  ): Map<number, ListJson[]> {
    const refused = new Map<SignedList, string>();
    for (const event of outcome.events)
      if (event.type === "refused" && event.place === -1) refused.set(event.list, event.reason);
    const decided = new Set<Entry>();
    // Of two that are the same the one that executed counts.
    for (const list of batch.lists) {
      const reason = refused.get(list) ?? null;
      const known = this.#byDigest.get(toHex(list.digest));
      // Anyone can have a list ordered that names another's account: it is nothing that the account did.
      if (known === undefined && reason !== null && isForged(reason)) continue;
      const entry = known ?? this.#add(list);
      if (entry.state === "executed" || (entry.state === "refused" && reason !== null)) continue;
      Object.assign(entry, moment, { reason, state: reason === null ? "executed" : "refused" });
      if (reason === null) this.#execute(list, entry);
      decided.add(entry);
    }
    for (const { id, list } of transactions) this.#noteTransaction(id, list);
    this.#applyEvents(outcome.events);
    const byAccount = new Map<number, ListJson[]>();
    for (const entry of decided) {
      if (!isWatched(entry.account)) continue;
      const lists = byAccount.get(entry.account) ?? [];
      byAccount.set(entry.account, lists);
      lists.push(toJson(entry, entry.state));
    }
    return byAccount;
  }

  #applyEvents(events: readonly EngineEvent[]): void {
    for (const event of events) {
      if (event.type === "refused" && event.place >= 0) {
        const entry = this.#byDigest.get(toHex(event.list.digest));
        const action = entry?.actions[event.place];
        if (action !== undefined)
          Object.assign(action, { result: "refused", reason: event.reason, restingLots: 0 });
      }
      if (event.type !== "fill" && event.type !== "removed") continue;
      // The engine's own, which no list asked for.
      if (event.type === "fill" && event.isLiquidation) continue;
      const action = this.#actionOf(event.order);
      if (action === undefined) continue;
      if (event.type === "fill") {
        action.filledLots += event.lots;
        action.restingLots -= event.lots;
      } else {
        action.restingLots = 0;
        action.removed = event.reason;
      }
    }
  }

  #actionOf(order: OrderName): Changing<ActionJson> | undefined {
    const named = this.#orders.get(nameOf(order));
    return named?.entry.actions[named.place];
  }

  #execute({ actions }: SignedList, entry: Entry): void {
    for (const [place, action] of entry.actions.entries()) {
      action.result = "accepted";
      const lots = lotsOf(actions[place]);
      if (lots === undefined) continue;
      action.number = orderNumber(entry.nonce, place);
      action.restingLots = lots;
      this.#orders.set(nameOf({ ...entry, number: action.number }), { entry, place });
    }
  }

  #noteTransaction(id: Uint8Array, list: SignedList | undefined): void {
    if (list !== undefined) {
      const entry = this.#byDigest.get(toHex(list.digest));
      if (entry !== undefined && entry.id === null) this.#name(entry, id);
      return;
    }
    const entry = this.#byId.get(toHex(id));
    if (entry?.state === "submitted") entry.state = "void";
  }

  #name(entry: Entry, id: Uint8Array): void {
    if (entry.id !== null) this.#byId.delete(entry.id);
    entry.id = toHex(id);
    this.#byId.set(entry.id, entry);
  }

  #add(list: SignedList): Entry {
    const { account, key, nonce, validUntilMs, actions } = list;
    const entry: Entry = {
      account,
      key,
      nonce,
      validUntilMs,
      digest: toHex(list.digest),
      id: null,
      state: "submitted",
      reason: null,
      batch: null,
      timeMs: null,
      actions: actions.map(({ type }, place) => undecided(place, type)),
    };
    const gone = this.#byDigest.set(entry.digest, entry)?.[1];
    if (gone !== undefined) this.#forget(gone);
    return entry;
  }

  #forget(entry: Entry): void {
    if (entry.id !== null && this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
    for (const { number } of entry.actions) {
      if (number === null) continue;
      const name = nameOf({ ...entry, number });
      if (this.#orders.get(name)?.entry === entry) this.#orders.delete(name);
    }
  }
}

function undecided(place: number, type: string): Changing<ActionJson> {
  return {
    place,
    type,
    result: null,
    reason: null,
    number: null,
    filledLots: 0,
    restingLots: 0,
    removed: null,
  };
}

function isForged(reason: string): boolean {
  return reason === "BAD_SIGNER" || reason === "NO_ACCOUNT";
}

/** Of what may become an order. */
function lotsOf(action: EngineAction | undefined): number | undefined {
  if (action?.type === "order") return action.lots;
  return action?.type === "replace" ? action.order.lots : undefined;
}

type Named = Pick<OrderName, "key" | "number"> & { readonly account: number };

function nameOf({ account, key, number }: Named): string {
  return `${account}/${key}/${number}`;
}

function copyOf(action: ActionJson): ActionJson {
  return { ...action };
}

function toJson(entry: Entry, state: ListJson["state"]): ListJson {
  const { digest, id, account, key, nonce, reason, batch, timeMs, actions } = entry;
  return {
    digest: `0x${digest}`,
    id: id === null ? null : `0x${id}`,
    account,
    key,
    nonce,
    state,
    reason,
    batch,
    timeMs,
    actions: actions.map(copyOf),
  };
}
