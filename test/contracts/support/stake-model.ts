// What Stake should do, the slow way: every unit of stake is a lot with the epoch from which it earns, and every income is
// divided among the lots on the spot. The contract counts all of that by a few running numbers.

import { unreachable } from "../../../base/index.ts";
import { defined } from "./chain.ts";

export const unbonding: bigint = BigInt(21 * 24 * 3600);
export const stakeLeast = 100_000_000n;
const seats = 128;
/** Earnings are counted in parts of a unit this small. */
export const unit: bigint = 2n ** 200n;

interface Lot {
  amount: bigint;
  readonly from: number;
}

interface Delegation {
  lots: Lot[];
  leaving: bigint;
  lastEpoch: number;
  earned: bigint;
}

interface Operator {
  lots: Lot[];
  isActive: boolean;
  lastEpoch: number;
  slashedAt: bigint | undefined;
  /** With its own stake, and by its commission. */
  earned: bigint;
  commission: bigint;
  announced: { readonly commission: bigint; readonly from: number } | undefined;
  readonly delegations: Map<string, Delegation>;
}

export type Action =
  | { readonly type: "register"; readonly operator: string; readonly amount: bigint }
  | { readonly type: "addStake"; readonly operator: string; readonly amount: bigint }
  | { readonly type: "exit" | "withdraw" | "slash"; readonly operator: string }
  | { readonly type: "setCommission"; readonly operator: string; readonly commission: bigint }
  | {
      readonly type: "delegate";
      readonly operator: string;
      readonly delegator: string;
      readonly amount: bigint;
      readonly most: bigint;
    }
  | {
      readonly type: "undelegate";
      readonly operator: string;
      readonly delegator: string;
      readonly amount: bigint;
    }
  | { readonly type: "withdrawDelegation"; readonly operator: string; readonly delegator: string }
  | { readonly type: "reward"; readonly amount: bigint };

/** What an action does: it is refused by an error of this name, or moves so many tokens out of the contract, and in. */
export type Effect =
  | { readonly refused: string }
  | { readonly out: bigint; readonly in: bigint; readonly putsOut?: bigint };

export class StakeModel {
  epoch = 0;
  preparedEpoch = 0;
  time = 0n;
  readonly endedAt: Map<number, bigint> = new Map();
  readonly operators: Map<string, Operator> = new Map();
  #rest = 0n;

  apply(action: Action): Effect {
    switch (action.type) {
      case "register":
        return this.#register(action);
      case "addStake": {
        const operator = this.#active(action.operator);
        if (operator === undefined) return { refused: "NotRegistered" };
        operator.lots.push({ amount: action.amount, from: this.epoch + 1 });
        return { out: 0n, in: action.amount };
      }
      case "exit":
        if (this.#active(action.operator) === undefined) return { refused: "NotRegistered" };
        this.putOut(action.operator);
        return { out: 0n, in: 0n };
      case "withdraw":
        return this.#withdraw(action.operator);
      case "slash":
        return this.#slash(action.operator);
      case "setCommission":
        return this.#setCommission(action);
      case "delegate": {
        const operator = this.#active(action.operator);
        if (operator === undefined) return { refused: "NotRegistered" };
        const announced = operator.announced?.commission ?? 0n;
        if (operator.commission > action.most || announced > action.most)
          return { refused: "CommissionTooHigh" };
        const { lots } = delegationOf(operator, action.delegator);
        lots.push({ amount: action.amount, from: this.epoch + 1 });
        return { out: 0n, in: action.amount };
      }
      case "undelegate": {
        const operator = this.#active(action.operator);
        if (operator === undefined) return { refused: "NotRegistered" };
        const delegation = delegationOf(operator, action.delegator);
        if (action.amount > sumOf(delegation.lots)) return { refused: "NotDelegated" };
        removeLast(delegation.lots, action.amount);
        delegation.leaving += action.amount;
        delegation.lastEpoch = this.preparedEpoch;
        return { out: 0n, in: 0n };
      }
      case "withdrawDelegation":
        return this.#withdrawDelegation(action);
      case "reward":
        this.#reward(action.amount);
        return { out: 0n, in: action.amount };
      default:
        return unreachable(action);
    }
  }

  /** The next epoch begins. */
  rotate(): void {
    this.endedAt.set(this.epoch, this.time);
    this.epoch++;
    for (const operator of this.operators.values()) {
      if (operator.announced === undefined || operator.announced.from > this.epoch) continue;
      operator.commission = operator.announced.commission;
      operator.announced = undefined;
    }
  }

  /** By itself, or by who has more. */
  putOut(name: string): void {
    const operator = defined(this.#active(name));
    operator.isActive = false;
    operator.lastEpoch = this.preparedEpoch;
  }

  get active(): readonly string[] {
    return [...this.operators].filter(([, { isActive }]) => isActive).map(([name]) => name);
  }

  /** Its own stake and what is delegated to it. */
  behind(name: string): bigint {
    const operator = defined(this.operators.get(name));
    return sumOf(operator.lots) + delegatedTo(operator);
  }

  /** All that the contract holds and owes as stake. */
  get staked(): bigint {
    let sum = 0n;
    for (const operator of this.operators.values()) {
      sum += sumOf(operator.lots) + delegatedTo(operator);
      for (const { leaving } of operator.delegations.values()) sum += leaving;
    }
    return sum;
  }

  #register({ operator: name, amount }: { operator: string; amount: bigint }): Effect {
    if (this.operators.has(name)) return { refused: "AlreadyRegistered" };
    if (amount < stakeLeast) return { refused: "StakeTooSmall" };
    const { active } = this;
    let putsOut: bigint | undefined;
    if (active.length === seats) {
      putsOut = active.map((each) => this.behind(each)).reduce((a, b) => (b < a ? b : a));
      if (amount <= putsOut + putsOut / 10n) return { refused: "Full" };
    }
    this.operators.set(name, {
      lots: [{ amount, from: this.epoch + 1 }],
      isActive: true,
      lastEpoch: 0,
      slashedAt: undefined,
      earned: 0n,
      commission: 0n,
      announced: undefined,
      delegations: new Map(),
    });
    return { out: 0n, in: amount, ...(putsOut === undefined ? {} : { putsOut }) };
  }

  #withdraw(name: string): Effect {
    const operator = this.operators.get(name);
    const own = operator === undefined ? 0n : sumOf(operator.lots);
    if (operator === undefined || operator.isActive || own === 0n)
      return { refused: "NothingToWithdraw" };
    if (!this.#isFree(operator.lastEpoch, this.time)) return { refused: "StillBonded" };
    operator.lots = [];
    return { out: own, in: 0n };
  }

  #slash(name: string): Effect {
    const operator = this.operators.get(name);
    const own = operator === undefined ? 0n : sumOf(operator.lots);
    if (operator === undefined || own === 0n) return { refused: "NothingToSlash" };
    if (!operator.isActive && this.#isFree(operator.lastEpoch, this.time))
      return { refused: "NothingToSlash" };
    const lost = own + delegatedTo(operator);
    operator.isActive = false;
    operator.lots = [];
    operator.slashedAt = this.time;
    for (const delegation of operator.delegations.values()) delegation.lots = [];
    return { out: lost, in: 0n };
  }

  #setCommission({ operator: name, commission }: { operator: string; commission: bigint }): Effect {
    const operator = this.#active(name);
    if (operator === undefined) return { refused: "NotRegistered" };
    if (commission > 2000n) return { refused: "CommissionTooHigh" };
    if (operator.announced !== undefined) return { refused: "CommissionAnnounced" };
    if (delegatedTo(operator) === 0n) operator.commission = commission;
    else {
      const step = commission - operator.commission;
      if (step > 100n || step < -100n) return { refused: "CommissionStepTooLarge" };
      operator.announced = { commission, from: this.epoch + 2 };
    }
    return { out: 0n, in: 0n };
  }

