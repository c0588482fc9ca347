// Which leaves a batch touches: the state tree hashes these again and no others.

import type { DirtyLeaves } from "./events.ts";
import type { Account } from "./state.ts";
import type { MarketId, OrderSlot } from "./units.ts";

export class Changes {
  readonly accounts: Set<Account> = new Set();
  readonly orders: Set<OrderSlot> = new Set();
  readonly markets: Set<MarketId> = new Set();

  touch(account: Account): void {
    this.accounts.add(account);
  }

  toDirtyLeaves(): DirtyLeaves {
    return {
      accounts: [...this.accounts].map(({ id }) => id).sort((a, b) => a - b),
      orders: [...this.orders].sort((a, b) => a - b),
      markets: [...this.markets].sort((a, b) => a - b),
    };
  }
}
