// What validators and rollups do on the L1, each as the transactions that it takes. What can be seen to be done already is
// not done again, and what cannot be done is refused by the contracts, in words.

import { type Interface, parseUnits } from "ethers";
import { CodedError, unreachable } from "../base/index.ts";
import { hubAbi, rollupsAbi, settlementAbi, stakeAbi, tokenAbi } from "./abi.ts";
import type { L1, Token } from "./connection.ts";
import { type Registration, registerArguments } from "./registration.ts";
import type { Plan, Step } from "./sender.ts";

/** In the token's smallest unit. */
export type Units = bigint;

const uint96Max = 2n ** 96n - 1n;

/** "12.5" of a token. Throws `CodedError` BAD_AMOUNT. */
export function toUnits(amount: string, { decimals }: Token): Units {
  try {
    const units = parseUnits(amount, decimals);
    if (units > 0n && units <= uint96Max) return units;
  } catch {
    // More digits behind the point than the token has.
  }
  throw new CodedError(
    "BAD_AMOUNT",
    `${amount} is no amount of this token: more than 0, with at most ${decimals} digits behind the point`,
  );
}

export async function planRegister(
  l1: L1,
  operator: string,
  wish: { readonly registration: Registration; readonly amount: Units },
): Promise<Plan> {
  const { registration, amount } = wish;
  const stake = await l1.stake();
  const { keyHash } = await operatorAt(l1, operator);
  if (BigInt(keyHash) !== 0n)
    return already(`${operator} has registered before, with the key that hashes to ${keyHash}`);
  const values = [...registerArguments(registration), amount];
  return paid(l1, { owner: operator, spender: stake, token: await l1.stakeToken(), amount }, [
    call("register and stake", stake, stakeAbi, "register", ...values),
  ]);
}

export async function planStake(l1: L1, operator: string, amount: Units): Promise<Plan> {
  const stake = await l1.stake();
  return paid(l1, { owner: operator, spender: stake, token: await l1.stakeToken(), amount }, [
    call("add to the stake", stake, stakeAbi, "addStake", amount),
  ]);
}

export async function planExit(l1: L1, operator: string): Promise<Plan> {
  const { keyHash, isActive } = await operatorAt(l1, operator);
  if (BigInt(keyHash) !== 0n && !isActive) return already(`${operator} takes part no more`);
  return steps(call("leave", await l1.stake(), stakeAbi, "exit"));
}

export async function planWithdraw(l1: L1): Promise<Plan> {
  return steps(call("withdraw the stake", await l1.stake(), stakeAbi, "withdraw"));
}

/** What the stake has earned of the fees. */
export async function planClaim(l1: L1, operator: string): Promise<Plan> {
  const stake = await l1.stake();
  if ((await earnedBy(l1, operator)) === 0n)
    return already(`${operator} has earned nothing that it has not claimed`);
  return steps(call("claim what the stake has earned", stake, stakeAbi, "claim"));
}

/** Stakes on an operator, unless it takes more than that of the earnings: hundredths of a percent. */
export async function planDelegate(
  l1: L1,
  delegator: string,
  wish: { readonly operator: string; readonly amount: Units; readonly commissionMost: number },
): Promise<Plan> {
  const { operator, amount, commissionMost } = wish;
  const stake = await l1.stake();
  const token = await l1.stakeToken();
  return paid(l1, { owner: delegator, spender: stake, token, amount }, [
    call("stake on the operator", stake, stakeAbi, "delegate", operator, amount, commissionMost),
  ]);
}

/** What a delegator may do with what it has staked on an operator. */
export type DelegationWish =
  | { readonly type: "undelegate"; readonly amount: Units }
  | { readonly type: "withdraw" }
  | { readonly type: "claim" };

export async function planDelegation(
  l1: L1,
  operator: string,
  wish: DelegationWish,
): Promise<Plan> {
  const stake = await l1.stake();
  const own = (what: string, name: string, ...values: unknown[]): Plan =>
    steps(call(what, stake, stakeAbi, name, operator, ...values));
  switch (wish.type) {
    case "undelegate":
      return own("take back from the operator", "undelegate", wish.amount);
    case "withdraw":
      return own("withdraw what was taken back", "withdrawDelegation");
    case "claim":
      return own("claim what the delegation has earned", "claimDelegation");
    default:
      return unreachable(wish);
  }
}

/** @param commission Hundredths of a percent of what others earn by staking on the operator. */
export async function planCommission(l1: L1, operator: string, commission: number): Promise<Plan> {
  const pool = await poolAt(l1, operator);
  if (pool.commission === commission && pool.nextFrom === 0)
    return already(`${operator} takes this commission`);
  return steps(call("set the commission", await l1.stake(), stakeAbi, "setCommission", commission));
}

