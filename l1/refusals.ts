// Why a contract refused, in words that its caller can act on: one line for each error that our contracts and their
// tokens know.

import { AbiCoder, dataSlice, ErrorFragment, type Result } from "ethers";

/** By declaration; a name in braces stands for that argument. */
const words: Readonly<Record<string, string>> = {
  // Stake
  "AlreadyRegistered(address operator)":
    "{operator} has registered before: an operator and its key are for life, so take another account",
  "NotRegistered(address operator)": "{operator} has not registered, or has left",
  "KeyTaken(bytes32 keyHash)": "this key belongs, or once belonged, to somebody: generate another",
  "BadKey()": "the validator key or the network key is none",
  "BadPossession()":
    "the proof of possession is not of this key for this account, contract and chain: prepare the registration again",
  "StakeTooSmall(uint96 amount, uint96 least)": "{amount} units are below the least stake, {least}",
  "Full(uint256 least)":
    "all seats are taken, and whoever has least is put out only for a stake above {least}",
  "CommissionTooHigh(uint16 commission, uint16 most)":
    "a commission of {commission} is more than {most}, in hundredths of a percent",
  "CommissionStepTooLarge(uint16 step, uint16 most)":
    "a commission moves by {most} hundredths of a percent at most, not by {step}",
  "CommissionAnnounced(uint64 fromEpoch)":
    "a commission is announced already; the next can be from epoch {fromEpoch} on",
  "NotDelegated(uint96 staying)": "no more than {staying} is delegated to this operator",
  "NotTheHub(address caller)": "only the hub may do this",
  "NothingToSlash(address operator)": "{operator} has no stake any more",
  "NothingToWithdraw(address operator)":
    "{operator} still takes part, or has nothing left: exit first, then wait",
  "StillBonded(uint64 lastEpoch, uint64 until)":
    "the stake answers for what was signed up to epoch {lastEpoch}: it is free at {until} (seconds; 0 until that epoch has ended)",
  "TooMuch()": "more than this contract can count",
  "WrongMembers(uint256 index)": "these are not the keys of those who take part ({index})",
  // Hub
  "Unavailable()": "the chain lacks the BLS12-381 precompiles of EIP-2537",
  "Stale(uint64 number, uint64 last)":
    "checkpoint {number} comes after {last}, which is final already",
  "WrongEpoch(uint64 epoch, uint64 current)":
    "that is epoch {epoch}, and the current one is {current}",
  "HandsOver(bytes32 next)": "the checkpoint is the last of its epoch",
  "UnknownCommittee(bytes32 next)": "nobody has prepared this committee",
  "TooFew(uint256 members, uint256 least)":
    "{members} take part, and a committee has at least {least}",
  "TooEarly(uint64 from)": "it is possible from {from} on (seconds)",
  "BadCommittee()": "this is not the committee of the epoch",
  "BadSigners()": "the list of absent members is not theirs",
  "NoQuorum(uint256 weight, uint256 total)": "{weight} of {total} are not enough signers",
  "BadSignature()": "the signature is not theirs",
  "NotConflicting()": "an honest validator may sign both",
  "UnknownKey(bytes32 keyHash)": "no operator has registered this key",
  "NoRoot(uint32 count)": "no root is kept of checkpoint {count}",
  // Rollups and Settlement
  "NoAddress()": "a contract or an owner that is needed is missing at its address",
  "UnknownPolicy(uint256 policy)": "the policy {policy} has bits that mean nothing",
  "FundedTooMuch(uint256 total, uint256 most)":
    "payments would add up to {total} units, and nodes count to {most}",
  "UnknownRollup(uint32 id)": "nobody has subscribed under id {id}",
  "HasLeft(uint32 id)": "rollup {id} has left",
  "NothingToWithdraw(uint32 id)":
    "rollup {id} has earned nothing that is not withdrawn, or left too short a time ago",
  "NotOwner(address caller)": "{caller} is not the owner",
  "DelayTooShort(uint64 delay, uint64 least)":
    "a delay of {delay} seconds is shorter than users need to leave, {least}",
  "NotInCheckpoint()": "the totals are not of this rollup under that checkpoint",
  "AlreadySettled(uint64 batches, uint64 settled)": "{settled} batches are settled already",
  "WrongInbox(uint64 inboxRead)": "the inbox is another one than the sequencer read",
  "MessageTooLong(uint256 size, uint256 most)": "a message of {size} bytes is above {most}",
  "TooEarly()": "no move has been announced, or its delay is not over",
  "EscapeTooEarly(uint64 from)": "the escape opens at {from} (seconds)",
  "HasEscaped()": "this rollup has escaped from its sequencer",
  "MessageOverdue(uint64 index)": "message {index} is overdue, and has to be read first",
  "NotOverdue(uint64 index, uint64 dueAt)":
    "message {index} is due at {dueAt} (seconds), and not before",
  "NothingToForce(uint64 executed, uint64 count)":
    "{executed} of {count} messages are executed already",
  "NotEnoughGas()": "more gas is needed",
  // Tokens
  "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)":
    "{sender} has {balance} units of the token and needs {needed}",
  "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)":
    "{spender} may take {allowance} units of the token and needs {needed}: approve more",
  "ERC20InvalidSender(address sender)": "the token takes nothing from {sender}",
  "ERC20InvalidReceiver(address receiver)": "the token goes to nobody at {receiver}",
  "ERC20InvalidApprover(address approver)": "{approver} cannot approve",
  "ERC20InvalidSpender(address spender)": "{spender} cannot be approved",
  "SafeERC20FailedOperation(address token)": "the token {token} refused",
  // The language's own
  "Error(string reason)": "{reason}",
  "Panic(uint256 code)": "the contract has failed (panic {code})",
};

const known = new Map(
  Object.entries(words).map(([declaration, template]) => {
    const fragment = ErrorFragment.from(`error ${declaration}`);
    return [fragment.selector, { fragment, template }];
  }),
);

export interface Refusal {
  /** Of the contract's error. */
  readonly name: string;
  readonly words: string;
}

/** Undefined for what is no error that we know. @param data What the call reverted with, 0x and hex. */
export function refusalOf(data: string): Refusal | undefined {
  const found = known.get(data.slice(0, 10));
  if (found === undefined) return undefined;
  const { fragment, template } = found;
  const values = valuesOf(fragment, data);
  if (values === undefined) return undefined;
  const said = template.replaceAll(/\{(\w+)\}/g, (_, argument: string) =>
    String(values[fragment.inputs.findIndex(({ name }) => name === argument)]),
  );
  return { name: fragment.name, words: said };
}

/** Undefined when what stands behind the selector are not its arguments. */
function valuesOf({ inputs }: ErrorFragment, data: string): Result | undefined {
  try {
    const values = AbiCoder.defaultAbiCoder().decode(inputs, dataSlice(data, 4));
    // Text is decoded only when it is looked at.
    values.toArray(true);
    return values;
  } catch {
    return undefined;
  }
}
