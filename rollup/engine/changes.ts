// Which leaves a batch touches: the state tree hashes these again and no others.

import type { DirtyLeaves } from "./events.ts";
import type { Account } from "./state.ts";
import type { MarketId, OrderSlot } from "./units.ts";

/** Leaves that may differ from what they were; the globals always may. */
export interface Touched {
  readonly accounts: ReadonlySet<Account>;
  readonly orders: ReadonlySet<OrderSlot>;
  readonly markets: ReadonlySet<MarketId>;
}

export class Changes implements Touched {
  readonly accounts: Set<Account> = new Set();
  readonly orders: Set<OrderSlot> = new Set();
  readonly markets: Set<MarketId> = new Set();
  /** Since it was last taken, for who follows the steps of a batch. */
  #recent: Changes | undefined;

  constructor(isFollowed = false) {
    if (isFollowed) this.#recent = new Changes();
  }

  touch(account: Account): void {
    this.accounts.add(account);
    this.#recent?.accounts.add(account);
  }

  touchOrder(slot: OrderSlot): void {
    this.orders.add(slot);
    this.#recent?.orders.add(slot);
  }

  touchMarket(market: MarketId): void {
    this.markets.add(market);
    this.#recent?.markets.add(market);
  }

  /** Those touched so far, and the ones given, by id. */
  touchedWith(others: Iterable<Account>): Account[] {
    return [...new Set([...this.accounts, ...others])].sort((a, b) => a.id - b.id);
  }

  takeRecent(): Touched {
    const recent = this.#recent ?? new Changes();
    if (this.#recent !== undefined) this.#recent = new Changes();
    return recent;
  }

  toDirtyLeaves(): DirtyLeaves {
    return {
      accounts: [...this.accounts].map(({ id }) => id).sort((a, b) => a - b),
      orders: [...this.orders].sort((a, b) => a - b),
      markets: [...this.markets].sort((a, b) => a - b),
    };
  }
}