  #withdrawDelegation({
    operator: name,
    delegator,
  }: {
    operator: string;
    delegator: string;
  }): Effect {
    const operator = this.operators.get(name);
    if (operator === undefined) return { refused: "NothingToWithdraw" };
    const delegation = delegationOf(operator, delegator);
    const { slashedAt } = operator;
    const isLost = slashedAt !== undefined && !this.#isFree(delegation.lastEpoch, slashedAt);
    const leaving = isLost ? 0n : delegation.leaving;
    const staying = operator.isActive ? 0n : sumOf(delegation.lots);
    if (leaving + staying === 0n) return { refused: "NothingToWithdraw" };
    const isOwnFree = this.#isFree(operator.lastEpoch, this.time);
    const isFirstFree = leaving === 0n ? isOwnFree : this.#isFree(delegation.lastEpoch, this.time);
    if (!isFirstFree) return { refused: "StillBonded" };
    delegation.leaving = 0n;
    if (staying === 0n || !isOwnFree) return { out: leaving, in: 0n };
    delegation.lots = [];
    return { out: leaving + staying, in: 0n };
  }

  #reward(amount: bigint): void {
    const income = this.#rest + amount * unit;
    const all = [...this.operators.values()].filter(({ isActive }) => isActive);
    const ofPool = ({ delegations }: Operator): bigint =>
      [...delegations.values()].reduce((sum, { lots }) => sum + this.#earning(lots), 0n);
    const total = all.reduce((sum, each) => sum + this.#earning(each.lots) + ofPool(each), 0n);
    this.#rest = total === 0n ? income : 0n;
    if (total === 0n) return;
    for (const operator of all) {
      operator.earned += (income * this.#earning(operator.lots)) / total;
      for (const delegation of operator.delegations.values()) {
        const whole = (income * this.#earning(delegation.lots)) / total;
        const commission = (whole * operator.commission) / 10_000n;
        operator.earned += commission;
        delegation.earned += whole - commission;
      }
    }
  }

  #earning(lots: readonly Lot[]): bigint {
    return sumOf(lots.filter(({ from }) => from <= this.epoch));
  }

  #isFree(lastEpoch: number, time: bigint): boolean {
    const ended = this.endedAt.get(lastEpoch);
    return ended !== undefined && time >= ended + unbonding;
  }

  #active(name: string): Operator | undefined {
    const operator = this.operators.get(name);
    return operator?.isActive === true ? operator : undefined;
  }
}

export function delegationOf(operator: Operator, delegator: string): Delegation {
  const fresh = { lots: [], leaving: 0n, lastEpoch: 0, earned: 0n };
  const delegation = operator.delegations.get(delegator) ?? fresh;
  operator.delegations.set(delegator, delegation);
  return delegation;
}

export function delegatedTo({ delegations }: Operator): bigint {
  return [...delegations.values()].reduce((sum, { lots }) => sum + sumOf(lots), 0n);
}

export function sumOf(lots: readonly Lot[]): bigint {
  return lots.reduce((sum, { amount }) => sum + amount, 0n);
}

/** What came last goes first. */
function removeLast(lots: Lot[], amount: bigint): void {
  let rest = amount;
  while (rest > 0n) {
    const last = defined(lots.at(-1));
    const taken = last.amount < rest ? last.amount : rest;
    last.amount -= taken;
    rest -= taken;
    if (last.amount === 0n) lots.pop();
  }
}
