// Phase 7: what leaves an account: to another, to L1, to who brought its list. Only what nothing stands on may leave.

import { isInScope, refuse } from "./authority.ts";
import type { SignedList } from "./batch.ts";
import type { TransferCash, WithdrawCash } from "./actions.ts";
import { ownerName } from "./derived.ts";
import type { RefusalReason } from "./events.ts";
import { anchorAgeMs, isRollupHalted } from "./halts.ts";
import { Cover } from "./margin.ts";
import { pay } from "./positions.ts";
import { beginStep, endStep } from "./steps.ts";
import type { Account } from "./state.ts";
import { ceilDiv, ppm, type Quanta, quantaPerToken } from "./units.ts";
import { viewOf, type Work } from "./work.ts";

const quantaMax: Quanta = 2n ** 126n;

export function makePayments(work: Work): void {
  for (const list of work.lists) {
    const account = work.state.accounts[list.account];
    if (account === undefined) continue;
    for (const [place, action] of list.actions.entries()) {
      if (action.type === "authorize" && list.key !== 0) refuse(work, list, place, "SCOPE");
      if (action.type !== "transfer" && action.type !== "withdraw") continue;
      const reason = !isInScope(account, list, action)
        ? "SCOPE"
        : action.type === "transfer"
          ? transfer(work, account, action)
          : withdraw(work, account, { list, place, action });
      if (reason !== undefined) refuse(work, list, place, reason);
    }
    if (list.relayTip > 0n) tip(work, account, list);
  }
}

function transfer(work: Work, from: Account, action: TransferCash): RefusalReason | undefined {
  const to = work.state.accounts[action.to];
  if (to === undefined || to.id < 2 || to === from) return "NO_RECIPIENT";
  if (action.quanta <= 0n || action.quanta > quantaMax) return "AMOUNT";
  const free = freeOf(work, from);
  if (free === undefined) return "HALTED";
  if (free < action.quanta) return "MARGIN";
  pay(work, from, to, action.quanta);
  work.events.push({ type: "transferred", from: from.id, to: to.id, quanta: action.quanta });
  return undefined;
}

function withdraw(
  work: Work,
  account: Account,
  {
    list,
    place,
    action,
  }: { readonly list: SignedList; readonly place: number; readonly action: WithdrawCash },
): RefusalReason | undefined {
  beginStep(work, "withdraw");
  const { globals } = work.state;
  const { tokenAmount, to } = action;
  if (tokenAmount <= 0n || tokenAmount > quantaMax || to.length !== 20) return "AMOUNT";
  const free = areWithdrawalsClosed(work) ? undefined : freeOf(work, account);
  if (free === undefined) return "WITHDRAWALS_CLOSED";
  const quanta = tokenAmount * quantaPerToken;
  if (free < quanta) return "MARGIN";
  const { outflowWindowMs, outflowMax } = globals.parameters;
  const isNewWindow = work.batch.timeMs - globals.outflowSinceMs >= outflowWindowMs;
  const outflow = (isNewWindow ? 0n : globals.outflow) + quanta;
  if (outflow > outflowMax) return "OUTFLOW";
  if (isNewWindow) globals.outflowSinceMs = work.batch.timeMs;
  globals.outflow = outflow;
  work.changes.touch(account);
  account.cash -= quanta;
  globals.withdrawn += quanta;
  const withdrawal = { account: account.id, to, tokenAmount };
  work.withdrawals.push(withdrawal);
  endStep(work, () => ({ type: "withdraw", list, place, withdrawal }));
  return undefined;
}

/** For all, whatever they have: while something is missing, L1 is late, or a halt is not long over. */
function areWithdrawalsClosed({ state: { globals } }: Work): boolean {
  const { withdrawalGateBatches, anchorSoftMs } = globals.parameters;
  const isRecent =
    globals.haltedBatch > 0 && globals.batch - globals.haltedBatch < withdrawalGateBatches;
  const isLate = isRollupHalted(globals) || anchorAgeMs(globals) > anchorSoftMs;
  return globals.shortfall > 0n || isRecent || isLate;
}

/**
 * What may leave an account, by the strictest of the markets that it is in; undefined for nothing. Transfers are held to
 * it as withdrawals are: from an account without positions anything can be withdrawn.
 */
function freeOf(work: Work, account: Account): Quanta | undefined {
  const gates = account.exposures
    .filter(({ lots }) => lots !== 0)
    .map(({ market }) => viewOf(work, market).permissions.withdraw);
  if (gates.includes("closed")) return undefined;
  const { excess } = new Cover(work, account);
  return gates.includes("stressed") ? excess - stressOf(work, account) : excess;
}

/** What the positions would lose at the far end of the band. */
function stressOf(work: Work, account: Account): Quanta {
  let stress = 0n;
  for (const { market, lots } of account.exposures) {
    const { markUnit, market: of } = viewOf(work, market);
    stress += ceilDiv(BigInt(Math.abs(lots)) * markUnit * BigInt(of.parameters.bandPpm), ppm);
  }
  return stress;
}

/** All of it or nothing; to the relayer's first account. A list runs once, so its tip is paid once. */
function tip(work: Work, from: Account, { relayer, relayTip }: SignedList): void {
  const id = work.derived.owners.get(ownerName(relayer, 0));
  const to = id === undefined ? undefined : work.state.accounts[id];
  if (to === undefined || to.id < 2 || to === from || relayTip > quantaMax) return;
  if ((freeOf(work, from) ?? 0n) < relayTip) return;
  pay(work, from, to, relayTip);
  work.events.push({ type: "tip", from: from.id, to: to.id, quanta: relayTip });
}
