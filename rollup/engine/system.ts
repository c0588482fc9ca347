// Phase 0: what L1 and the oracles say, before anything that traders say. Out of turn, or not sound, it is passed over: the
// chain behind it does not stop for it.

import type { Deposit, EngineBatch, L1Message, L1Info, OracleUpdate, SetMarket } from "./batch.ts";
import { addMarket, ownerName } from "./derived.ts";
import { moveMark, payFunding } from "./funding.ts";
import { isHalted, noteHalt } from "./halts.ts";
import { viewMarket } from "./market-view.ts";
import { applyOracle } from "./oracle.ts";
import { isSoundMarket, isSoundRollup } from "./parameters.ts";
import { beginStep, endStep } from "./steps.ts";
import { type Account, newAccount, newMarket } from "./state.ts";
import { AccountId, MarketId, quantaPerToken } from "./units.ts";
import type { Work } from "./work.ts";

const marketsMax = 1_024;
const accountsMax = 2 ** 32 - 1;
const tokenAmountMax = 2n ** 96n;

export function applySystem(work: Work, beforeMs: number): void {
  const { system } = work.batch;
  for (const message of ofL1(system)) applyL1(work, message);
  for (const info of infosOf(system)) noteL1(work, info);
  applyOracle(
    work,
    system.filter((each): each is OracleUpdate => each.type === "oracle"),
  );
  const { globals } = work.state;
  const markets = work.state.markets.toSorted((a, b) => a.id - b.id);
  for (const market of markets) {
    beginStep(work, "funding-mark");
    if (noteHalt(market, globals)) work.changes.touchMarket(market.id);
    if (!isHalted(market, globals)) {
      const before = market.markTicks;
      moveMark(market);
      if (market.markTicks !== before) work.changes.touchMarket(market.id);
    }
    payFunding(work, market, beforeMs);
    endStep(work, () => ({ type: "funding-mark", market: market.id }));
    work.views.set(market.id, viewMarket(market, globals));
  }
}

function ofL1(system: EngineBatch["system"]): L1Message[] {
  return system
    .filter((each): each is L1Message => "l1Index" in each)
    .sort((a, b) => a.l1Index - b.l1Index);
}

/** In the one order in which they count, however the batch has them. */
function infosOf(system: EngineBatch["system"]): L1Info[] {
  return system
    .filter((each): each is L1Info => each.type === "l1-info")
    .sort(
      (a, b) =>
        a.l1TimeMs - b.l1TimeMs ||
        a.anchoredBatch - b.anchoredBatch ||
        a.anchoredTimeMs - b.anchoredTimeMs,
    );
}

function applyL1(work: Work, message: L1Message): void {
  const { globals } = work.state;
  if (message.l1Index !== globals.l1Index) return passOver(work, message.type);
  beginStep(work, "deposit");
  globals.l1Index++;
  switch (message.type) {
    case "unreadable":
      return passOver(work, message.type);
    case "deposit":
      return deposit(work, message);
    case "set-market":
      return setMarket(work, message);
    case "set-rollup":
      if (!isSoundRollup(message.parameters)) return passOver(work, message.type);
      globals.parameters = message.parameters;
  }
}

function deposit(work: Work, message: Deposit): void {
  const { owner, subId, tokenAmount } = message;
  const isAmount = tokenAmount > 0n && tokenAmount <= tokenAmountMax;
  const isOwner = owner.length === 20 && Number.isInteger(subId) && subId >= 0 && subId < 65_536;
  if (!isAmount || !isOwner) return passOver(work, "deposit");
  const account = accountOf(work, owner, subId);
  if (account === undefined) return passOver(work, "deposit");
  const quanta = tokenAmount * quantaPerToken;
  work.changes.touch(account);
  account.cash += quanta;
  work.state.globals.deposited += quanta;
  work.events.push({ type: "deposited", account: account.id, quanta });
  endStep(work, () => ({ type: "deposit", account: account.id, deposit: message }));
}

/** The first deposit makes it. */
function accountOf(work: Work, owner: Uint8Array, subId: number): Account | undefined {
  const { accounts } = work.state;
  const name = ownerName(owner, subId);
  const id = work.derived.owners.get(name);
  if (id !== undefined) return accounts[id];
  if (accounts.length >= accountsMax) return undefined;
  const account = newAccount(AccountId(accounts.length), owner, subId);
  accounts.push(account);
  work.derived.owners.set(name, account.id);
  return account;
}

function setMarket(work: Work, { market: id, parameters }: SetMarket): void {
  if (!isSoundMarket(parameters)) return passOver(work, "set-market");
  const known = work.derived.markets.get(id);
  if (known === undefined) {
    const isId = Number.isInteger(id) && id >= 0 && id < 0xffff_ffff;
    if (!isId || work.state.markets.length >= marketsMax) return passOver(work, "set-market");
    const market = newMarket(MarketId(id), parameters);
    work.state.markets.push(market);
    addMarket(work.derived, market);
  } else if (known.parameters.unit !== parameters.unit) {
    // Cash has been paid at the old one: positions would change their worth.
    return passOver(work, "set-market");
  } else known.parameters = parameters;
  work.changes.touchMarket(id);
}

function noteL1(work: Work, { l1TimeMs, anchoredBatch, anchoredTimeMs }: L1Info): void {
  const { globals } = work.state;
  // What one block of L1 holds may be read in two batches, of which the second knows of a newer root.
  const isLater =
    l1TimeMs > globals.l1TimeMs ||
    (l1TimeMs === globals.l1TimeMs && anchoredBatch > globals.anchoredBatch);
  const isNews = isLater && anchoredBatch >= globals.anchoredBatch;
  const areNumbers = [l1TimeMs, anchoredBatch, anchoredTimeMs].every((each) =>
    Number.isSafeInteger(each),
  );
  if (!isNews || !areNumbers) return passOver(work, "l1-info");
  globals.l1TimeMs = l1TimeMs;
  globals.l1HeardMs = work.batch.timeMs;
  globals.anchoredBatch = anchoredBatch;
  globals.anchoredTimeMs = Math.max(globals.anchoredTimeMs, anchoredTimeMs);
}

function passOver(work: Work, what: string): void {
  work.events.push({ type: "passed-over", what });
}
