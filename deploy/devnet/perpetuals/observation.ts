// What a smoke saw of the perpetuals rollup: the interface of one node, and the vault on the L1.

import type { Quanta } from "../../../rollup/engine/index.ts";
import { type Exchange, toQuanta } from "./exchange.ts";
import type { VaultReader } from "./vault-reader.ts";

export interface PerpetualsObservation {
  readonly markets: readonly { readonly name: string; readonly tradedLots: number }[];
  /** Liquidations, takeovers and deleveragings. */
  readonly liquidations: number;
  /** What all accounts have in cash, less the funding that they owe. */
  readonly held: Quanta;
  /** What was deposited, less what was paid out, as the vault says. */
  readonly given: Quanta;
  /** On the L1, in their order; roots are hex without 0x. */
  readonly proposals: readonly { readonly batch: number; readonly root: string }[];
}

const attemptsMax = 10;

export async function observePerpetuals(
  exchange: Exchange,
  vault: VaultReader,
): Promise<PerpetualsObservation> {
  const { markets } = await exchange.status();
  return {
    markets: markets.map(({ name, dayLots }) => ({ name, tradedLots: dayLots })),
    liquidations: (await exchange.liquidations()).length,
    held: await heldBy(exchange),
    given: await vault.given(),
    proposals: await vault.proposals(),
  };
}

/** All of it as of one batch: asked again when another came in between. */
async function heldBy(exchange: Exchange): Promise<Quanta> {
  let held = 0n;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await exchange.status();
    const ids = Array.from({ length: before.accounts }, (_, id) => id);
    const accounts = await Promise.all(ids.map((id) => exchange.account(id)));
    held = 0n;
    for (const { cash, positions } of accounts) {
      held += toQuanta(cash);
      for (const { fundingOwed } of positions) held -= toQuanta(fundingOwed);
    }
    if ((await exchange.status()).batch === before.batch) break;
  }
  return held;
}
