// What somebody brings to the vault on L1 without asking anybody: the preimage of a root, and leaves with their way up to it.

import { CodedError, hexJson } from "../../sdk/index.ts";
import type { Withdrawal } from "../engine/index.ts";
import {
  type DenseTree,
  encodeAccountLeaf,
  encodeGlobalsLeaf,
  encodeMarketLeaf,
  encodeMarketParameters,
  encodeWithdrawalLeaf,
} from "../state/index.ts";
import type { Executor } from "./executor.ts";

type Json = Readonly<Record<string, unknown>>;

/** What to prove under the executor's last root. */
export interface Wanted {
  readonly account: number | undefined;
  /** Its place among all that there ever were. */
  readonly withdrawal: number | undefined;
}

/** Leaves are as `abi.encode` has them, and the vault takes them. Throws `CodedError` NO_SUCH_LEAF. */
export function proofsOf(
  executor: Executor,
  wanted: Wanted,
  withdrawals: readonly Withdrawal[],
): Json {
  const { state, trees } = executor;
  const { account, withdrawal } = wanted;
  const parts = Object.entries(trees.parts()).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Uint8Array ? hexJson(value) : value,
  ]);
  return {
    batches: state.globals.batch,
    root: hexJson(trees.root),
    parts: Object.fromEntries(parts) as Json,
    globals: hexJson(encodeGlobalsLeaf(state.globals)),
    ...(account === undefined ? {} : { account: accountOf(executor, account) }),
    ...(withdrawal === undefined
      ? {}
      : { withdrawal: withdrawalOf(trees.outbox, withdrawal, withdrawals[withdrawal]) }),
  };
}

/** With the markets of its positions, whose marks say what they are worth. */
function accountOf({ state, trees }: Executor, id: number): Json {
  const account = state.accounts[id];
  if (account === undefined) throw missing("account", state.accounts.length);
  const markets = state.markets.flatMap((market, place) => {
    const isHeld = account.exposures.some(({ lots, market: of }) => lots !== 0 && of === market.id);
    if (!isHeld) return [];
    const parameters = hexJson(encodeMarketParameters(market.parameters));
    return [{ ...proofIn(trees.markets, place, encodeMarketLeaf(market)), parameters }];
  });
  return { ...proofIn(trees.accounts, id, encodeAccountLeaf(account)), markets };
}

function withdrawalOf(outbox: DenseTree, index: number, withdrawal: Withdrawal | undefined): Json {
  if (withdrawal === undefined) throw missing("withdrawal", outbox.count);
  return proofIn(outbox, index, encodeWithdrawalLeaf(index, withdrawal));
}

function proofIn(tree: DenseTree, index: number, leaf: Uint8Array): Json {
  const siblings = tree.prove(index).map(hexJson);
  return { index, count: tree.count, leaf: hexJson(leaf), siblings };
}

function missing(what: string, count: number): CodedError {
  return new CodedError("NO_SUCH_LEAF", `there is no such ${what}: there are ${count} of them`);
}