/** What only a rollup's owner may do. */
export type OwnerWish =
  | { readonly type: "policy"; readonly policy: number }
  /** Fee units for a byte: what it asks of its users at least. */
  | { readonly type: "reserve"; readonly feePerByte: number }
  | { readonly type: "treasury"; readonly treasury: string }
  | { readonly type: "leave" };

/** Throws `CodedError` UNKNOWN_ROLLUP. */
export async function planOwn(l1: L1, id: number, wish: OwnerWish): Promise<Plan> {
  const [{ policy }, terms] = [await rollupAt(l1, id), await termsAt(l1, id)];
  const own = (what: string, name: string, ...values: unknown[]): Plan =>
    steps(call(what, l1.rollups, rollupsAbi, name, id, ...values));
  switch (wish.type) {
    case "policy":
      if (policy === wish.policy) return already(`rollup ${id} has this policy`);
      return own("set the policy", "setPolicy", wish.policy);
    case "reserve":
      if (terms.reserve === wish.feePerByte) return already(`rollup ${id} has this reserve`);
      return own("set the reserve", "setReserve", wish.feePerByte);
    case "treasury":
      if (terms.treasury.toLowerCase() === wish.treasury.toLowerCase())
        return already(`rollup ${id} has this treasury`);
      return own("set the treasury", "setTreasury", wish.treasury);
    case "leave":
      if (terms.leftAt !== 0) return already(`rollup ${id} has left, at ${terms.leftAt} (seconds)`);
      return own("leave", "unsubscribe");
    default:
      return unreachable(wish);
  }
}

/** What the rollup has earned, and after leaving what it has not spent, to its treasury. Anyone's to do. */
export function planRollupWithdraw(l1: L1, id: number): Plan {
  return steps(call("withdraw to the treasury", l1.rollups, rollupsAbi, "withdraw", id));
}

/** A rollup with a Settlement of its own, which subscribes itself; or with one that somebody has made otherwise. */
export function planCreate(
  l1: L1,
  wish: { readonly owner: string; readonly policy: number } & (
    | { readonly settlement: string }
    | { readonly bytecode: string; readonly hubDelay: number }
  ),
): Plan {
  const { owner, policy } = wish;
  if ("settlement" in wish) {
    const values = [wish.settlement, owner, policy];
    return steps(call("subscribe", l1.rollups, rollupsAbi, "subscribe", ...values));
  }
  const values = [l1.hub, l1.rollups, owner, policy, wish.hubDelay];
  const data = `${wish.bytecode}${settlementAbi.encodeDeploy(values).slice(2)}`;
  return steps({ what: "make a settlement, which subscribes", to: null, data });
}

/** Anyone's to do, for any rollup. */
export async function planFund(
  l1: L1,
  payer: string,
  wish: { readonly id: number; readonly amount: Units },
): Promise<Plan> {
  const { id, amount } = wish;
  const token = await l1.feeToken();
  return paid(l1, { owner: payer, spender: l1.rollups, token, amount }, [
    call("prepay for the rollup", l1.rollups, rollupsAbi, "fund", id, amount),
  ]);
}

export interface OperatorState extends PoolState {
  readonly keyHash: string;
  readonly stake: Units;
  readonly isActive: boolean;
  /** Of the fees, and not claimed. */
  readonly earned: Units;
}

export async function operatorAt(l1: L1, operator: string): Promise<OperatorState> {
  const contract = await l1.stake();
  const [keyHash, stake, isActive] = (await l1.read(
    stakeAbi,
    contract,
    "operatorOf",
    operator,
  )) as unknown as [string, bigint, boolean];
  const pool = await poolAt(l1, operator);
  return { keyHash, stake, isActive, earned: await earnedBy(l1, operator), ...pool };
}

export interface PoolState {
  /** What others have staked on the operator. */
  readonly delegated: Units;
  /** Hundredths of a percent; the announced one holds from that epoch on, if it is not 0. */
  readonly commission: number;
  readonly nextCommission: number;
  readonly nextFrom: number;
}

async function poolAt(l1: L1, operator: string): Promise<PoolState> {
  const [delegated, ...rest] = (await l1.read(
    stakeAbi,
    await l1.stake(),
    "poolOf",
    operator,
  )) as unknown as [bigint, bigint, bigint, bigint];
  const [commission = 0, nextCommission = 0, nextFrom = 0] = rest.map(Number);
  return { delegated, commission, nextCommission, nextFrom };
}

export interface DelegationState {
  readonly staying: Units;
  /** On its way back. */
  readonly leaving: Units;
  /** Up to which that answers for the operator. */
  readonly lastEpoch: number;
}

export async function delegationAt(
  l1: L1,
  operator: string,
  delegator: string,
): Promise<DelegationState> {
  const [staying, leaving, lastEpoch] = (await l1.read(
    stakeAbi,
    await l1.stake(),
    "delegationOf",
    operator,
    delegator,
  )) as unknown as [bigint, bigint, bigint];
  return { staying, leaving, lastEpoch: Number(lastEpoch) };
}

/** By asking what `claim` would pay: that is where it is worked out. */
async function earnedBy(l1: L1, operator: string): Promise<Units> {
  try {
    const [earned] = await l1.foresee(operator, stakeAbi, await l1.stake(), "claim");
    return earned as bigint;
  } catch (error) {
    // Who has never had a stake.
    if (error instanceof CodedError && error.code === "L1_REFUSED") return 0n;
    throw error;
  }
}

/** The Hub's epoch, and how many validators take part. */
export async function committeeAt(
  l1: L1,
): Promise<{ readonly epoch: number; readonly active: number }> {
  const [, epoch] = (await l1.read(hubAbi, l1.hub, "latest")) as unknown as [bigint, bigint];
  const [operators] = await l1.read(stakeAbi, await l1.stake(), "activeOperators");
  return { epoch: Number(epoch), active: (operators as readonly string[]).length };
}

export interface RollupState {
  readonly settlement: string;
  readonly owner: string;
  readonly policy: number;
  readonly funded: Units;
}

/** Throws `CodedError` UNKNOWN_ROLLUP. */
export async function rollupAt(l1: L1, id: number): Promise<RollupState> {
  const [count] = (await l1.read(rollupsAbi, l1.rollups, "count")) as unknown as [bigint];
  if (id >= Number(count))
    throw new CodedError(
      "UNKNOWN_ROLLUP",
      `nobody has subscribed under id ${id}: there are ${count}`,
    );
  const [settlement, owner, policy, funded] = (await l1.read(
    rollupsAbi,
    l1.rollups,
    "rollupOf",
    id,
  )) as unknown as [string, string, bigint, bigint];
  return { settlement, owner, policy: Number(policy), funded };
}

export interface RollupTerms {
  readonly reserve: number;
  readonly treasury: string;
  /** Seconds; 0 while it is subscribed. */
  readonly leftAt: number;
  readonly spent: Units;
  readonly earned: Units;
  readonly withdrawn: Units;
}

export async function termsAt(l1: L1, id: number): Promise<RollupTerms> {
  const [reserve, treasury, leftAt] = (await l1.read(
    rollupsAbi,
    l1.rollups,
    "termsOf",
    id,
  )) as unknown as [bigint, string, bigint];
  const [, spent, earned, withdrawn] = (await l1.read(
    rollupsAbi,
    l1.rollups,
    "accountOf",
    id,
  )) as unknown as [bigint, bigint, bigint, bigint];
  return { reserve: Number(reserve), treasury, leftAt: Number(leftAt), spent, earned, withdrawn };
}

/** Of a rollup's Settlement; undefined when it does not answer like one. */
export async function settledAt(
  l1: L1,
  settlement: string,
): Promise<
  { readonly batches: number; readonly inboxRead: number; readonly inbox: number } | undefined
> {
  try {
    const [batches, inboxRead, inbox] = (await l1.read(
      settlementAbi,
      settlement,
      "settled",
    )) as unknown as [bigint, bigint, bigint];
    return { batches: Number(batches), inboxRead: Number(inboxRead), inbox: Number(inbox) };
  } catch (error) {
    if (error instanceof CodedError && error.code === "L1_UNREACHABLE") throw error;
    return undefined;
  }
}

interface Payment {
  readonly owner: string;
  readonly spender: string;
  readonly token: Token;
  readonly amount: Units;
}

/** With an approval before it, unless enough is approved. Throws `CodedError` TOO_LITTLE_TOKEN. */
async function paid(l1: L1, payment: Payment, rest: readonly Step[]): Promise<Plan> {
  const { owner, spender, token, amount } = payment;
  const [balance] = (await l1.read(tokenAbi, token.address, "balanceOf", owner)) as unknown as [
    bigint,
  ];
  if (balance < amount)
    throw new CodedError(
      "TOO_LITTLE_TOKEN",
      `${owner} has ${balance} units of the token ${token.address}, and ${amount} are needed`,
    );
  const [allowed] = (await l1.read(
    tokenAbi,
    token.address,
    "allowance",
    owner,
    spender,
  )) as unknown as [bigint];
  const approve = call("approve the payment", token.address, tokenAbi, "approve", spender, amount);
  return steps(...(allowed < amount ? [approve] : []), ...rest);
}

function call(what: string, to: string, abi: Interface, name: string, ...values: unknown[]): Step {
  return { what, to, data: abi.encodeFunctionData(name, values) };
}

function steps(...all: readonly Step[]): Plan {
  return { type: "steps", steps: all };
}

function already(because: string): Plan {
  return { type: "already", because };
}
